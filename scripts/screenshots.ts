// `npm run screenshots`: takes the pictures of the README. Real VS Code, real containers, calls by the real Codex.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildAll } from '../esbuild.mjs';
import { runCodex } from '../test/support/codex.ts';
import { until } from '../test/support/until.ts';
import { openWorkbench, type Workbench } from '../test/support/workbench.ts';
import { chooseSample, writeSample } from './sample.ts';

const images = join(import.meta.dirname, '..', 'docs', 'images');

const themes = [
  { name: 'dark', theme: 'Default Dark Modern' },
  { name: 'light', theme: 'Default Light Modern' },
  { name: 'high-contrast', theme: 'Default High Contrast' },
] as const;

/** What Codex is made to do: the mock model answers with these calls. */
function plan(namespace: string): Parameters<typeof runCodex>[0]['plan'] {
  const entities = [{ name: 'Wharf', entityType: 'program', observations: ['runs MCP servers in containers'] }];
  return [
    { call: { name: 'echo', namespace, arguments: { message: 'Hello from Codex' } } },
    { call: { name: 'create_entities', namespace, arguments: { entities } } },
    { call: { name: 'get_sum', namespace, arguments: { a: 19, b: 23 } } },
    { call: { name: 'open_nodes', namespace, arguments: { names: ['Wharf'] } } },
    { text: 'Done.' },
  ];
}

async function prepare(workbench: Workbench): Promise<void> {
  await workbench.showProfiles();
  await workbench.connectCodex('All tools of this profile run without asking');
  await workbench.executeCommand('wharf.openInspector');
  await workbench.inspector().getByText('No call yet').waitFor();
}

async function takeOne(folder: string, look: (typeof themes)[number]): Promise<void> {
  const workbench = await openWorkbench({
    folder,
    settings: { 'workbench.colorTheme': look.theme, 'window.autoDetectColorScheme': false, 'workbench.statusBar.visible': true },
  });
  try {
    await workbench.page.setViewportSize({ width: 1440, height: 860 });
    await prepare(workbench);
    const run = await runCodex({ cwd: folder, home: workbench.home, plan: plan('mcp__MCP_DOCKER') });
    if (run.toolCalls.length !== 4 || run.toolCalls.some(({ status }) => status !== 'completed')) {
      throw new Error(`Codex did not make its calls:\n${run.stderr}\n${JSON.stringify(run.toolCalls)}`);
    }
    await until(async () => (await workbench.profilesText()).includes('tools'), { what: 'the tools in the tree' });
    await until(
      async () => {
        await workbench.expandRow('memory');
        return (await workbench.profilesText()).includes('open_nodes');
      },
      { what: 'the tools of a server', everyMs: 300 },
    );
    await workbench.inspector().getByText('open_nodes').first().click();
    await workbench.inspector().getByText('Arguments').first().waitFor();
    await workbench.clearNotifications();
    await workbench.page.mouse.move(700, 700);
    await workbench.page.screenshot({ path: join(images, `inspector-${look.name}.png`) });
    console.log(`docs/images/inspector-${look.name}.png`);
  } finally {
    await workbench.close();
  }
}

await buildAll();
const sample = await chooseSample((line) => console.log(line));
if (sample.tool !== 'echo') {
  throw new Error(`The pictures need the sample containers. ${sample.ground}`);
}
await mkdir(images, { recursive: true });
for (const look of themes) {
  const folder = await mkdtemp(join(tmpdir(), 'harbour-'));
  await writeSample(folder, sample);
  try {
    await takeOne(folder, look);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
