import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { credentialPlaces, daemonId, daemonSocket, findLocations, locationFile } from '../../../src/node/locations.ts';
import { asOrdinaryUser, temporaryFolder } from './folders.ts';

const onLinux = process.platform === 'linux' ? {} : { skip: 'the XDG folders are for Linux' };

/** What Codex leaves of the environment, as far as it matters here. */
const cleared = { PATH: '/usr/bin', TERM: 'xterm' };

/** A home and a session's runtime folder, as a login makes them. */
function login(t: TestContext): { home: string; session: string; full: Record<string, string> } {
  const home = temporaryFolder(t);
  const session = join(home, 'session');
  mkdirSync(session, { mode: 0o700 });
  const full = {
    ...cleared,
    XDG_RUNTIME_DIR: session,
    XDG_DATA_HOME: join(home, 'd'),
    XDG_CONFIG_HOME: join(home, 'c'),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${session}/bus`,
    DOCKER_HOST: 'unix:///run/other.sock',
  };
  return { home, session, full };
}

test('the location file is found from the home folder alone', () => {
  const full = { XDG_CONFIG_HOME: '/elsewhere', XDG_DATA_HOME: '/elsewhere' };
  assert.equal(locationFile(full, '/home/u', 'linux'), '/home/u/.config/wharf/location.json');
  assert.equal(locationFile({}, '/home/u', 'linux'), '/home/u/.config/wharf/location.json');
  assert.equal(locationFile(full, '/Users/u', 'darwin'), '/Users/u/Library/Application Support/wharf/location.json');
  assert.equal(locationFile({ LOCALAPPDATA: '/l' }, '/h', 'win32'), '/l/wharf/location.json');
  assert.equal(locationFile({ LOCALAPPDATA: '' }, '/h', 'win32'), '/h/AppData/Local/wharf/location.json');
});

test('places of credentials that one program was told of are known to all', (t) => {
  const { home, full } = login(t);
  const moved = {
    CODEX_HOME: '/moved/codex',
    DOCKER_CONFIG: '/moved/docker',
    GNUPGHOME: '/moved/gnupg',
    PASSWORD_STORE_DIR: '/moved/pass',
  };
  findLocations({ mayRecord: true, env: { ...full, ...moved }, home });
  assert.deepEqual([...credentialPlaces(cleared, home)].sort(), Object.values(moved).sort());
  assert.ok(credentialPlaces({ ...cleared, SSH_AUTH_SOCK: '/agent/sock' }, home).includes('/agent/sock'));
});

test('WHARF_HOME moves the location file and every folder', (t) => {
  const home = temporaryFolder(t);
  const own = join(home, 'state');
  const found = findLocations({ mayRecord: true, home, env: { WHARF_HOME: own, XDG_DATA_HOME: '/elsewhere' } });
  assert.deepEqual([found.configFolder, found.dataFolder, found.runtimeFolder], [join(own, 'config'), join(own, 'data'), join(own, 'run')]);
  assert.ok(existsSync(join(own, 'location.json')));
  assert.ok(!existsSync(join(home, '.config')));
});

test('a relative WHARF_HOME is meant from the working folder', () => {
  assert.equal(locationFile({ WHARF_HOME: 'state' }, '/home/u', 'linux'), join(process.cwd(), 'state', 'location.json'));
});

test('a WHARF_HOME that was moved to another place is used where it is now', (t) => {
  const home = temporaryFolder(t);
  findLocations({ mayRecord: true, home, env: { WHARF_HOME: join(home, 'old') } });
  mkdirSync(join(home, 'new'));
  writeFileSync(join(home, 'new', 'location.json'), readFileSync(join(home, 'old', 'location.json')));
  assert.equal(findLocations({ mayRecord: false, home, env: { WHARF_HOME: join(home, 'new') } }).dataFolder, join(home, 'new', 'data'));
});

test('the cleared environment of a shim finds what a full environment recorded first', onLinux, (t) => {
  const { home, session, full } = login(t);
  const recorded = findLocations({ mayRecord: true, home, env: full });
  assert.equal(recorded.configFolder, join(home, 'c', 'wharf'));
  assert.equal(recorded.dataFolder, join(home, 'd', 'wharf'));
  assert.equal(recorded.runtimeFolder, join(session, 'wharf'));
  assert.deepEqual(recorded.environment, { DOCKER_HOST: 'unix:///run/other.sock', DBUS_SESSION_BUS_ADDRESS: `unix:path=${session}/bus` });
  const shim = findLocations({ mayRecord: false, home, env: cleared });
  assert.deepEqual(shim, recorded);
  assert.equal(daemonSocket(shim), daemonSocket(recorded));
});

test('a full environment finds what a shim recorded first', onLinux, (t) => {
  const { home, full } = login(t);
  const shim = findLocations({ mayRecord: false, home, env: cleared });
  const later = findLocations({ mayRecord: true, home, env: full });
  assert.deepEqual([later.configFolder, later.dataFolder, later.runtimeFolder], [shim.configFolder, shim.dataFolder, shim.runtimeFolder]);
});

test('relative paths in XDG variables are ignored', onLinux, (t) => {
  const home = temporaryFolder(t);
  const found = findLocations({ mayRecord: true, home, env: { XDG_CONFIG_HOME: 'c', XDG_DATA_HOME: './d', XDG_RUNTIME_DIR: 'run' } });
  assert.equal(found.configFolder, join(home, '.config', 'wharf'));
  assert.equal(found.dataFolder, join(home, '.local', 'share', 'wharf'));
  assert.equal(found.runtimeFolder, join(found.dataFolder, 'run'));
});

test('programs of one user agree on Docker though only one has the variable, until it is set to nothing', onLinux, (t) => {
  const { home, full } = login(t);
  findLocations({ mayRecord: true, home, env: full });
  assert.equal(findLocations({ mayRecord: true, home, env: cleared }).environment['DOCKER_HOST'], 'unix:///run/other.sock');
  const { DOCKER_HOST: _gone, ...without } = full;
  for (const env of [without, cleared, full]) {
    assert.equal(findLocations({ mayRecord: true, home, env }).environment['DOCKER_HOST'], 'unix:///run/other.sock');
    assert.equal(findLocations({ mayRecord: false, home, env: cleared }).environment['DOCKER_HOST'], 'unix:///run/other.sock');
  }
  assert.equal(findLocations({ mayRecord: true, home, env: { ...full, DOCKER_HOST: '' } }).environment['DOCKER_HOST'], undefined);
  assert.equal(findLocations({ mayRecord: false, home, env: cleared }).environment['DOCKER_HOST'], undefined);
});

test("a variable of a shim's own entry counts for it and is not recorded", onLinux, (t) => {
  const { home, full } = login(t);
  const first = findLocations({ mayRecord: true, home, env: full });
  const own = findLocations({ mayRecord: false, home, env: { ...cleared, DOCKER_HOST: 'tcp://far:2375' } });
  assert.equal(own.environment['DOCKER_HOST'], 'tcp://far:2375');
  assert.notEqual(daemonId(own), daemonId(first));
  assert.deepEqual(findLocations({ mayRecord: false, home, env: cleared }), first);
});

test('the socket path has at most 104 bytes, also for a long home', (t) => {
  const home = join(temporaryFolder(t), 'ü'.repeat(60));
  for (const env of [{ WHARF_HOME: join(home, 'state') }, cleared]) {
    const found = findLocations({ mayRecord: true, home, env });
    assert.ok(Buffer.byteLength(daemonSocket(found)) <= 104);
    assert.deepEqual(findLocations({ mayRecord: false, home, env }), found);
  }
});

const broken: readonly (readonly [string, string])[] = [
  ['no JSON', '{"version": 1,'],
  ['another kind of JSON', '[]'],
  ['another version', '{"version": 2, "configFolder": "/a", "dataFolder": "/b", "runtimeFolder": "/c", "environment": {}}'],
  ['relative folders', '{"version": 1, "configFolder": "a", "dataFolder": "b", "runtimeFolder": "c", "environment": {}}'],
  ['no environment', '{"version": 1, "configFolder": "/a", "dataFolder": "/b", "runtimeFolder": "/c"}'],
];
for (const [what, text] of broken) {
  test(`a location file with ${what} does not stop the start and is written anew`, onLinux, (t) => {
    const home = temporaryFolder(t);
    const file = locationFile({}, home, process.platform);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    const found = findLocations({ mayRecord: false, home, env: cleared });
    assert.equal(found.dataFolder, join(home, '.local', 'share', 'wharf'));
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), found);
  });
}

test('a location file that cannot be written does not stop the start', onLinux, async (t) => {
  const home = temporaryFolder(t);
  chmodSync(home, 0o555);
  const found = await asOrdinaryUser(() => findLocations({ mayRecord: true, home, env: cleared }));
  assert.equal(found.dataFolder, join(home, '.local', 'share', 'wharf'));
  const file = locationFile({}, home, process.platform);
  chmodSync(home, 0o755);
  mkdirSync(file, { recursive: true });
  assert.deepEqual(findLocations({ mayRecord: true, home, env: cleared }), found);
  assert.ok(!existsSync(`${file}.${process.pid}`));
});

test('when the session of the recorded runtime folder ended, all programs move to one that stays', onLinux, async (t) => {
  const { home, session, full } = login(t);
  const before = findLocations({ mayRecord: true, home, env: full });
  rmSync(session, { recursive: true });
  const shim = findLocations({ mayRecord: false, home, env: cleared });
  assert.equal(shim.runtimeFolder, join(before.dataFolder, 'run'));
  assert.deepEqual({ ...shim, runtimeFolder: '' }, { ...before, runtimeFolder: '' });
  // The next login makes the folder again; whoever has a daemon by now stays with it.
  mkdirSync(session);
  assert.deepEqual(findLocations({ mayRecord: true, home, env: full }), shim);
  assert.deepEqual(findLocations({ mayRecord: false, home, env: cleared }), shim);
});

test("a session's folder that is no folder, or that only others may write to, is not used", onLinux, async (t) => {
  const { home, session, full } = login(t);
  writeFileSync(join(session, 'wharf'), '');
  assert.equal(findLocations({ mayRecord: true, home, env: full }).runtimeFolder, join(home, 'd', 'wharf', 'run'));
  const other = login(t);
  chmodSync(other.session, 0o500);
  const found = await asOrdinaryUser(() => findLocations({ mayRecord: true, home: other.home, env: other.full }));
  assert.equal(found.runtimeFolder, join(other.home, 'd', 'wharf', 'run'));
});

test('the daemon of another Docker endpoint has another socket, the session bus makes no difference', (t) => {
  const home = temporaryFolder(t);
  const at = (environment: Record<string, string>): string =>
    daemonSocket({ configFolder: home, dataFolder: home, runtimeFolder: home, environment });
  assert.notEqual(at({ DOCKER_HOST: 'tcp://a:1' }), at({ DOCKER_HOST: 'tcp://b:1' }));
  assert.notEqual(at({}), at({ DOCKER_CONTEXT: 'far' }));
  assert.equal(at({}), at({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x' }));
});
