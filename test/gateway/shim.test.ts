import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { builtPrograms } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { demoProfile, ownDemoProfile, isRunning, makeHome } from '../support/wharfHome.ts';

test("the SDK's own client initializes, lists and calls through the gateway", async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const script = join(await builtPrograms(), 'wharf.cjs');
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [script, 'gateway', 'run', '--profile', 'dev'],
    cwd: home.project,
    env: { ...home.env },
    stderr: 'pipe',
  });
  const client = new Client({ name: 'sdk', version: '1.0.0' });
  t.after(() => client.close());
  await client.connect(transport);
  assert.equal(client.getServerVersion()?.name, 'wharf');
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map((tool) => [tool.name, tool.annotations?.readOnlyHint]),
    [
      ['add', true],
      ['count_words', true],
      ['now', true],
    ],
  );
  const result = await client.callTool({ name: 'count_words', arguments: { text: 'one two three' } });
  assert.deepEqual(result.content, [{ type: 'text', text: '3' }]);
  const bad = await client.callTool({ name: 'add', arguments: { a: 'x' } });
  assert.equal(bad.isError, true);
  await assert.rejects(
    client.callTool({ name: 'nope', arguments: {} }),
    /No server of this profile offers the tool "nope".*WHARF_TOOL_UNKNOWN/,
  );
  await client.ping();
});

test('"initialize" takes over a protocol version that is known and offers its newest for another', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  for (const [asked, given] of [
    ['2024-11-05', '2024-11-05'],
    ['2025-06-18', '2025-06-18'],
    ['1999-01-01', '2025-11-25'],
  ]) {
    const client = await home.gateway(['--profile', 'dev']);
    const { result } = await client.request('initialize', {
      protocolVersion: asked,
      capabilities: {},
      clientInfo: { name: 'x', version: '1' },
    });
    assert.equal((result as { protocolVersion: string }).protocolVersion, given);
    await client.close();
  }
});

test('a line that is not JSON-RPC gets a parse error, and the session lives', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.session('dev');
  const junk = ['hello?', '{"jsonrpc":"2.0"', '[]', '{"id":1}', 'null', '{"jsonrpc":"2.0","id":{},"method":"ping"}', '\u0000\u0001'];
  client.write(`${junk.join('\n')}\n\n\r\n`);
  await until(() => client.strays.length === junk.length, { what: 'an answer to every line of junk' });
  assert.deepEqual(
    client.strays.map(({ id, error }) => [id, error?.code]),
    junk.map(() => [null, -32700]),
  );
  assert.equal(await client.callText('add', { a: 20, b: 22 }), '42');
  assert.equal((await client.request('tasks/list', {})).error?.code, -32601);
});

test('a message in many pieces and several messages in one piece both arrive', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.session('dev');
  const words = 'ä😀 '.repeat(40_000);
  const calls = [
    client.callText('count_words', { text: words }),
    client.callText('add', { a: 1, b: 1 }),
    client.callText('add', { a: 2, b: 2 }),
  ];
  assert.deepEqual(await Promise.all(calls), ['40000', '2', '4']);
});

const wrongUses: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['an unknown option', ['--profile', 'dev', '--nope']],
  ['no profile', []],
  ['two profiles', ['--profile', 'dev', '--profile-file', 'x']],
  ['an option without its value', ['--profile']],
  ['a stray word', ['--profile', 'dev', 'more']],
];

for (const [what, args] of wrongUses) {
  test(`"wharf gateway run" with ${what} ends with 2 and one sentence`, async (t) => {
    const home = await makeHome(t);
    const client = await home.gateway(args);
    assert.deepEqual(await client.exited, { code: 2, signal: null });
    assert.match(client.stderr, /^wharf: .+ \(WHARF_USAGE\) .+\n$/);
  });
}

test('the shim ends with 0 and without a word when its input ends, and its own servers are gone', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', ownDemoProfile);
  const client = await home.session('dev');
  const server = Number(serverPids(await home.status())[0]);
  assert.ok(isRunning(server));
  assert.deepEqual(await client.close(), { code: 0, signal: null });
  assert.equal(client.stderr, '');
  await until(() => !isRunning(server), { what: 'the server to end' });
  assert.deepEqual((await home.status()).sessions, []);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const) {
  test(`after ${signal} to the shim its own servers are gone and the daemon serves on`, async (t) => {
    const home = await makeHome(t);
    await home.addProfile('dev', ownDemoProfile);
    const other = await home.session('dev');
    const client = await home.session('dev');
    client.kill(signal);
    assert.deepEqual(await client.exited, signal === 'SIGKILL' ? { code: null, signal } : { code: 0, signal: null });
    await until(async () => (await home.status()).sessions.length === 1, { what: 'the session to end' });
    assert.equal(await other.callText('add', { a: 1, b: 2 }), '3');
  });
}

test('the shim ends when its parent is killed', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const script = join(await builtPrograms(), 'wharf.cjs');
  const source = `
    const child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(script)}, 'gateway', 'run', '--profile', 'dev'], { stdio: 'pipe' });
    child.stdin.write(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }) + '\\n');
    child.stdout.once('data', () => console.log(child.pid));`;
  const parent = spawn(process.execPath, ['-e', source], { cwd: home.project, env: home.env, stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => parent.kill('SIGKILL'));
  const shim = await new Promise<number>((resolve) => parent.stdout.once('data', (bytes: Buffer) => resolve(Number(bytes.toString()))));
  assert.ok(isRunning(shim));
  parent.kill('SIGKILL');
  await until(() => !isRunning(shim), { what: 'the shim to end' });
  await until(async () => (await home.status()).sessions.length === 0, { what: 'its session to end' });
});

test('without a daemon the same is served by one process, which leaves nothing behind', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.gateway(['--profile', 'dev', '--no-daemon']);
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['add', 'count_words', 'now']);
  assert.equal(await client.callText('add', { a: 1, b: 2 }), '3');
  const children = readFileSync(`/proc/${client.pid}/task/${client.pid}/children`, 'utf8').trim().split(' ').map(Number);
  assert.equal(children.length, 1);
  assert.equal(await home.control(), undefined, 'no daemon was started');
  assert.deepEqual(await client.close(), { code: 0, signal: null });
  assert.deepEqual(children.filter(isRunning), []);
});

test('without a daemon a signal ends the servers too', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.gateway(['--profile', 'dev', '--no-daemon']);
  await client.initialize();
  await client.listTools();
  const children = readFileSync(`/proc/${client.pid}/task/${client.pid}/children`, 'utf8').trim().split(' ').map(Number);
  client.kill('SIGTERM');
  assert.deepEqual(await client.exited, { code: 0, signal: null });
  assert.deepEqual(children.filter(isRunning), []);
});

test('a Node that is too old says so in one sentence', async (t) => {
  const old = ['/usr/bin/node', '/usr/local/bin/node'].find(isOldNode);
  if (old === undefined) {
    t.skip('this machine has no Node older than 22.13 in /usr/bin or /usr/local/bin');
    return;
  }
  const script = join(await builtPrograms(), 'wharf.cjs');
  for (const args of [['version'], ['gateway', 'run', '--profile', 'dev'], ['daemon', 'run']]) {
    assert.throws(
      () => execFileSync(old, [script, ...args], { stdio: 'pipe' }),
      (error: Error & { status?: number; stderr?: Buffer }) => {
        assert.equal(error.status, 2);
        assert.match(String(error.stderr), /^wharf: Wharf needs Node 22\.13 or newer and found [\d.]+\. \(WHARF_NODE_VERSION\) [^\n]+\n$/);
        return true;
      },
    );
  }
});

function isOldNode(path: string): boolean {
  try {
    const [major = 0, minor = 0] = execFileSync(path, ['-p', 'process.versions.node']).toString().split('.').map(Number);
    return major < 22 || (major === 22 && minor < 13);
  } catch {
    return false;
  }
}

function serverPids(status: {
  readonly sessions: readonly { readonly servers: readonly { readonly state: { readonly kind: string } }[] }[];
}): readonly string[] {
  return status.sessions.flatMap(({ servers }) => servers.flatMap(({ state }) => ('processId' in state ? [String(state.processId)] : [])));
}
