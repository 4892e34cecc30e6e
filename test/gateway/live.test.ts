import assert from 'node:assert/strict';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { allowEdit, revokeAllowance } from '../../src/node/allowances.ts';
import { HttpClient, startHttpGateway } from '../support/httpGateway.ts';
import type { McpClient } from '../support/mcpClient.ts';
import { until } from '../support/until.ts';
import { isRunning, makeHome, type WharfHome } from '../support/wharfHome.ts';

/** Offers the tools that its arguments name. Each says its process and what it was given; "slow" takes a moment. */
const source = `
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const results = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: process.argv.slice(2).map((name) => ({ name, inputSchema: { type: 'object' } })) },
    'tools/call': { content: [{ type: 'text', text: process.pid + ' ' + (process.env.GIVEN ?? '') }] },
  };
  setTimeout(() => console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} })), params?.name === 'slow' ? 1500 : 0);
});
`;

interface Live {
  readonly home: WharfHome;
  readonly path: string;
  readonly entry: (name: string, tools: readonly string[], more?: Readonly<Record<string, unknown>>, given?: string) => string;
  /** Writes the profile as vim does: the old file goes away, and a new one comes. */
  readonly save: (entries: readonly string[]) => Promise<void>;
}

async function live(t: TestContext, scope: 'user' | 'project' = 'user'): Promise<Live> {
  const home = await makeHome(t);
  const program = join(home.home, 'server.cjs');
  await writeFile(program, source);
  const path = await home.writeProfile('dev', textOf([]), scope);
  const entry: Live['entry'] = (name, tools, more = {}, given) => {
    const native = { command: process.execPath, args: [program, ...tools], ...(given === undefined ? {} : { env: { GIVEN: given } }) };
    return `  - ${JSON.stringify({ name, wharf: { share: 'user', native }, ...more })}\n`;
  };
  const save = async (entries: readonly string[]): Promise<void> => {
    await rename(path, `${path}~`);
    await writeFile(path, textOf(entries));
    await rm(`${path}~`);
  };
  return { home, path, entry, save };
}

function textOf(entries: readonly string[]): string {
  return `version: 1\nservers:${entries.length === 0 ? ' []' : ''}\n${entries.join('')}`;
}

function listChanges({ notifications }: McpClient): number {
  return notifications.filter(({ method }) => method === 'notifications/tools/list_changed').length;
}

async function offers(client: McpClient, names: readonly string[]): Promise<void> {
  await until(async () => JSON.stringify(await client.toolNames()) === JSON.stringify(names), { what: `the tools ${names.join(', ')}` });
}

test('a saved profile reaches its sessions: servers come, go and change, and what did not change keeps running', async (t) => {
  const { home, entry, save } = await live(t);
  await save([entry('stays', ['one', 'same']), entry('goes', ['two'])]);
  const [client, other] = [await home.session('dev'), await home.session('dev')];
  await offers(client, ['one', 'same', 'two']);
  const kept = await client.callText('one');
  const gone = Number.parseInt(await client.callText('two'), 10);

  await save([entry('first', ['same']), entry('stays', ['one', 'same'])]);
  await until(() => listChanges(client) > 0 && listChanges(other) > 0, { what: 'both clients to hear of it' });
  await offers(client, ['first__same', 'one', 'same']);
  assert.equal(await client.callText('one'), kept, 'the same process');
  assert.equal(await client.callText('same'), kept, 'a name stays that of its tool, whatever comes before it');
  await until(() => !isRunning(gone), { what: 'the server that went to end' });
  assert.equal((await client.callTool('two')).error?.data?.code, 'WHARF_TOOL_UNKNOWN');

  const before = await client.callText('first__same');
  await save([entry('first', ['same'], {}, 'new'), entry('stays', ['one', 'same'])]);
  await until(async () => (await client.callText('first__same')).endsWith(' new'), { what: 'the changed server to be another one' });
  assert.equal(await client.callText('one'), kept);
  await until(() => !isRunning(Number.parseInt(before, 10)), { what: 'the old one to end' });

  const heard = listChanges(client);
  await save([entry('first', ['same'], {}, 'new'), entry('stays', ['one', 'same'], { note: 'nobody sees this' })]);
  await save([entry('first', ['same'], {}, 'new'), entry('stays', ['one', 'same'], { tools: ['one'] })]);
  await offers(
    client,
    ['same', 'one'].map((name) => (name === 'same' ? 'first__same' : name)),
  );
  assert.equal(await client.callText('one'), kept, 'a choice of tools starts nothing anew');
  assert.equal(listChanges(client), heard + 1, 'only what a client sees is told');
});

test('a call that runs while its server is taken out of the profile is answered', async (t) => {
  const { home, entry, save } = await live(t);
  await save([entry('calc', ['slow', 'quick']), entry('more', ['other'])]);
  const client = await home.session('dev');
  const pid = Number.parseInt(await client.callText('quick'), 10);
  const slow = client.callText('slow');
  await until(async () => (await home.status()).instances.some(({ openCalls }) => openCalls === 1), { what: 'the call to run' });
  await save([entry('more', ['other'])]);
  await offers(client, ['other']);
  assert.equal(Number.parseInt(await slow, 10), pid);
  await until(() => !isRunning(pid), { what: 'the server to end after it' });
});

test("a project's profile is withdrawn when its content changes, and is back when that is allowed", async (t) => {
  const { home, path, entry, save } = await live(t, 'project');
  await save([entry('calc', ['add'])]);
  await home.allow('dev');
  const client = await home.session('dev');
  const pid = Number.parseInt(await client.callText('add'), 10);
  const early = await home.gateway(['--profile', 'later', '--no-daemon']);
  assert.equal((await early.initialize()).error?.data?.code, 'WHARF_PROFILE_NOT_FOUND');
  await home.writeProfile('later', await readFile(path, 'utf8'), 'user');
  await until(async () => (await early.initialize()).error === undefined, { what: 'a profile that is made later to be served' });

  await writeFile(path, 'version: 1\nservers: [{ name: \n');
  await until(() => client.warnings.some((text) => text.includes('WHARF_PROFILE_SYNTAX')), { what: 'to hear that it cannot be read' });
  await writeFile(path, 'version: 1\nservers: [{ name: \n\n');
  assert.equal(Number.parseInt(await client.callText('add'), 10), pid, 'what was served before still is');

  await save([entry('calc', ['add']), entry('evil', ['steal'])]);
  await until(() => client.warnings.some((text) => /WHARF_PROFILE_NOT_ALLOWED.*wharf profile allow dev/.test(text)), {
    what: 'the client to hear which command allows it',
  });
  assert.deepEqual(await client.toolNames(), []);
  const blocked = await client.callText('add');
  assert.match(blocked, /WHARF_PROFILE_NOT_ALLOWED/);
  assert.doesNotMatch(blocked, /profile allow/, 'no model is told the command');
  await until(() => !isRunning(pid), { what: 'the server to end' });

  const late = await home.gateway(['--profile', 'dev']);
  assert.equal((await late.initialize()).error?.data?.code, 'WHARF_PROFILE_NOT_ALLOWED');
  await home.allow('dev');
  await offers(client, ['add', 'steal']);
  assert.match(await client.callText('add'), /^\d+ /);
  await until(async () => (await late.initialize()).error === undefined, { what: 'who was refused to be served' });
  assert.equal(client.warnings.filter((text) => text.includes('WHARF_PROFILE_SYNTAX')).length, 1, 'it is said once');

  await rename(path, `${path}.old`);
  await until(() => client.warnings.some((text) => text.includes('WHARF_PROFILE_GONE')), { what: 'to hear that it is gone' });
  assert.deepEqual(await client.toolNames(), []);
  await rename(`${path}.old`, path);
  await offers(client, ['add', 'steal']);

  const running = await client.callText('add');
  const said = client.warnings.length;
  const before = await readFile(path, 'utf8');
  const after = before.replace('"evil"', '"good"');
  await writeFile(path, after);
  assert.ok((await allowEdit(home.locations, path, before, after)).ok);
  await offers(client, ['add', 'steal']);
  await until(async () => (await home.status()).instances.some(({ server }) => server === 'good'), { what: 'the renamed server' });
  assert.equal(await client.callText('add'), running, 'what Wharf itself edits stops nothing');
  assert.deepEqual(client.warnings.slice(said), []);

  await writeFile(path, 'version: 1\nservers: [{ name: \n');
  await until(() => client.warnings.slice(said).some((text) => text.includes('WHARF_PROFILE_SYNTAX')), { what: 'a broken file' });
  assert.equal(await client.callText('add'), running);
  assert.ok((await revokeAllowance(home.locations, path)).ok);
  await until(async () => (await client.toolNames()).length === 0, { what: 'what is taken back to count though the file is broken' });
  assert.match(await client.callText('add'), /WHARF_PROFILE_NOT_ALLOWED/);
});

test('sessions over HTTP hear of a saved profile, too', async (t) => {
  const { home, entry, save } = await live(t);
  await save([entry('calc', ['add'])]);
  const client = new HttpClient(await startHttpGateway(t, home, ['dev']));
  await client.initialize();
  assert.match(await client.request('tools/list'), /"add"/);
  await save([entry('calc', ['add']), entry('more', ['other'])]);
  await until(async () => (await client.request('tools/list')).includes('"other"'), { what: 'the new tool' });
});

test('what a catalogue says anew reaches the sessions of profiles that rest on it, and those of its servers without a profile', async (t) => {
  const home = await makeHome(t);
  const file = join(home.home, 'lister.yaml');
  const make = async (tool: string): Promise<void> => {
    await writeFile(
      file,
      `name: lister\ntype: server\nimage: example.invalid/lister:1\ntitle: L\ndescription: d\ntools: [{ name: ${tool} }]\n`,
    );
    const made = await home.wharf(['catalog', 'create', 'team', '--replace', '--title', 'Team', '--server', `file://${file}`]);
    assert.equal(made.code, 0, made.stderr);
  };
  await home.writeProfile('dev', 'version: 1\nservers:\n  - { catalog_ref: team, name: lister }\n', 'user');
  const clients = [
    await home.gateway(['--profile', 'dev', '--no-daemon']),
    await home.gateway(['--catalog', 'team', '--servers', 'lister', '--no-daemon']),
  ];
  const each = (check: (client: McpClient) => Promise<void>): Promise<unknown> => Promise.all(clients.map(check));
  await each(async (client) => assert.match((await client.initialize()).error?.data?.code ?? '', /^WHARF_CATALOG_/));
  await make('first');
  await each(async (client) => {
    await until(async () => (await client.initialize()).error === undefined, { what: 'the catalogue to be there' });
    await until(async () => (await client.toolNames())[0] === 'first', { what: 'what the catalogue promises' });
  });
  await make('second');
  await each((client) =>
    until(async () => (await client.toolNames())[0] === 'second', { what: 'what it promises now' }).then(() => undefined),
  );
});
