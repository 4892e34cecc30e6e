import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { CallSummary } from '../../src/shared/calls.ts';
import { RawPeer } from '../support/rawPeer.ts';
import { until } from '../support/until.ts';
import { demoProfile, isRunning, makeHome, type WharfHome } from '../support/wharfHome.ts';

/** A home whose daemon runs, with one session. */
async function runningHome(t: TestContext): Promise<{
  readonly home: WharfHome;
  readonly socket: string;
  readonly pid: number;
  readonly add: (a: number, b: number) => Promise<string>;
}> {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.session('dev');
  const { pid, socket } = await home.status();
  return { home, pid, socket, add: (a, b) => client.callText('add', { a, b }) };
}

test('a control connection gets the status, the calls, and each call with its details', async (t) => {
  const { home, pid, add } = await runningHome(t);
  await add(1, 2);
  await add(3, 4);
  const control = await home.control();
  assert.ok(control);
  const status = await control.request('daemon/status', {});
  assert.ok(status.ok);
  assert.equal(status.value.pid, pid);
  assert.deepEqual(
    status.value.sessions.map(({ client, profile, servers }) => ({
      client,
      profile,
      servers: servers.map(({ name, state, tools }) => [name, state.kind, tools?.length]),
    })),
    [{ client: 'test-client 1.0.0', profile: 'dev', servers: [['demo', 'ready', 3]] }],
  );
  const list = await control.request('calls/list', { limit: 1 });
  assert.ok(list.ok);
  assert.equal(list.value.calls.length, 1);
  const [newest] = list.value.calls;
  assert.deepEqual(
    [newest?.client, newest?.thread, newest?.profile, newest?.server, newest?.tool, newest?.status],
    ['test-client 1.0.0', null, 'dev', 'demo', 'add', 'ok'],
  );
  const none = await control.request('calls/list', { limit: 0 });
  assert.deepEqual(none, { ok: true, value: { calls: [] } });
  const shown = await control.request('calls/show', { id: newest?.id ?? '' });
  assert.ok(shown.ok);
  assert.deepEqual(shown.value.arguments, { a: 3, b: 4 });
  assert.deepEqual((shown.value.result as { content: unknown }).content, [{ type: 'text', text: '7' }]);
  assert.deepEqual(Object.keys(shown.value.timings), ['wait', 'tool']);
  const unknown = await control.request('calls/show', { id: 'nope' });
  assert.equal(unknown.ok ? '' : unknown.problem.code, 'WHARF_CALL_UNKNOWN');
});

test("a call carries the thread that Codex names in its '_meta'", async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.session('dev');
  await client.callTool('add', { a: 1, b: 2 }, { threadId: 'thread-7' });
  const control = await home.control();
  const list = await control?.request('calls/list', { limit: 9 });
  assert.equal(list?.ok === true && list.value.calls[0]?.thread, 'thread-7');
});

test('two followers each see a call run and end', async (t) => {
  const { home, add } = await runningHome(t);
  await add(1, 1);
  const seen: CallSummary[][] = [];
  for (let n = 0; n < 2; n++) {
    const control = await home.control();
    assert.ok(control);
    const mine: CallSummary[] = [];
    seen.push(mine);
    control.on('call/changed', (call) => void mine.push(call));
    const before = await control.request('calls/follow', {});
    assert.deepEqual(before.ok && before.value.calls.map(({ status }) => status), ['ok']);
    await control.request('calls/follow', {});
  }
  await add(2, 2);
  for (const mine of seen) {
    await until(() => mine.length >= 2);
    assert.deepEqual(
      mine.map(({ status }) => status),
      ['running', 'ok'],
    );
    assert.equal(mine[0]?.id, mine[1]?.id);
    assert.equal(typeof mine[1]?.durationMs, 'number');
  }
});

test('the tools of a profile can be asked for, and its server does not stay', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  await home.addProfile('other', 'version: 1\nservers: []\n');
  await home.session('other');
  const control = await home.control();
  assert.ok(control);
  const changed: string[] = [];
  control.on('profile/changed', ({ profile }) => void changed.push(profile));
  await control.request('calls/follow', {});
  const profile = { by: 'id', id: 'dev' } as const;
  const known = await control.request('profile/tools', { profile, cwd: home.project, discover: false });
  assert.deepEqual(known.ok && known.value.servers.map(({ name, tools }) => [name, tools]), [['demo', null]]);
  const asked = await control.request('profile/tools', { profile, cwd: home.project, discover: true });
  assert.deepEqual(asked.ok && asked.value.servers[0]?.tools?.map((tool) => [tool.name, tool.readOnly]), [
    ['add', true],
    ['count_words', true],
    ['now', true],
  ]);
  assert.ok(changed.includes('dev'));
  const refused = await control.request('profile/tools', { profile: { by: 'id', id: 'nope' }, cwd: home.project, discover: true });
  assert.equal(refused.ok ? '' : refused.problem.code, 'WHARF_PROFILE_NOT_FOUND');
});

test('of a profile of the same id in another project nothing is told', async (t) => {
  const { home, add } = await runningHome(t);
  await add(1, 2);
  const other = join(home.home, 'other');
  const path = join(other, '.codex', 'profiles', 'dev.yaml');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'version: 1\nservers:\n  - name: demo\n    image: registry.example.test/demo:1\n');
  const allowed = await home.wharf(['profile', 'allow', path, '--yes', '--no-discover']);
  assert.equal(allowed.code, 0, allowed.stderr);
  const control = await home.control();
  assert.ok(control);
  const toolsIn = async (cwd: string): Promise<readonly unknown[]> => {
    const file = join(cwd, '.codex', 'profiles', 'dev.yaml');
    const found = await control.request('profile/tools', { profile: { by: 'file', path: file }, cwd, discover: false });
    return found.ok ? found.value.servers.map(({ state, tools }) => [state.kind, tools?.length ?? null]) : [found.problem];
  };
  assert.deepEqual(await toolsIn(home.project), [['ready', 3]]);
  assert.deepEqual(await toolsIn(other), [['stopped', null]]);
});

const hello = { wharf: 1, role: 'control', version: '0' };

test('wrong requests of a control connection are answered with their fault, and the daemon lives', async (t) => {
  const { socket, pid, add } = await runningHome(t);
  const peer = new RawPeer(t, socket);
  peer.send(hello);
  const wrong: readonly (readonly [method: string, params: unknown, code: number])[] = [
    ['nope', {}, -32601],
    ['toString', {}, -32601],
    ['profile/tools', undefined, -32602],
    ['profile/tools', null, -32602],
    ['profile/tools', [], -32602],
    ['profile/tools', { profile: null, cwd: '/', discover: true }, -32602],
    ['profile/tools', { profile: { by: 'id', id: { toString: 1 } }, cwd: '/', discover: true }, -32602],
    ['calls/show', {}, -32602],
    ['calls/list', { limit: 'many' }, -32602],
  ];
  await until(() => peer.messages.length === 1);
  wrong.forEach(([method, params], id) => peer.send({ jsonrpc: '2.0', id, method, params }));
  for (const [id, [method, , code]] of wrong.entries()) {
    assert.equal((await peer.answerTo(id)).error?.code, code, `${method} ${id}`);
  }
  peer.socket.write('junk\n');
  await until(() => peer.isClosed, { what: 'the connection to be cut off' });
  assert.equal(await add(1, 2), '3');
  assert.ok(isRunning(pid));
});

const wrongHellos: readonly (readonly [what: string, line: string])[] = [
  ['no JSON', 'GET / HTTP/1.1'],
  ['null', 'null'],
  ['another protocol', '{"wharf":99,"role":"control"}'],
  ['a version that has no text', '{"wharf":{"toString":1}}'],
  ['an unknown role', '{"wharf":1,"role":"king"}'],
  ['a session without a profile', '{"wharf":1,"role":"session","cwd":"/"}'],
  ['a session whose profile is null', '{"wharf":1,"role":"session","cwd":"/","profile":null}'],
  ['a session whose profile has no id', '{"wharf":1,"role":"session","cwd":"/","profile":{"by":"id"}}'],
  ['a session whose folder is no text', '{"wharf":1,"role":"session","cwd":7,"profile":{"by":"id","id":"dev"}}'],
];

test('a wrong hello gets its fault as an answer, and the daemon lives', async (t) => {
  const { socket, pid, add } = await runningHome(t);
  for (const [what, line] of wrongHellos) {
    await t.test(what, async (sub) => {
      const peer = new RawPeer(sub, socket);
      peer.socket.write(`${line}\n`);
      await until(() => peer.isClosed, { what: 'the connection to end' });
      assert.equal(peer.messages.length, 1);
      assert.equal(peer.messages[0]?.['ok'], false);
      assert.equal((peer.messages[0]?.['problem'] as { code: string } | undefined)?.code, 'WHARF_DAEMON_VERSION');
    });
  }
  assert.equal(await add(1, 2), '3');
  assert.ok(isRunning(pid));
});

test('lines that come in one piece with the hello are served after it', async (t) => {
  const { home, socket } = await runningHome(t);
  const peer = new RawPeer(t, socket);
  const session = { wharf: 1, role: 'session', version: '0', profile: { by: 'id', id: 'dev' }, cwd: home.project };
  const lines = [session, { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }, { jsonrpc: '2.0', id: 2, method: 'tools/list' }];
  peer.socket.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await peer.answerTo(2);
  assert.deepEqual(
    peer.messages.map((message) => message['ok'] ?? message['id']),
    [true, 1, 2],
  );
});

for (const [who, first] of [
  ['before its hello', ''],
  ['on a control connection', `${JSON.stringify(hello)}\n`],
  ['in a session', `${JSON.stringify({ wharf: 1, role: 'session', version: '0', profile: { by: 'id', id: 'dev' }, cwd: '/' })}\n`],
] as const) {
  test(`a peer that sends a line without end ${who} is cut off, and the daemon lives`, async (t) => {
    const { home, socket, pid, add } = await runningHome(t);
    const peer = new RawPeer(t, socket);
    peer.socket.write(first);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const push = (): void => {
      while (!peer.isClosed && peer.socket.write(piece));
    };
    peer.socket.on('drain', push);
    push();
    await until(() => peer.isClosed, { timeoutMs: 20_000, what: 'the connection to be cut off' });
    assert.equal(await add(1, 2), '3');
    assert.ok(isRunning(pid));
    assert.match(await home.log(), /A line is longer than/);
  });
}

test('connections that break in the middle leave no session behind, and the daemon lives', async (t) => {
  const { home, socket, pid, add } = await runningHome(t);
  const session = `${JSON.stringify({ wharf: 1, role: 'session', version: '0', profile: { by: 'id', id: 'dev' }, cwd: home.project })}\n`;
  const initialize = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} })}\n`;
  const call = `${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'add', arguments: { a: 1, b: 2 } } })}\n`;
  for (const text of [
    '',
    '{"wharf"',
    session.slice(0, -5),
    session,
    session + initialize,
    session + initialize + call,
    session + initialize + call.slice(0, 20),
  ]) {
    const peer = new RawPeer(t, socket);
    await new Promise<void>((resolve) => peer.socket.once('connect', resolve));
    peer.socket.write(text);
    await until(() => text === '' || peer.socket.writableLength === 0);
    peer.socket.destroy();
  }
  await until(async () => (await home.status()).sessions.length === 1, { what: 'the broken sessions to end' });
  assert.equal(await add(1, 2), '3');
  assert.ok(isRunning(pid));
  assert.doesNotMatch(await home.log(), /A bug|MaxListeners/);
});

test('a follower that never reads is cut off before its messages fill the memory of the daemon', async (t) => {
  const { home, socket, pid } = await runningHome(t);
  const client = await home.session('dev');
  const text = 'x'.repeat(4 * 1024 * 1024);
  await client.callText('count_words', { text });
  const control = await home.control();
  const calls = await control?.request('calls/list', { limit: 1 });
  const id = calls?.ok === true ? calls.value.calls[0]?.id : undefined;
  const lazy = connect(socket);
  t.after(() => lazy.destroy());
  let closed = false;
  lazy.on('error', () => undefined).on('close', () => (closed = true));
  lazy.write(`${JSON.stringify(hello)}\n`);
  for (let n = 0; n < 60; n++) {
    lazy.write(`${JSON.stringify({ jsonrpc: '2.0', id: n, method: 'calls/show', params: { id } })}\n`);
  }
  await until(async () => /A connection was cut off: it left \d+ bytes unread/.test(await home.log()), {
    timeoutMs: 20_000,
    what: 'the lazy peer to be cut off',
  });
  lazy.resume();
  await until(() => closed);
  assert.ok(isRunning(pid));
  assert.equal(await client.callText('add', { a: 1, b: 2 }), '3');
});
