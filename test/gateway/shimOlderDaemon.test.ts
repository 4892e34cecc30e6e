import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { connectOrStartDaemon } from '../../src/node/daemonProcess.ts';
import { readLines } from '../../src/node/lines.ts';
import { daemonSocket } from '../../src/node/locations.ts';
import { isOlder } from '../../src/node/olderDaemon.ts';
import { version } from '../../src/shared/version.ts';
import { startMcpProgram } from '../support/mcpClient.ts';
import { builtPrograms } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { demoProfile, isRunning, makeHome, type WharfHome } from '../support/wharfHome.ts';

const onPosix = process.platform === 'win32' ? { skip: 'sockets in folders' } : {};

interface Other {
  /** What it was asked on control connections. */
  readonly asked: readonly { readonly method: string; readonly params: unknown }[];
  readonly sessions: readonly Socket[];
}

/** A daemon of another version at a home's socket. `leaves` is its answer to "daemon/replace". */
async function otherDaemon(t: TestContext, home: WharfHome, wharf: number, its: string, leaves: boolean): Promise<Other> {
  const path = daemonSocket(home.locations);
  mkdirSync(home.locations.runtimeFolder, { recursive: true, mode: 0o700 });
  const asked: { method: string; params: unknown }[] = [];
  const sessions: Socket[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    let greeted = false;
    readLines(socket, (line) => {
      const message = JSON.parse(line.toString()) as { wharf?: number; role?: string; id?: number; method: string; params?: unknown };
      if (greeted) {
        asked.push({ method: message.method, params: message.params });
        const outcome = leaves ? { result: {} } : { error: { code: -32601, message: 'There is no such method.' } };
        socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...outcome })}\n`);
        if (leaves) {
          // As the real one does: a moment after the answer.
          setImmediate(() => server.close());
        }
        return;
      }
      greeted = true;
      const problem = { code: 'WHARF_DAEMON_VERSION', message: 'Another protocol.', next: '' };
      socket.write(
        `${JSON.stringify(message.wharf === wharf ? { wharf, ok: true, version: its, pid: 1 } : { wharf, ok: false, problem })}\n`,
      );
      if (message.role === 'session') {
        sessions.push(socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return { asked, sessions };
}

for (const [what, wharf, its] of [
  ['version', 1, '0.0.9'],
  ['protocol', 0, '0.0.1'],
] as const) {
  test(`a daemon of an older ${what} is asked to leave, and a new one serves`, onPosix, async (t) => {
    const home = await makeHome(t);
    await home.addProfile('dev', demoProfile);
    const other = await otherDaemon(t, home, wharf, its, true);
    const clients = await Promise.all([home.session('dev'), home.session('dev'), home.session('dev')]);
    assert.deepEqual(other.asked[0], { method: 'daemon/replace', params: { version } });
    assert.equal((await home.status()).sessions.length, 3);
    assert.equal(await clients[0]?.callText('add', { a: 1, b: 2 }), '3');
    assert.deepEqual(clients.map(({ stderr }) => stderr).filter(Boolean), []);
  });
}

const nowhere = { node: '/nonexistent', script: '/nonexistent' };

test('an older daemon that does not know how to leave is used as it is', onPosix, async (t) => {
  const home = await makeHome(t);
  const other = await otherDaemon(t, home, 1, '0.0.9', false);
  const connection = await connectOrStartDaemon(home.locations, nowhere, { wharf: 1, role: 'control', version });
  assert.ok(connection.ok);
  t.after(() => connection.value.socket.destroy());
  assert.equal(connection.value.reply.version, '0.0.9');
  assert.equal(other.asked.length, 1);
});

test('a newer daemon is used, and nobody asks it to leave', onPosix, async (t) => {
  const home = await makeHome(t);
  const other = await otherDaemon(t, home, 1, '99.0.0', true);
  const connection = await connectOrStartDaemon(home.locations, nowhere, { wharf: 1, role: 'control', version });
  assert.ok(connection.ok);
  t.after(() => connection.value.socket.destroy());
  assert.deepEqual(other.asked, []);
});

test('a daemon of a newer protocol, and an older one that stays, are told as a problem', onPosix, async (t) => {
  for (const wharf of [2, 0]) {
    const home = await makeHome(t);
    const other = await otherDaemon(t, home, wharf, '99.0.0', false);
    const connection = await connectOrStartDaemon(home.locations, nowhere, { wharf: 1, role: 'control', version });
    assert.ok(!connection.ok);
    assert.equal(connection.problem.code, 'WHARF_DAEMON_VERSION');
    assert.equal(other.asked.length, wharf === 0 ? 1 : 0);
  }
});

/** The built programs as a later version would have them. */
async function newerPrograms(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-newer-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(await builtPrograms(), folder, { recursive: true });
  for (const name of ['wharf.cjs', 'shim.cjs', 'gateway.cjs', 'cli.cjs']) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`"${version}"`, '"99.0.0"'));
  }
  return join(folder, 'wharf.cjs');
}

test('the real daemon leaves to a newer version, and serves whom it has to the end', onPosix, async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.session('dev');
  const old = await home.status();
  const args = [await newerPrograms(t), 'gateway', 'run', '--profile', 'dev'];
  const newcomer = startMcpProgram(t, process.execPath, args, { cwd: home.project, env: home.env });
  await newcomer.initialize();
  assert.equal(await newcomer.callText('add', { a: 1, b: 2 }), '3');
  const now = await home.status();
  assert.deepEqual([now.version, now.sessions.length], ['99.0.0', 1]);
  assert.ok(isRunning(old.pid));
  assert.equal(await client.callText('add', { a: 1, b: 1 }), '2');
  await client.close();
  await until(() => !isRunning(old.pid), { what: 'the old daemon to end with its last client' });
  // The older program is content with the newer daemon.
  const late = await home.session('dev');
  assert.equal(await late.callText('add', { a: 2, b: 2 }), '4');
  assert.equal((await home.status()).pid, now.pid);
});

test('versions are ordered by their numbers, and a pre-release comes before its release', () => {
  const ordered = ['nonsense', '0.1.0', '0.1.9', '0.1.10', '0.10.0-rc.1', '0.10.0', '1.0.0'];
  for (const [a, theirs] of ordered.entries()) {
    for (const [b, ours] of ordered.entries()) {
      assert.equal(isOlder(theirs, ours), a < b, `${theirs} < ${ours}`);
    }
  }
});
