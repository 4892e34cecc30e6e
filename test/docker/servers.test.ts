import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { probeImage, probeProfile, docker } from '../support/dockerLane.ts';
import { buildSampleImages, sampleTags } from '../support/images.ts';
import type { WharfHome } from '../support/wharfHome.ts';
import { until } from '../support/until.ts';
import { containersOf, makeHome } from '../support/wharfHome.ts';

before(async () => {
  await probeImage();
  await buildSampleImages(docker);
});

const published = `version: 1
servers:
  - image: ${sampleTags.everything}
    wharf: { network: none }
  - image: ${sampleTags.memory}
    wharf: { network: none }
`;

test('two published servers behind one gateway list both sets of tools, and a call to each returns', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', published);
  const from = performance.now();
  const client = await home.session('dev');
  t.diagnostic(`first session with two containers: tools after ${Math.round(performance.now() - from)} ms`);
  const names = await client.toolNames();
  for (const name of ['echo', 'get-sum', 'create_entities', 'read_graph']) {
    assert.ok(names.includes(name), `${name} is in ${names.join(', ')}`);
  }
  assert.match(await client.callText('get-sum', { a: 2, b: 40 }), /42/);
  const entities = [{ name: 'Wharf', entityType: 'gateway', observations: ['is tested'] }];
  await client.callText('create_entities', { entities });
  assert.match(await client.callText('read_graph'), /is tested/);
  const { pid } = await home.status();
  assert.equal((await containersOf(pid)).length, 2);
});

test("progress of a published server reaches the client with the client's own token", async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', published);
  const client = await home.session('dev');
  const reply = await client.callTool('trigger-long-running-operation', { duration: 1, steps: 3 }, { progressToken: 'mine' });
  assert.equal(reply.error, undefined);
  const progress = client.notifications.filter(
    ({ method, params }) => method === 'notifications/progress' && params?.['progressToken'] === 'mine',
  );
  assert.deepEqual(
    progress.map(({ params }) => params?.['progress']),
    [1, 2, 3],
  );
});

test('cancelling a call ends it in the container', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.session('dev');
  const control = await home.control();
  const { id } = client.begin('tools/call', { name: 'slow', arguments: { ms: 600_000 } });
  const statusOfLast = async (): Promise<string | undefined> => {
    const calls = await control?.request('calls/list', { limit: 1 });
    return calls?.ok === true ? calls.value.calls[0]?.status : undefined;
  };
  await until(async () => (await statusOfLast()) === 'running');
  client.notify('notifications/cancelled', { requestId: id });
  await until(async () => (await statusOfLast()) === 'cancelled');
  assert.equal(await client.callText('echo', { text: 'free' }), 'echo: free');
});

test('a result of 5 MB arrives whole', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.session('dev');
  const bytes = 5 * 1024 * 1024;
  const text = await client.callText('big', { bytes });
  assert.equal(text.length, bytes);
  assert.match(text, /^x+$/);
});

test('an argument of 5 MB arrives whole', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.session('dev');
  const text = 'ä'.repeat(2_500_000);
  assert.equal(await client.callText('echo', { text }), `echo: ${text}`);
});

test('20 first calls at once in one session start one container', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.gateway(['--profile', 'dev']);
  const initialized = client.initialize();
  const from = performance.now();
  const calls = Array.from({ length: 20 }, (_, n) => client.callText('echo', { text: String(n) }));
  assert.equal((await initialized).error, undefined);
  assert.deepEqual(
    await Promise.all(calls),
    calls.map((_, n) => `echo: ${n}`),
  );
  t.diagnostic(`20 cold calls took ${Math.round(performance.now() - from)} ms`);
  const { pid } = await home.status();
  assert.equal((await containersOf(pid)).length, 1);
  assert.equal((await home.log()).match(/is ready in/g)?.length, 1);
});

test('a server that crashes in a call fails that call, and the next call starts it anew', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.session('dev');
  const crashed = await client.callTool('crash');
  assert.equal(crashed.error?.data?.code, 'WHARF_SERVER_GONE');
  assert.match(crashed.error.message, /may or may not have had an effect/);
  assert.match(await client.callText('echo', { text: 'again' }), /^\[Wharf\] The server "probe" was restarted since your last call/);
  assert.equal(await client.callText('echo', { text: 'and again' }), 'echo: and again');
  const { pid } = await home.status();
  assert.equal((await containersOf(pid)).length, 1);
});

/** Why a profile's only server is not there, as its client is told; nothing of it may be left. */
async function failure(home: WharfHome, yaml: string): Promise<{ readonly code: string | undefined; readonly message: string }> {
  await home.addProfile('dev', yaml);
  const client = await home.gateway(['--profile', 'dev']);
  assert.equal((await client.initialize()).error, undefined);
  const { error } = await client.request('tools/list', {});
  assert.ok(error);
  assert.deepEqual(client.warnings, [error.message]);
  const { pid } = await home.status();
  assert.deepEqual(await containersOf(pid), []);
  return { code: error.data?.code, message: error.message };
}

test('an image that the engine does not have is named with what to do', async (t) => {
  const told = await failure(await makeHome(t), 'version: 1\nservers:\n  - image: wharf-sample/absent:1\n');
  assert.equal(told.code, 'WHARF_IMAGE_MISSING');
  assert.match(told.message, /The image wharf-sample\/absent:1 of the server "absent".*could not be downloaded.*docker login/);
});

test('a server that prints junk and never answers is told as no MCP server, with what it printed', async (t) => {
  const told = await failure(await makeHome(t), probeProfile({ misbehave: 'junk', wharf: ['startTimeout: 1s'] }));
  assert.equal(told.code, 'WHARF_SERVER_NOT_MCP');
  assert.match(told.message, /Starting up!/);
});

test('a server that exits at its start is told with its exit code and its last words', async (t) => {
  const told = await failure(await makeHome(t), probeProfile({ misbehave: 'exit' }));
  assert.equal(told.code, 'WHARF_SERVER_EXITED');
  assert.match(told.message, /"probe" ended with exit code 3 before it answered[^]*probe: no configuration found, giving up/);
});

test('a server that hangs is told after the time that its profile gives it', async (t) => {
  const told = await failure(await makeHome(t), probeProfile({ misbehave: 'hang', wharf: ['startTimeout: 1s'] }));
  assert.equal(told.code, 'WHARF_SERVER_TIMEOUT');
  assert.match(told.message, /did not answer "initialize" within 1 s/);
});

test('when one server of two fails, the tools of the other are served and the failure is told', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({ name: 'good' }, { name: 'bad', misbehave: 'exit' }));
  const client = await home.session('dev');
  assert.equal(await client.callText('echo', { text: 'hi' }), 'echo: hi');
  assert.equal(client.warnings.length, 1);
  assert.match(client.warnings[0] ?? '', /"bad" ended with exit code 3.*WHARF_SERVER_EXITED/);
  assert.match(await home.log(), /"bad" of dev failed/);
});

test('two servers with the same tools are told apart by name', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({ name: 'one' }, { name: 'two' }));
  const client = await home.session('dev');
  const names = await client.toolNames();
  assert.ok(names.includes('echo') && names.includes('two__echo'));
  assert.equal(await client.callText('two__echo', { text: 'x' }), 'echo: x');
  const control = await home.control();
  const calls = await control?.request('calls/list', { limit: 1 });
  assert.deepEqual(calls?.ok === true && calls.value.calls.map(({ server, tool }) => [server, tool]), [['two', 'echo']]);
});
