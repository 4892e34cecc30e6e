import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { docker, probeImage, probeProfile, removeContainersOf, untilNoneLeft } from '../support/dockerLane.ts';
import { until } from '../support/until.ts';
import { containersOf, isRunning, makeHome } from '../support/wharfHome.ts';

before(probeImage);

test('no container is left after the shim ends', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.session('dev');
  const { pid } = await home.status();
  assert.equal((await containersOf(pid)).length, 1);
  await client.close();
  const took = await untilNoneLeft(pid);
  t.diagnostic(`no container ${Math.round(took)} ms after the end of the shim`);
  assert.ok(isRunning(pid));
});

test('no container is left after the shim is killed', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.session('dev');
  const { pid } = await home.status();
  client.kill('SIGKILL');
  await client.exited;
  await untilNoneLeft(pid);
});

test('no container is left after the daemon is told to stop, also of a server that ignores the end of its input', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({ name: 'good' }, { name: 'stubborn', misbehave: 'ignore-eof' }));
  await home.session('dev');
  const { pid } = await home.status();
  assert.equal((await containersOf(pid)).length, 2);
  assert.equal((await home.wharf(['daemon', 'stop'])).code, 0);
  assert.deepEqual(await containersOf(pid), []);
});

test('no container is left of a session that ends while its server starts', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({ misbehave: 'hang', wharf: ['startTimeout: 10m'] }));
  const client = await home.gateway(['--profile', 'dev']);
  await client.initialize();
  const { pid } = await home.status();
  await until(async () => (await containersOf(pid)).length === 1, { what: 'the container to be there' });
  await client.close();
  await untilNoneLeft(pid);
});

test('no container is left of a server that is only asked for its tools when the daemon is told to stop', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({ misbehave: 'hang', wharf: ['startTimeout: 10m'] }));
  assert.equal((await home.wharf(['calls', 'ls'])).code, 0);
  const { pid } = await home.status();
  const control = await home.control();
  const asked = control?.request('profile/tools', { profile: { by: 'id', id: 'dev' }, cwd: home.project, discover: true });
  await until(async () => (await containersOf(pid)).length === 1, { what: 'the container to be there' });
  await home.wharf(['daemon', 'stop']);
  assert.deepEqual(await containersOf(pid), []);
  const told = await asked;
  assert.ok(told?.ok !== true || told.value.servers[0]?.state.kind === 'failed');
});

test('sessions that end at any moment of the start leave no container', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  await home.session('dev');
  const { pid } = await home.status();
  for (const ms of [0, 20, 60, 120, 200, 300]) {
    const client = await home.gateway(['--profile', 'dev']);
    await client.initialize();
    // The moment is what is tried here, not a condition.
    await new Promise((resolve) => setTimeout(resolve, ms));
    client.kill('SIGKILL');
  }
  await until(async () => (await home.status()).sessions.length === 1 && (await containersOf(pid)).length === 1, {
    timeoutMs: 20_000,
    what: 'only the container of the living session to be left',
  });
  assert.doesNotMatch(await home.log(), /A bug|failed/);
});

test('without a daemon no container is left either', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.gateway(['--profile', 'dev', '--no-daemon']);
  await client.initialize();
  assert.equal(await client.callText('echo', { text: 'hi' }), 'echo: hi');
  assert.equal((await containersOf(client.pid)).length, 1);
  assert.deepEqual(await client.close(), { code: 0, signal: null });
  assert.deepEqual(await containersOf(client.pid), []);
});

test('the next daemon removes what a killed daemon left, and a container of a living owner stays', async (t) => {
  const home = await makeHome(t);
  const neighbour = await makeHome(t);
  await home.addProfile('dev', probeProfile({ name: 'good' }, { name: 'stubborn', misbehave: 'ignore-eof' }));
  await home.addProfile('plain', 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n');
  await neighbour.addProfile('dev', probeProfile({}));
  await home.session('dev');
  const other = await neighbour.session('dev');
  const { pid } = await home.status();
  const { pid: living } = await neighbour.status();
  t.after(() => removeContainersOf(pid));
  process.kill(pid, 'SIGKILL');
  // The one that heeds the end of its input goes by itself. Only a process that its parent has waited for is dead to others.
  await until(() => !isRunning(pid) && !isKnown(pid), { what: 'the killed daemon to be gone' });
  await until(async () => (await containersOf(pid)).length <= 1, { what: 'the good server to end by itself' });
  // Even a session that needs no container makes the new daemon look.
  await home.session('plain');
  await untilNoneLeft(pid);
  assert.equal((await containersOf(living)).length, 1);
  assert.equal(await other.callText('echo', { text: 'still here' }), 'echo: still here');
});

function isKnown(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a call that only reads goes on in another container when its own is removed from outside', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.session('dev');
  const { pid } = await home.status();
  const [id] = await containersOf(pid);
  const slow = client.callTool('slow', { ms: 1_500 });
  await until(async () => {
    const control = await home.control();
    const calls = await control?.request('calls/list', { limit: 1 });
    return calls?.ok === true && calls.value.calls[0]?.status === 'running';
  });
  await docker.getContainer(id ?? '').remove({ force: true });
  assert.equal((await slow).error, undefined);
  const [second] = await containersOf(pid);
  assert.notEqual(second, id);
});
