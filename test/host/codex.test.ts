import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import type { DaemonStatus } from '../../src/shared/controlProtocol.ts';
import { runCodex } from '../support/codex.ts';
import { buildSampleImages, sampleTags } from '../support/images.ts';
import { makeProject } from '../support/projectFolder.ts';
import { root } from '../support/sharedData.ts';
import { until } from '../support/until.ts';
import { openWorkbench } from '../support/workbench.ts';
import { containersOf } from '../support/wharfHome.ts';

const run = promisify(execFile);
const profile = `version: 1\nname: Development\nservers:\n  - image: ${sampleTags.everything}\n    wharf: { network: none }\n  - image: ${sampleTags.memory}\n    wharf: { network: none }\n`;

test('a call by the real Codex appears live in VS Code, though the editor has a full environment and the shim has none', async (t) => {
  await buildSampleImages();
  const project = await makeProject({ '.codex/profiles/dev.yaml': profile });
  const session = await mkdtemp(join(tmpdir(), 'wharf-xdg-'));
  await mkdir(join(session, 'run'), { mode: 0o700 });
  const full = {
    XDG_CONFIG_HOME: join(session, 'config'),
    XDG_DATA_HOME: join(session, 'data'),
    XDG_RUNTIME_DIR: join(session, 'run'),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(session, 'run', 'bus')}`,
    DOCKER_HOST: 'unix:///run/docker.sock',
  };
  const workbench = await openWorkbench({ folder: project.folder, env: full });
  t.after(async () => {
    // First the window and its daemon: they are found through the folders.
    await workbench.close();
    await project.remove();
    await rm(session, { recursive: true, force: true });
  });
  await workbench.showProfiles();
  await workbench.connectCodex('All tools of this profile run without asking');
  await workbench.executeCommand('wharf.openInspector');
  const inspector = workbench.inspector();
  await inspector.getByText('No call yet').waitFor();

  const codex = await runCodex({
    cwd: project.folder,
    home: workbench.home,
    plan: [{ call: { name: 'echo', namespace: 'mcp__MCP_DOCKER', arguments: { message: 'seen in the editor' } } }, { text: 'done' }],
  });
  assert.equal(codex.toolCalls[0]?.status, 'completed', codex.stderr);

  const row = inspector.getByRole('row').filter({ hasText: 'echo' });
  await row.filter({ hasText: 'ok' }).waitFor();
  await row.click();
  await inspector.getByText('Echo: seen in the editor').first().waitFor();
  const shown = await inspector.locator('body').innerText();
  for (const part of ['codex-mcp-client 0.169.0', 'everything', 'echo', 'ok', '"message": "seen in the editor"']) {
    assert.ok(shown.includes(part), `the inspector shows ${part}:\n${shown}`);
  }
  await until(async () => /everything — 15 tools · no network\n {2}memory — 9 tools/.test(await workbench.profilesText()), {
    what: 'the tools in the tree',
  }).catch(async (error: unknown) => {
    throw new Error(`The tree shows\n${await workbench.profilesText()}`, { cause: error });
  });
  await workbench.screenshot('codex');

  const wharf = join(root, 'dist', 'wharf.cjs');
  const { stdout } = await run(process.execPath, [wharf, 'daemon', 'status', '--format', 'json'], {
    env: { HOME: workbench.home, PATH: process.env['PATH'], ...full },
  });
  const status = JSON.parse(stdout) as DaemonStatus;
  assert.equal(status.dockerEndpoint, full.DOCKER_HOST);
  assert.ok(status.socket.startsWith(full.XDG_RUNTIME_DIR), status.socket);
  assert.ok(status.dataFolder.startsWith(full.XDG_DATA_HOME), status.dataFolder);
  await until(async () => (await containersOf(status.pid)).length === 0, { what: 'no container to be left after the thread' });
});
