import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import * as problems from '../../src/core/problems.ts';
import { fail } from '../../src/shared/result.ts';
import { until } from '../support/until.ts';
import { RelayClient, ScriptedDaemon, type DaemonEnd, type Message } from './shimBench.ts';

const onPosix = process.platform === 'win32' ? { skip: 'sockets in folders' } : {};

interface Bench {
  readonly daemon: ScriptedDaemon;
  readonly client: RelayClient;
  readonly first: DaemonEnd;
}

/** A client whose session is set up with a daemon that answers nothing by itself. */
async function initialized(t: TestContext): Promise<Bench> {
  const daemon = await new ScriptedDaemon(t).listen();
  const client = await new RelayClient(t, daemon.path).start();
  const first = await daemon.end(0);
  await client.initialize(first);
  return { daemon, client, first };
}

function codeOf(answer: Message): string | undefined {
  return answer.error?.data?.code;
}

test('each request is answered once, whatever the daemon says how often', onPosix, async (t) => {
  const { client, first } = await initialized(t);
  client.send({ id: 1, method: 'tools/list' }, { id: '1', method: 'tools/list' });
  await first.hears('tools/list', 2);
  first.send({ id: 1, result: { n: 1 } }, { id: 1, result: { n: 2 } }, { id: 99, result: {} }, { id: '1', result: { n: 3 } });
  first.send({ id: null, error: { code: -32700, message: 'no' } }, { method: 'notifications/message', params: {} });
  await until(() => client.received.some(({ method }) => method === 'notifications/message'));
  assert.deepEqual(
    client.received.slice(1).map(({ id, result, method }) => method ?? [id, result ?? null]),
    [[1, { n: 1 }], ['1', { n: 3 }], [null, null], 'notifications/message'],
  );
});

test('when the daemon goes, only the requests on their way fail, and the next daemon gets the session', onPosix, async (t) => {
  const { daemon, client, first } = await initialized(t);
  client.send({ id: 1, method: 'tools/call' }, { id: 2, method: 'tools/call' });
  await first.hears('tools/call', 2);
  first.socket.destroy();
  const [one, two] = await Promise.all([client.answer(1), client.answer(2)]);
  assert.equal(one.error?.code, -32050);
  assert.deepEqual([codeOf(one), codeOf(two)], ['WHARF_DAEMON_LOST', 'WHARF_DAEMON_LOST']);
  assert.match(one.error?.message ?? '', /may or may not have been carried out.*send it again/);
  client.send({ id: 3, method: 'tools/list' }, { id: 4, method: 'tools/call' });
  const second = await daemon.end(1);
  const again = await second.hears('initialize');
  assert.deepEqual(again.params, { protocolVersion: '2025-06-18', clientInfo: { name: 'bench' } });
  assert.notEqual(again.id, 'first');
  assert.equal(second.received.length, 1, 'the rest waits for the answer');
  second.send({ id: again.id ?? null, result: {} });
  await second.hears('tools/call');
  assert.deepEqual(
    second.received.map(({ method }) => method),
    ['initialize', 'notifications/initialized', 'tools/list', 'tools/call'],
  );
  second.send({ id: 4, result: {} }, { id: 3, result: {} });
  await Promise.all([client.answer(3), client.answer(4)]);
  assert.equal(client.received.length, 5, 'the answer to the second "initialize" is not the client\'s');
});

test('an "initialize" that has no answer yet is simply sent again', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  const client = await new RelayClient(t, daemon.path).start();
  client.send({ id: 7, method: 'initialize', params: { a: 1 } });
  const first = await daemon.end(0);
  await first.hears('initialize');
  first.socket.destroy();
  const second = await daemon.end(1);
  assert.deepEqual(await second.hears('initialize'), { jsonrpc: '2.0', id: 7, method: 'initialize', params: { a: 1 } });
  second.send({ id: 7, result: { ok: true } });
  assert.deepEqual((await client.answer(7)).result, { ok: true });
  assert.equal(client.received.length, 1);
});

test('an "initialize" that comes while there is no daemon goes before what waits', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const client: RelayClient = new RelayClient(t, daemon.path, { connect: () => held.then(() => client.plainConnect()) });
  await client.start();
  const first = await daemon.end(0);
  await client.lose(first);
  client.send({ id: 1, method: 'ping' }, { id: 2, method: 'initialize' }, { id: 3, method: 'ping' });
  release();
  const second = await daemon.end(1);
  await second.hears('ping', 2);
  assert.deepEqual(
    second.received.map(({ id }) => id),
    [2, 1, 3],
  );
});

test('a client without "initialize" (2026-07-28) is just connected again', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  const client = await new RelayClient(t, daemon.path).start();
  const first = await daemon.end(0);
  client.send({ id: 1, method: 'server/discover' });
  await first.hears('server/discover');
  first.send({ id: 1, result: {} });
  await client.answer(1);
  await client.lose(first);
  client.send({ id: 2, method: 'tools/list' });
  const second = await daemon.end(1);
  await second.hears('tools/list');
  assert.equal(second.received.length, 1);
});

test('half a line is dropped when the daemon goes, never joined to the next', onPosix, async (t) => {
  const { daemon, client, first } = await initialized(t);
  client.send({ id: 1, method: 'tools/call' });
  await first.hears('tools/call');
  first.socket.end('{"jsonrpc":"2.0","id":1,"result":{"text":"hal');
  assert.equal(codeOf(await client.answer(1)), 'WHARF_DAEMON_LOST');
  const second = await daemon.end(1);
  const again = await second.hears('initialize');
  second.send({ id: again.id ?? null, result: {} });
  // The client's own half line is not lost: it comes whole.
  client.input.write('{"jsonrpc":"2.0","id":2,');
  second.socket.destroy();
  const third = await daemon.end(2);
  third.send({ id: (await third.hears('initialize')).id ?? null, result: {} });
  client.input.write('"method":"tools/list"}\n');
  assert.equal((await third.hears('tools/list')).id, 2);
});

test('a line that is no message ends the connection, and nothing after it is passed on', onPosix, async (t) => {
  const { daemon, client, first } = await initialized(t);
  client.send({ id: 1, method: 'tools/call' }, { id: 2, method: 'tools/call' });
  await first.hears('tools/call', 2);
  first.socket.write(
    '{"jsonrpc":"2.0","id":1,"result":{}}\n{"jsonrpc":"2.0","id":2,"res{"jsonrpc":"2.0"}\n{"jsonrpc":"2.0","id":2,"result":{}}\n',
  );
  assert.deepEqual((await client.answer(1)).result, {});
  assert.equal(codeOf(await client.answer(2)), 'WHARF_DAEMON_LOST');
  await daemon.end(1);
  assert.equal(client.received.length, 3);
});

test("a question of a daemon that is gone is withdrawn, and the client's late answer reaches nobody", onPosix, async (t) => {
  const { daemon, client, first } = await initialized(t);
  first.send({ id: 'q1', method: 'elicitation/create' }, { id: 'q2', method: 'roots/list' });
  await until(() => client.received.some(({ id }) => id === 'q2'));
  client.send({ id: 'q2', result: { roots: [] } });
  await until(() => first.received.some(({ id }) => id === 'q2'));
  first.socket.destroy();
  await until(() => client.received.some(({ method }) => method === 'notifications/cancelled'));
  assert.deepEqual(
    client.received.filter(({ method }) => method === 'notifications/cancelled').map(({ params }) => params?.['requestId']),
    ['q1'],
  );
  const second = await daemon.end(1);
  second.send({ id: (await second.hears('initialize')).id ?? null, result: {} });
  client.send({ id: 'q1', result: { action: 'accept' } }, { id: 5, method: 'ping' });
  await second.hears('ping');
  assert.deepEqual(
    second.received.map(({ method }) => method),
    ['initialize', 'notifications/initialized', 'ping'],
  );
});

test('a cancelled request gets no error when the daemon goes, and its late answer is passed on', onPosix, async (t) => {
  const { daemon, client, first } = await initialized(t);
  const cancel = (requestId: number): Message => ({ method: 'notifications/cancelled', params: { requestId, reason: 'enough' } });
  client.send({ id: 1, method: 'tools/call' }, { id: 2, method: 'tools/call' }, cancel(1), cancel(2));
  await first.hears('notifications/cancelled', 2);
  first.send({ id: 1, result: { late: true } });
  assert.deepEqual((await client.answer(1)).result, { late: true });
  first.socket.destroy();
  await daemon.end(1);
  assert.equal(client.received.length, 2);
});

test('a request that is cancelled while it waits for a daemon is carried out by none', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  let found: (() => void) | undefined;
  const client: RelayClient = new RelayClient(t, daemon.path, {
    connect: () => new Promise((resolve) => (found = () => void client.plainConnect().then(resolve))),
  });
  await client.start();
  await client.lose(await daemon.end(0));
  client.send({ id: 1, method: 'tools/call' }, { id: 2, method: 'tools/list' });
  client.send({ method: 'notifications/cancelled', params: { requestId: 1 } });
  await until(() => client.input.readableLength === 0);
  (await until(() => found))();
  const second = await daemon.end(1);
  await second.hears('tools/list');
  assert.deepEqual(
    second.received.map(({ id, method }) => [id, method]),
    [[2, 'tools/list']],
  );
});

test('what waits for a daemon is bounded, and what is too much is refused', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  const client = await new RelayClient(t, daemon.path, { connect: () => new Promise(() => undefined) }).start();
  await client.lose(await daemon.end(0));
  client.send(...Array.from({ length: 1_002 }, (_, id) => ({ id, method: 'ping' })));
  assert.equal(codeOf(await client.answer(1_001)), 'WHARF_DAEMON_AWAY');
  assert.deepEqual(
    client.received.slice(1).map(({ id }) => id),
    [1_000, 1_001],
  );
});

test('after a daemon was stopped nobody starts another until the client asks for something', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  let connects = 0;
  const client: RelayClient = new RelayClient(t, daemon.path, {
    wasStopped: () => true,
    connect: async () => {
      connects++;
      await daemon.listen();
      return client.plainConnect();
    },
  });
  await client.start();
  const first = await daemon.end(0);
  await client.initialize(first);
  client.send({ id: 1, method: 'tools/call' });
  await first.hears('tools/call');
  await daemon.stop();
  assert.equal(codeOf(await client.answer(1)), 'WHARF_DAEMON_LOST');
  client.send({ method: 'notifications/roots/list_changed' });
  await until(() => client.input.readableLength === 0);
  assert.equal(connects, 0);
  client.send({ id: 2, method: 'tools/list' });
  const second = await daemon.end(1);
  second.send({ id: (await second.hears('initialize')).id ?? null, result: {} });
  await second.hears('tools/list');
  assert.equal(connects, 1);
  assert.ok(!second.received.some(({ method }) => method === 'notifications/roots/list_changed'));
});

test('a new daemon that never answers the old "initialize" is given up for another', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  const client = await new RelayClient(t, daemon.path, { pausesMs: [0, 0] }).start();
  const first = await daemon.end(0);
  await client.initialize(first);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  first.socket.destroy();
  const silent = await new Promise<DaemonEnd>((resolve) => {
    daemon.answer = (_message, end) => resolve(end);
  });
  t.mock.timers.tick(10_000);
  t.mock.timers.reset();
  const third = await daemon.end(2);
  await third.hears('initialize');
  assert.ok(silent.socket.readableEnded || silent.socket.destroyed);
  third.send({ id: third.received[0]?.id ?? null, result: {} });
  client.send({ id: 1, method: 'ping' });
  await third.hears('ping');
});

test('when no daemon comes, every request gets the reason, and the shim ends with 1 and one sentence', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  let give: () => void = () => undefined;
  const refused = new Promise<void>((resolve) => (give = resolve));
  const problem = problems.folderUnsafe('/there', 'it is not a folder');
  const client = await new RelayClient(t, daemon.path, { connect: () => refused.then(() => fail(problem)) }).start();
  const first = await daemon.end(0);
  client.send({ id: 0, method: 'initialize' });
  await first.hears('initialize');
  await client.lose(first);
  client.send({ id: 1, method: 'tools/list' }, { method: 'notifications/progress' }, { id: 2, method: 'tools/call' });
  await until(() => client.input.readableLength === 0);
  give();
  await until(() => client.ended);
  assert.deepEqual(
    client.received.slice(1).map((message) => [message.id, codeOf(message)]),
    [0, 1, 2].map((id) => [id, 'WHARF_FOLDER_UNSAFE']),
  );
  assert.equal(client.ended?.code, 1);
  assert.match(client.ended?.sentence ?? '', /^The folder \/there cannot hold .* \(WHARF_FOLDER_UNSAFE\)/);
});

test('a daemon that takes connections and ends each time is given up', onPosix, async (t) => {
  const { daemon, client, first } = await initialized(t);
  daemon.answer = (_message, end) => end.socket.destroy();
  first.socket.destroy();
  await until(() => client.ended);
  assert.match(client.ended?.sentence ?? '', /WHARF_DAEMON_UNREACHABLE/);
  assert.equal(daemon.ends.length, 11);
});

test('the end of the input, and an output that nobody reads any more, end the shim with 0', onPosix, async (t) => {
  for (const leave of [(client: RelayClient) => client.input.end(), (client: RelayClient) => client.output.destroy(new Error('EPIPE'))]) {
    const daemon = await new ScriptedDaemon(t).listen();
    const client = await new RelayClient(t, daemon.path).start();
    const first = await daemon.end(0);
    leave(client);
    assert.deepEqual(await until(() => client.ended), { code: 0, sentence: undefined });
    await until(() => first.socket.destroyed || first.socket.readableEnded);
  }
});

const megabyte = 'm'.repeat(1024 * 1024);

test('a client that does not read holds the daemon up, and loses nothing', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  const client = await new RelayClient(t, daemon.path).start(false);
  const first = await daemon.end(0);
  client.send(...Array.from({ length: 24 }, (_, id) => ({ id, method: 'tools/call' })));
  await first.hears('tools/call', 24);
  for (let id = 0; id < 24; id++) {
    first.send({ id, result: { megabyte } });
  }
  await until(() => client.output.writableLength > 0);
  assert.ok(client.output.writableLength + client.output.readableLength < 8 * megabyte.length);
  let bytes = 0;
  client.output.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await until(() => bytes > 24 * megabyte.length);
});

test('a daemon that does not read holds the client up, and loses nothing', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  const client = await new RelayClient(t, daemon.path).start();
  const first = await daemon.end(0);
  first.socket.pause();
  for (let id = 0; id < 24; id++) {
    client.send({ id, method: 'tools/call', params: { megabyte } });
  }
  await until(() => client.input.isPaused());
  assert.ok(client.input.readableLength + client.input.writableLength > 12 * megabyte.length);
  first.socket.resume();
  await first.hears('tools/call', 24);
});

test('a daemon that ends its side without reading ours is lost at once', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  const client = await new RelayClient(t, daemon.path).start();
  const first = await daemon.end(0);
  first.socket.pause();
  for (let id = 0; id < 4; id++) {
    client.send({ id, method: 'tools/call', params: { megabyte } });
  }
  await until(() => client.input.isPaused());
  first.socket.end();
  assert.equal(codeOf(await client.answer(0)), 'WHARF_DAEMON_LOST');
});
