import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { docker } from '../support/dockerLane.ts';
import { buildToolProgramImage, sampleTags } from '../support/images.ts';
import type { McpClient } from '../support/mcpClient.ts';
import { until } from '../support/until.ts';
import { containersOf, makeHome } from '../support/wharfHome.ts';

before(() => buildToolProgramImage(docker));

const parameters = { type: 'object', properties: { args: { type: 'array', items: { type: 'string' } } }, required: ['args'] };
const container = { image: sampleTags.toolProgram, command: ['{{args|into}}'] };
const tools = [
  { name: 'run', description: 'Runs the program.', parameters, container },
  { name: 'run-in', description: 'Runs it in a folder.', parameters, container: { ...container, volumes: ['{{folder}}:{{folder}}:rw'] } },
  { name: 'socket', parameters, container: { ...container, volumes: ['/var/run/docker.sock:/var/run/docker.sock'] } },
];

function profile(mounts: readonly string[]): string {
  const snapshot = { server: { name: 'box', type: 'poci', tools, disableNetwork: true } };
  return `version: 1\nservers:\n  - ${JSON.stringify({ type: 'image', snapshot, wharf: { mounts } })}\n`;
}

interface Result {
  readonly content: readonly { readonly text: string }[];
  readonly isError: boolean;
}

async function call(client: McpClient, tool: string, args: readonly string[], more: object = {}): Promise<readonly [boolean, string]> {
  const { result } = (await client.callTool(tool, { args, ...more })) as unknown as { readonly result: Result };
  return [result.isError, result.content[0]?.text ?? ''];
}

test('each call of a tool that is a container runs one, and leaves none', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', profile([]));
  const client = await home.session('dev');
  const [first] = (await client.listTools()) as readonly { readonly name: string; readonly inputSchema?: unknown }[];
  assert.deepEqual([first?.name, first?.inputSchema], ['run', parameters]);
  assert.deepEqual(await call(client, 'run', ['say', 'one', '; two $HOME']), [false, 'one ; two $HOME']);
  const [isError, text] = await call(client, 'run', ['nothing']);
  assert.ok(isError && /unknown: nothing/.test(text) && /code 3/.test(text), text);
  assert.match((await call(client, 'run', ['flood']))[1], /more than 8 MB/);
  const many = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((word) => call(client, 'run', ['say', word])));
  assert.deepEqual(
    many.map(([, said]) => said),
    ['a', 'b', 'c', 'd', 'e', 'f'],
  );
  const { pid } = await home.status();
  const waiting = client.callTool('run', { args: ['wait'] });
  waiting.catch(() => undefined);
  await until(async () => (await containersOf(pid)).length === 1, { what: 'the container of the call' });
  await client.close();
  await until(async () => (await containersOf(pid)).length === 0, { what: 'no container to be left', timeoutMs: 30_000 });
});

test('a call reaches what the user granted to the server and nothing else of this computer', async (t) => {
  const home = await makeHome(t);
  const granted = join(home.home, 'films');
  await mkdir(granted);
  // Whoever runs as root lends their folder to nobody.
  await chmod(granted, 0o777);
  await writeFile(join(granted, 'a.txt'), 'a film');
  await writeFile(join(home.home, 'other.txt'), 'a letter');
  await home.addProfile('dev', profile([`${granted}:${granted}:rw`]));
  const client = await home.session('dev');
  assert.deepEqual(await call(client, 'run-in', ['read', join(granted, 'a.txt')], { folder: granted }), [false, 'a film']);
  assert.deepEqual(await call(client, 'run-in', ['write', join(granted, 'b.txt'), 'new'], { folder: granted }), [false, '']);
  assert.equal(await readFile(join(granted, 'b.txt'), 'utf8'), 'new');
  for (const folder of [home.home, '/etc', join(granted, '..')]) {
    const [isError, text] = await call(client, 'run-in', ['read', join(home.home, 'other.txt')], { folder });
    assert.ok(isError && /was not run/.test(text) && !text.includes('a letter'), text);
  }
  assert.match((await call(client, 'socket', ['say', 'x']))[1], /was not run: it wants \/var\/run\/docker\.sock/);
});
