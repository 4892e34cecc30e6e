import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from '../../support/until.ts';
import { call, initialize, json, open, send, startFront, textOf } from './front.ts';
import { textResult, type Message } from './scriptedSession.ts';

const ping = { jsonrpc: '2.0', id: 'p', method: 'ping' };
const hello = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18' } };

test('a client gets a session of its own, and a call is answered with plain JSON', async (t) => {
  const { origin, sessions } = await startFront(t);
  const [first, second] = [await initialize(origin), await initialize(origin)];
  assert.notEqual(first.headers['mcp-session-id'], second.headers['mcp-session-id']);
  assert.match(String(first.headers['mcp-session-id']), /^[\x21-\x7e]{22,}$/);
  const accepted = await first.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  assert.deepEqual([accepted.status, accepted.text], [202, '']);
  const answer = await first.post(call(7, 'echo', { text: 'hällo\n' }));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['mcp-session-id'], undefined);
  assert.equal(json(answer).id, 7);
  assert.equal(textOf(json(answer)), JSON.stringify({ text: 'hällo\n' }));
  assert.deepEqual(
    sessions.map(({ methods }) => methods),
    [['initialize', 'notifications/initialized', 'tools/call'], ['initialize']],
  );
});

test('two profiles are served on one port, and their sessions are kept apart', async (t) => {
  const { origin, sessions } = await startFront(t, { handles: ['one', 'two words'] });
  const one = await initialize(origin, undefined, '/p/one/mcp');
  const two = await initialize(origin, undefined, '/p/two%20words/mcp');
  await initialize(origin);
  assert.deepEqual(
    sessions.map(({ handle }) => handle),
    ['one', 'two words', 'one'],
  );
  const crossed = await send(origin, { path: '/p/two%20words/mcp', headers: one.headers, body: ping });
  assert.equal(crossed.status, 404);
  assert.equal((await send(origin, { path: '/mcp', headers: one.headers, body: ping })).status, 200);
  assert.equal((await two.post(ping)).status, 200);
});

test('a request without a session, of an unknown one, or of an unknown revision is refused', async (t) => {
  const { origin } = await startFront(t);
  const client = await initialize(origin);
  assert.equal((await send(origin, { body: ping })).status, 400);
  assert.equal((await send(origin, {})).status, 400);
  assert.equal((await send(origin, { headers: { 'mcp-session-id': 'x'.repeat(32) }, body: ping })).status, 404);
  assert.equal((await send(origin, { method: 'DELETE', headers: { 'mcp-session-id': 'x' } })).status, 404);
  const unknown = await client.post(ping, { 'mcp-protocol-version': '1999-01-01' });
  assert.equal(unknown.status, 400);
  assert.match(unknown.text, /Unsupported protocol version/);
  assert.equal((await client.post(ping, { 'mcp-protocol-version': undefined })).status, 200);
});

test('what is no JSON-RPC message is refused and never reaches the session', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const broken = await client.post('{"jsonrpc":"2.0",');
  const wrong = await client.post({ id: 1, method: 'ping' });
  const empty = await client.post('');
  assert.deepEqual([broken.status, json(broken).error?.code], [400, -32700]);
  assert.deepEqual([wrong.status, json(wrong).error?.code], [400, -32600]);
  assert.equal(empty.status, 400);
  assert.deepEqual(sessions[0]?.methods, ['initialize']);
});

test('a message that is written over several lines reaches the session on one', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const [session] = sessions;
  assert.ok(session);
  const lines: string[] = [];
  const receive = session.receive.bind(session);
  session.receive = (message): void => {
    lines.push(message.toString());
    receive(message);
  };
  const answer = await client.post(JSON.stringify(call(1, 'echo', { text: 'a\r\nb' }), null, 2));
  assert.equal(textOf(json(answer)), JSON.stringify({ text: 'a\r\nb' }));
  assert.equal(lines.length, 1);
  assert.equal(/[\r\n]/.test(lines.join('')), false);
});

test('an answer becomes a stream when something is said before it', async (t) => {
  const { origin } = await startFront(t);
  const client = await initialize(origin);
  const stream = await client.stream(t, call(1, 'progress'));
  await until(() => stream.isEnded);
  assert.equal(stream.headers['content-type'], 'text/event-stream');
  assert.equal(stream.headers['x-accel-buffering'], 'no');
  assert.deepEqual(
    stream.messages.map(({ method, id }) => method ?? id),
    ['notifications/progress', 'notifications/progress', 1],
  );
});

test('pretty JSON of a server is still one event', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const stream = await client.stream(t, call(1, 'begin'));
  sessions[0]?.link.send(Buffer.from('{\n  "jsonrpc": "2.0",\r\n  "result": {},\n  "id": 1\n}'), 1);
  await until(() => stream.isEnded);
  assert.deepEqual(stream.messages[1], { jsonrpc: '2.0', id: 1, result: {} });
});

test('only a client of 2025-11-25 gets an event without content at first', async (t) => {
  const { origin } = await startFront(t);
  for (const [version, primes] of [
    ['2025-06-18', false],
    ['2025-11-25', true],
  ] as const) {
    const client = await initialize(origin, version);
    const stream = await client.stream(t, call(1, 'progress'));
    await until(() => stream.isEnded);
    assert.equal(/^id: \S+\ndata: \n\n/.test(stream.raw), primes, version);
    assert.equal(stream.messages.length, 3);
  }
});

test('a question of a server goes on the stream of the request that it is about, and is answered by a POST', async (t) => {
  const { origin } = await startFront(t);
  const client = await initialize(origin);
  const listening = await client.listen(t);
  const stream = await client.stream(t, call(5, 'elicit'));
  const question = await until(() => stream.messages[0]);
  assert.equal(question.method, 'elicitation/create');
  const taken = await client.post({ jsonrpc: '2.0', id: question.id, result: { action: 'accept', content: { name: 'Ada' } } });
  assert.equal(taken.status, 202);
  await until(() => stream.isEnded);
  assert.match(textOf(stream.messages[1]), /Ada/);
  assert.deepEqual(listening.messages, []);
});

test('what belongs to no request goes to the stream that the client opens, of which there is one', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const listening = await client.listen(t);
  sessions[0]?.tell('notifications/tools/list_changed', {});
  const asked = sessions[0]?.ask('roots/list', {});
  await until(() => listening.messages.length === 2);
  assert.deepEqual(
    listening.messages.map(({ method }) => method),
    ['notifications/tools/list_changed', 'roots/list'],
  );
  await client.post({ jsonrpc: '2.0', id: listening.messages[1]?.id, result: { roots: [] } });
  assert.deepEqual((await asked)?.result, { roots: [] });
  const second = await open(origin, { headers: client.headers });
  second.resume();
  assert.equal(second.statusCode, 409);
});

test('what is said before the client listens reaches it when it does', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  sessions[0]?.tell('notifications/tools/list_changed', {});
  const asked = sessions[0]?.ask('roots/list', {});
  const listening = await client.listen(t);
  await until(() => listening.messages.length === 2);
  await client.post({ jsonrpc: '2.0', id: listening.messages[1]?.id, result: { roots: [] } });
  assert.deepEqual((await asked)?.result, { roots: [] });
});

test('a question that finds no stream is answered with an error, and does not come later', async (t) => {
  const { origin, sessions } = await startFront(t, { limits: { questionMs: 30 } });
  const client = await initialize(origin);
  const answer = await sessions[0]?.ask('roots/list', {});
  assert.equal(answer?.error?.code, -32603);
  const listening = await client.listen(t);
  sessions[0]?.tell('notifications/tools/list_changed', {});
  await until(() => listening.messages.length > 0);
  assert.deepEqual(
    listening.messages.map(({ method }) => method),
    ['notifications/tools/list_changed'],
  );
});

test('messages that nobody listened for are counted when the session ends', async (t) => {
  const { origin, sessions, log } = await startFront(t);
  const client = await initialize(origin);
  sessions[0]?.tell('notifications/tools/list_changed', {});
  sessions[0]?.tell('notifications/tools/list_changed', {});
  await send(origin, { method: 'DELETE', headers: client.headers });
  assert.match(log.join('\n'), /^2 messages of servers were not delivered/m);
});

test('a batch of 2025-03-26 is answered with a batch', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin, '2025-03-26');
  const body = [
    call(1, 'echo'),
    { jsonrpc: '2.0', method: 'notifications/x' },
    call('1', 'echo'),
    { jsonrpc: '2.0', id: 2, method: 'nothing' },
  ];
  const answer = await client.post(body);
  const answers = JSON.parse(answer.text) as Message[];
  assert.equal(answer.status, 200);
  assert.deepEqual(
    answers.map(({ id }) => id),
    [1, '1', 2],
  );
  const streamed = await client.stream(t, [call(3, 'echo'), call(4, 'progress')]);
  await until(() => streamed.isEnded);
  assert.deepEqual(
    streamed.messages.map(({ id, method }) => method ?? id),
    [3, 'notifications/progress', 'notifications/progress', 4],
  );
  assert.equal((await client.post([{ jsonrpc: '2.0', method: 'notifications/x' }])).status, 202);
  for (const wrong of [[], [[ping]], [hello], [ping, ping], [ping, 3]]) {
    assert.equal((await client.post(wrong)).status, 400, JSON.stringify(wrong));
  }
  assert.equal(sessions.length, 1);
  const newer = await initialize(origin, '2025-06-18');
  assert.equal((await newer.post([ping])).status, 400);
});

test('a request with an id that is in use is refused', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const first = client.post(call(1, 'hold'));
  await until(() => sessions[0]?.callsOf('hold').length === 1);
  assert.equal((await client.post(call(1, 'echo'))).status, 400);
  sessions[0]?.reply(1, textResult('late'));
  assert.equal(textOf(json(await first)), 'late');
  assert.equal((await client.post(call(1, 'echo'))).status, 200);
});

test('a request that its client cancels is let go without an answer', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const waiting = await Promise.all([
    openCall(() => client.stream(t, call(1, 'hold'))),
    openCall(() => client.stream(t, call(2, 'begin'))),
  ]);
  await until(() => sessions[0]?.callsOf('hold').length === 1 && sessions[0].callsOf('begin').length === 1);
  for (const requestId of [1, 2]) {
    await client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
  }
  const streams = await Promise.all(waiting.map((one) => one.response));
  await until(() => streams.every(({ isEnded }) => isEnded));
  assert.deepEqual(
    streams.map(({ messages }) => messages.length),
    [0, 1],
  );
  sessions[0]?.reply(1, textResult('too late'));
  assert.equal((await client.post(call(1, 'echo'))).status, 200);
});

test('DELETE ends the session, its streams and its open requests', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const listening = await client.listen(t);
  const streaming = await client.stream(t, call(1, 'begin'));
  const waiting = client.post(call(2, 'hold'));
  await until(() => sessions[0]?.callsOf('hold').length === 1);
  assert.equal((await send(origin, { method: 'DELETE', headers: client.headers })).status, 204);
  assert.equal(sessions[0]?.isClosed, true);
  await until(() => listening.isEnded && streaming.isEnded);
  assert.equal(streaming.messages.at(-1)?.error?.code, -32603);
  const refused = await waiting;
  assert.deepEqual([refused.status, json(refused).id], [404, 2]);
  assert.equal((await client.post(ping)).status, 404);
});

test('a session that nobody uses is closed, and one with an open stream or request is not', async (t) => {
  const { origin, sessions } = await startFront(t, { sessionIdleMs: 80 });
  const [idle, listens, waits] = [await initialize(origin), await initialize(origin), await initialize(origin)];
  const listening = await listens.listen(t);
  const waiting = waits.post(call(1, 'hold'));
  await until(() => sessions[0]?.isClosed === true);
  assert.equal((await idle.post(ping)).status, 404);
  assert.deepEqual(
    sessions.map(({ isClosed }) => isClosed),
    [true, false, false],
  );
  assert.equal(listening.isEnded, false);
  sessions[2]?.reply(1, textResult('done'));
  assert.equal((await waiting).status, 200);
  listening.close();
  await until(() => sessions.every(({ isClosed }) => isClosed));
});

test('a client whose initialize is refused gets no session', async (t) => {
  const { origin, sessions } = await startFront(t, { limits: { sessions: 1 } });
  for (const _again of [1, 2]) {
    const received = await send(origin, { body: { ...hello, params: { refuse: true } } });
    assert.equal(received.status, 200);
    assert.equal(received.headers['mcp-session-id'], undefined);
    assert.equal(json(received).error?.message, 'not allowed');
    assert.equal(sessions.at(-1)?.isClosed, true);
  }
  assert.equal(sessions.length, 2);
});

test('a session that cannot be opened, or breaks, costs that session', async (t) => {
  const { ScriptedSession } = await import('./scriptedSession.ts');
  let opened = 0;
  const { origin, log } = await startFront(t, {
    open: (handle, link) => {
      opened++;
      if (opened === 1) {
        throw new Error('no room');
      }
      return opened === 2 ? Promise.reject(new Error('no luck')) : Promise.resolve(new ScriptedSession(handle, link));
    },
  });
  for (const reason of ['no room', 'no luck']) {
    const answer = await send(origin, { body: hello });
    assert.equal(answer.status, 500);
    assert.equal(answer.text.includes(reason), false);
    assert.match(log.join('\n'), new RegExp(reason));
  }
  const client = await initialize(origin);
  assert.equal((await client.post(call(1, 'throw'))).status, 500);
  assert.equal((await client.post(ping)).status, 404);
  await initialize(origin);
});

test('a session that cuts its client off ends with all its streams', async (t) => {
  const { origin, sessions, log } = await startFront(t);
  const client = await initialize(origin);
  const listening = await client.listen(t);
  sessions[0]?.link.cutOff('it said nonsense');
  await until(() => listening.isEnded && sessions[0]?.isClosed === true);
  assert.match(log.join('\n'), /it said nonsense/);
  assert.equal((await client.post(ping)).status, 404);
});

test('an answer that takes long becomes a stream that says it is alive', async (t) => {
  const { origin, sessions } = await startFront(t, { limits: { keepAliveMs: 30 } });
  const client = await initialize(origin);
  const listening = await client.listen(t);
  const stream = await client.stream(t, call(1, 'hold'));
  await until(() => /^: /m.test(stream.raw) && /^: /m.test(listening.raw));
  sessions[0]?.reply(1, textResult('at last'));
  await until(() => stream.isEnded);
  assert.deepEqual(
    stream.messages.map((message) => textOf(message)),
    ['at last'],
  );
});

/** Keeps a promise from being awaited with others. */
async function openCall<T>(start: () => Promise<T>): Promise<{ readonly response: Promise<T> }> {
  const response = start();
  return Promise.resolve({ response });
}
