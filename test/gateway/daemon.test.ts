import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runDaemon } from '../../src/gateway/daemon.ts';
import { daemonSocket } from '../../src/node/locations.ts';
import { root } from '../support/sharedData.ts';
import { until } from '../support/until.ts';
import { demoProfile, isRunning, makeHome, type WharfHome } from '../support/wharfHome.ts';

const imageProfile = 'version: 1\nservers:\n  - image: wharf-sample/absent:1\n    name: absent\n';

/** The variables that a process was started with. */
function environmentOf(pid: number): Readonly<Record<string, string>> {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((pair) => pair !== '');
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

async function serverPid(home: WharfHome): Promise<number> {
  const state = (await home.status()).sessions[0]?.servers[0]?.state;
  assert.equal(state?.kind, 'ready');
  return Number(state.processId);
}

test('the first shim starts the daemon and the second joins it', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  assert.equal(await home.control(), undefined);
  await home.session('dev');
  const first = await home.status();
  await home.session('dev');
  const second = await home.status();
  assert.equal(second.pid, first.pid);
  assert.equal(second.sessions.length, 2);
});

test('8 shims at once get one daemon', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const clients = await Promise.all(Array.from({ length: 8 }, () => home.session('dev')));
  assert.equal((await home.status()).sessions.length, 8);
  assert.equal((await home.log()).match(/ serves at /g)?.length, 1);
  assert.deepEqual(await Promise.all(clients.map((client, a) => client.callText('add', { a, b: 0 }))), [
    '0',
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
  ]);
  assert.deepEqual(clients.map(({ stderr }) => stderr).filter(Boolean), []);
});

test("a caller's variables reach neither the daemon nor a server", async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.gateway(['--profile', 'dev'], { env: { CANARY_TOKEN: 'tweet', AWS_SECRET_ACCESS_KEY: 'x' } });
  await client.initialize();
  await client.listTools();
  assert.equal(environmentOf(client.pid)['CANARY_TOKEN'], 'tweet');
  const { pid } = await home.status();
  const daemon = environmentOf(pid);
  assert.equal(daemon['HOME'], home.home);
  assert.deepEqual(
    Object.keys(daemon).filter((name) => /CANARY|AWS/.test(name)),
    [],
  );
  assert.deepEqual(Object.keys(environmentOf(await serverPid(home))), ['ELECTRON_RUN_AS_NODE']);
});

test('the folder of the socket is for this user alone', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  mkdirSync(home.locations.runtimeFolder, { recursive: true, mode: 0o777 });
  await home.session('dev');
  assert.equal(statSync(home.locations.runtimeFolder).mode & 0o777, 0o700);
});

/** Serving by itself is safe: nothing listens in that folder. */
async function refusesFolder(home: WharfHome, words: RegExp): Promise<void> {
  const client = await home.gateway(['--profile', 'dev']);
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['add', 'count_words', 'now']);
  assert.match(client.stderr, words);
  assert.match(client.stderr, /\(WHARF_FOLDER_UNSAFE\)/);
  assert.match(client.stderr, /serving this thread from its own process/);
  assert.equal(await home.control(), undefined);
}

test('a folder for the socket that is a link is refused, and the shim serves by itself', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const { runtimeFolder } = home.locations;
  mkdirSync(runtimeFolder, { recursive: true });
  renameSync(runtimeFolder, `${runtimeFolder}-elsewhere`);
  symlinkSync(`${runtimeFolder}-elsewhere`, runtimeFolder);
  await refusesFolder(home, /it is not a folder/);
});

test('a folder for the socket that belongs to another user is refused, and the shim serves by itself', async (t) => {
  if (process.getuid?.() !== 0) {
    t.skip('only root can give a folder to another user');
    return;
  }
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  mkdirSync(home.locations.runtimeFolder, { recursive: true });
  chownSync(home.locations.runtimeFolder, 65534, 65534);
  await refusesFolder(home, /it belongs to another user/);
});

test('after kill -9 of the daemon its clients go on with a new one, which takes over the stale socket', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.session('dev');
  const { pid, socket } = await home.status();
  const server = await serverPid(home);
  process.kill(pid, 'SIGKILL');
  await until(() => !isRunning(server), { what: 'the server of the dead daemon to end' });
  assert.ok(statSync(socket).isSocket(), 'the stale socket is still there');
  // What a shim sends before it notices may or may not have been carried out, and is told as such.
  await until(async () => (await home.control()) !== undefined, { what: 'the shim to find a new daemon' });
  assert.equal(await client.callText('add', { a: 1, b: 2 }), '3');
  assert.notEqual((await home.status()).pid, pid);
});

test('a shim that comes while the daemon is ending gets a new daemon', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  await home.session('dev');
  const { pid } = await home.status();
  const control = await home.control();
  assert.ok(control);
  const stopped = control.request('daemon/stop', {});
  const client = await home.session('dev');
  await stopped;
  assert.equal(await client.callText('add', { a: 2, b: 2 }), '4');
  assert.doesNotMatch(client.stderr, /own process/);
  await until(() => !isRunning(pid), { what: 'the old daemon to end' });
  assert.notEqual((await home.status()).pid, pid);
});

test('"wharf daemon stop" ends the daemon, its servers and its socket', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.session('dev');
  const { pid, socket } = await home.status();
  const server = await serverPid(home);
  const stopped = await home.wharf(['daemon', 'stop']);
  assert.deepEqual([stopped.code, stopped.stdout], [0, 'The daemon stopped.\n']);
  await until(() => !isRunning(pid) && !isRunning(server), { what: 'both processes to end' });
  assert.equal(statSync(socket, { throwIfNoEntry: false }), undefined);
  assert.match(await home.log(), /Wharf stopped\.\n$/);
  // The thread of Codex that was there wakes another daemon when it needs one, and not before.
  assert.equal(await client.callText('add', { a: 1, b: 2 }), '3');
  assert.notEqual((await home.status()).pid, pid);
});

test('a daemon that nobody uses stops by itself, and not while somebody does', async (t) => {
  const home = await makeHome(t);
  const { locations } = home;
  const daemon = await runDaemon(locations, () => undefined, 200);
  assert.ok(daemon.ok && daemon.value.kind === 'serving');
  const { value } = daemon;
  t.after(() => value.stop());
  const second = await runDaemon(locations, () => undefined);
  assert.deepEqual(second, { ok: true, value: { kind: 'alreadyRunning' } });
  const control = await home.control();
  assert.ok(control);
  for (const end = Date.now() + 600; Date.now() < end;) {
    assert.ok((await control.request('daemon/status', {})).ok);
  }
  control.close();
  await value.ended;
  assert.equal(statSync(daemonSocket(locations), { throwIfNoEntry: false }), undefined);
  const third = await runDaemon(locations, () => undefined, 1);
  assert.ok(third.ok && third.value.kind === 'serving');
  await third.value.ended;
});

test('a Docker that does not answer is told in one sentence, and the other server is served', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', imageProfile + demoProfile.slice(demoProfile.indexOf('  -')));
  await home.addProfile('dead', imageProfile);
  const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock', XDG_RUNTIME_DIR: home.home };
  assert.equal((await home.wharf(['daemon', 'status'], env)).code, 0);
  const client = await home.session('dev');
  assert.deepEqual(await client.toolNames(), ['add', 'count_words', 'now']);
  const told = client.warnings.find((line) => line.includes('WHARF_DOCKER_UNREACHABLE')) ?? '';
  assert.match(told, /^Docker does not answer at unix:\/\/\/nonexistent\/docker\.sock\. \(WHARF_DOCKER_UNREACHABLE\) Start Docker/);
  assert.match(await home.log(), /WHARF_DOCKER_UNREACHABLE/);
  const dead = await home.gateway(['--profile', 'dead']);
  await dead.initialize();
  const { error } = await dead.request('tools/list', {});
  assert.equal(error?.data?.code, 'WHARF_DOCKER_UNREACHABLE');
  assert.equal((await home.status()).dockerEndpoint, 'unix:///nonexistent/docker.sock');
});

for (const address of ['not an address', 'tcp://127.0.0.1:1', 'ssh://', 'tcp://[::1']) {
  test(`a DOCKER_HOST like "${address}" is told as an engine that does not answer, and the daemon lives`, async (t) => {
    const home = await makeHome(t);
    await home.addProfile('dead', imageProfile);
    await home.wharf(['daemon', 'status'], { DOCKER_HOST: address, DOCKER_CERT_PATH: '/nonexistent', XDG_RUNTIME_DIR: home.home });
    const client = await home.gateway(['--profile', 'dead']);
    await client.initialize();
    assert.equal((await client.request('tools/list', {})).error?.data?.code, 'WHARF_DOCKER_UNREACHABLE');
    assert.ok(isRunning((await home.status()).pid));
    assert.doesNotMatch(await home.log(), /A bug/);
  });
}

test('a program with the full environment and the shim with what Codex leaves reach the same daemon, and it uses that Docker', async (t) => {
  const home = await makeHome(t);
  const session = await mkdtemp(join(tmpdir(), 'wharf-xdg-'));
  t.after(() => rm(session, { recursive: true, force: true }));
  const asked: string[] = [];
  const docker = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url?.split('?')[0] ?? ''}`);
    const isList = request.url?.includes('/containers/json') === true;
    response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' }).end(isList ? '[]' : '{"message":"no such image"}');
  });
  const dockerSocket = join(session, 'docker.sock');
  await new Promise<void>((resolve) => docker.listen(dockerSocket, resolve));
  t.after(() => {
    docker.closeAllConnections();
    docker.close();
  });
  const full = {
    XDG_CONFIG_HOME: join(session, 'config'),
    XDG_DATA_HOME: join(session, 'data'),
    XDG_RUNTIME_DIR: session,
    DOCKER_HOST: `unix://${dockerSocket}`,
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus',
  };
  await home.writeProfile('dev', imageProfile);
  assert.equal((await home.wharf(['profile', 'allow', 'dev', '--yes', '--no-discover'], full)).code, 0);

  const shim = await home.gateway(['--profile', 'dev']);
  for (const name of Object.keys(full)) {
    assert.equal(environmentOf(shim.pid)[name], undefined);
  }
  assert.equal((await shim.initialize()).error, undefined, 'what was allowed with the full environment is allowed for the shim');
  const { error } = await shim.request('tools/list', {});
  assert.equal(error?.data?.code, 'WHARF_IMAGE_MISSING', error?.message);
  assert.ok(
    asked.some((request) => request.startsWith('GET /images/')),
    asked.join(', '),
  );

  const status = await home.wharf(['daemon', 'status', '--format', 'json'], full);
  const facts = JSON.parse(status.stdout) as {
    pid: number;
    socket: string;
    dataFolder: string;
    dockerEndpoint: string;
    sessions: readonly unknown[];
  };
  const seen = await home.status();
  assert.equal(facts.pid, seen.pid);
  assert.equal(facts.sessions.length, 1);
  assert.equal(facts.dockerEndpoint, full.DOCKER_HOST);
  assert.equal(facts.dataFolder, join(session, 'data', 'wharf'));
  assert.equal(facts.socket.startsWith(join(session, 'wharf')), true);
  const daemon = environmentOf(facts.pid);
  assert.equal(daemon['DOCKER_HOST'], full.DOCKER_HOST);
  assert.equal(daemon['DBUS_SESSION_BUS_ADDRESS'], full.DBUS_SESSION_BUS_ADDRESS);
});

test('a native server that outlives its killed daemon is ended by the next one', async (t) => {
  const home = await makeHome(t);
  const probe = join(root, 'test', 'support', 'servers', 'probe.mjs');
  const native = { command: process.execPath, args: [probe, '--misbehave=ignore-eof'] };
  await home.addProfile('dev', `version: 1\nservers:\n  - name: stubborn\n    wharf: { native: ${JSON.stringify(native)} }\n`);
  const client = await home.session('dev');
  assert.equal(await client.callText('echo', { text: 'a' }), 'echo: a');
  const server = Number((await home.status()).instances.map(({ state }) => (state.kind === 'ready' ? state.processId : ''))[0]);
  assert.ok(isRunning(server));
  process.kill((await home.status()).pid, 'SIGKILL');
  // The client's shim finds another daemon by itself.
  await until(async () => (await home.log()).includes('Ended native servers of gateways that died: 1.'));
  assert.ok(!isRunning(server));
});
