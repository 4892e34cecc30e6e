import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { test, type TestContext } from 'node:test';

import { builtPrograms } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { demoProfile, isRunning, makeHome, type WharfHome } from '../support/wharfHome.ts';

const onLinux = process.platform === 'linux' ? {} : { skip: 'reads /proc' };

/** Processes that this one started and that still run. */
function childrenOf(pid: number): readonly number[] {
  const lists = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'));
  return lists.flatMap((list) => list.trim().split(/\s+/).filter(Boolean).map(Number)).filter(isRunning);
}

async function devHome(t: TestContext): Promise<WharfHome> {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  return home;
}

/** How many daemons ever served in this home. */
async function daemonsStarted(home: WharfHome): Promise<number> {
  return (await home.log()).match(/ serves at /g)?.length ?? 0;
}

test('after kill -9 of the daemon in the middle of a call only that call fails, and everything goes on', onLinux, async (t) => {
  const home = await devHome(t);
  const client = await home.session('dev');
  assert.equal(await client.callText('add', { a: 1, b: 2 }), '3');
  const { pid } = await home.status();
  const servers = childrenOf(pid);
  assert.equal(servers.length, 1);
  // A call that does not end: the server is held.
  servers.forEach((server) => process.kill(server, 'SIGSTOP'));
  t.after(() => servers.filter(isRunning).forEach((server) => process.kill(server, 'SIGKILL')));
  const { reply } = client.begin('tools/call', { name: 'add', arguments: { a: 1, b: 1 } });
  // The daemon has the call when it has answered what came behind it.
  await client.request('ping');
  process.kill(pid, 'SIGKILL');
  const { error } = await reply;
  assert.equal(error?.code, -32050);
  assert.equal(error.data?.code, 'WHARF_DAEMON_LOST');
  assert.match(error.message, /may or may not have been carried out/);
  assert.equal(await client.callText('add', { a: 20, b: 22 }), '42');
  assert.deepEqual(await client.toolNames(), ['add', 'count_words', 'now']);
  assert.notEqual((await home.status()).pid, pid);
  assert.equal(await daemonsStarted(home), 2);
  assert.deepEqual(client.strays, [], 'the new daemon was set up without the client');
  assert.equal(client.stderr, '');
  servers.forEach((server) => process.kill(server, 'SIGCONT'));
  await until(() => !servers.some(isRunning), { what: 'the server of the dead daemon to end' });
});

test('after kill -9 of the daemon it is there again by itself, once for all clients', onLinux, async (t) => {
  const home = await devHome(t);
  const clients = await Promise.all(Array.from({ length: 6 }, () => home.session('dev')));
  const { pid } = await home.status();
  process.kill(pid, 'SIGKILL');
  await until(async () => (await home.control()) !== undefined && (await home.status()).sessions.length === 6, {
    timeoutMs: 20_000,
    what: 'all to be at a new daemon',
  });
  assert.equal(await daemonsStarted(home), 2);
  const sums = await Promise.all(clients.map((client, a) => client.callText('add', { a, b: 1 })));
  assert.deepEqual(sums, ['1', '2', '3', '4', '5', '6']);
});

test('20 shims at once get one daemon, and each is served', async (t) => {
  const home = await devHome(t);
  const clients = await Promise.all(Array.from({ length: 20 }, () => home.gateway(['--profile', 'dev'])));
  await Promise.all(clients.map((client) => client.initialize()));
  const lists = await Promise.all(clients.map((client) => client.toolNames()));
  assert.deepEqual(new Set(lists.map((names) => names.join())), new Set(['add,count_words,now']));
  assert.equal((await home.status()).sessions.length, 20);
  assert.equal(await daemonsStarted(home), 1);
  assert.deepEqual(clients.map(({ stderr }) => stderr).filter(Boolean), []);
  assert.deepEqual(
    readdirSync(home.locations.runtimeFolder).filter((name) => name.endsWith('.starting')),
    [],
  );
});

test('a daemon that somebody stopped stays stopped until a client asks for something', async (t) => {
  const home = await devHome(t);
  const client = await home.session('dev');
  const { pid, socket } = await home.status();
  assert.equal((await home.wharf(['daemon', 'stop'])).code, 0);
  await until(() => !isRunning(pid), { what: 'the daemon to end' });
  assert.ok(client.isRunning);
  assert.equal(await home.control(), undefined);
  assert.ok(process.platform === 'win32' || !existsSync(socket));
  assert.equal(await client.callText('add', { a: 1, b: 2 }), '3');
  assert.notEqual((await home.status()).pid, pid);
  assert.deepEqual(await client.close(), { code: 0, signal: null });
  assert.equal(client.stderr, '');
});

for (const way of ['the end of its input', 'SIGTERM'] as const) {
  test(`${way} ends the shim also when the daemon hangs`, onLinux, async (t) => {
    const home = await devHome(t);
    const client = await home.session('dev');
    const { pid } = await home.status();
    process.kill(pid, 'SIGSTOP');
    try {
      client.begin('tools/call', { name: 'add', arguments: { a: 1, b: 2 } });
      if (way === 'SIGTERM') {
        client.kill(way);
      } else {
        client.endInput();
      }
      assert.deepEqual(await client.exited, { code: 0, signal: null });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await until(async () => (await home.status()).sessions.length === 0, { what: 'the session to end' });
  });
}

test('the shim ends when nobody reads its output any more', async (t) => {
  const home = await devHome(t);
  await home.session('dev');
  const script = join(await builtPrograms(), 'wharf.cjs');
  const shim = spawn(process.execPath, [script, 'gateway', 'run', '--profile', 'dev'], { cwd: home.project, env: home.env, stdio: 'pipe' });
  t.after(() => shim.kill('SIGKILL'));
  shim.stdin.on('error', () => undefined);
  let code: number | null | undefined;
  shim.on('exit', (value) => (code = value));
  shim.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  await new Promise((resolve) => shim.stdout.once('data', resolve));
  shim.stdout.destroy();
  await until(() => {
    shim.stdin.write('{"jsonrpc":"2.0","id":2,"method":"ping"}\n');
    return code !== undefined;
  });
  assert.equal(code, 0);
});

test('the shim ends when its parent is dead, although somebody holds its pipes open', onLinux, async (t) => {
  const home = await devHome(t);
  const script = join(await builtPrograms(), 'wharf.cjs');
  // Its input and output are a pipe of this test, which stays open when the parent dies.
  const source = `
    const { pid } = require('node:child_process').spawn(process.execPath, [${JSON.stringify(script)}, 'gateway', 'run', '--profile', 'dev'], { stdio: [4, 4, 2] });
    require('node:fs').writeSync(3, String(pid));
    setInterval(() => undefined, 60_000);`;
  const parent = spawn(process.execPath, ['-e', source], {
    cwd: home.project,
    env: home.env,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
  });
  t.after(() => parent.kill('SIGKILL'));
  const [told, pipe] = [parent.stdio[3] as Duplex, parent.stdio[4] as Duplex];
  t.after(() => pipe.destroy());
  const pid = await new Promise<number>((resolve) => told.once('data', (bytes: Buffer) => resolve(Number(bytes.toString()))));
  t.after(() => isRunning(pid) && process.kill(pid, 'SIGKILL'));
  pipe.on('error', () => undefined).write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  await new Promise((resolve) => pipe.once('data', resolve));
  parent.kill('SIGKILL');
  await until(() => !isRunning(pid), { what: 'the shim to end' });
  await until(async () => (await home.status()).sessions.length === 0, { what: 'its session to end' });
});
