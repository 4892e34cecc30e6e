import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { test } from 'node:test';

import { until } from '../../support/until.ts';
import { initialize, json, modern, modernCall, modernRequest, open, openEvents, send, startFront, textOf, type Sending } from './front.ts';
import { subscriptionKey, textResult } from './scriptedSession.ts';

const versionKey = 'io.modelcontextprotocol/protocolVersion';

function withHeaders(sending: Sending, headers: Record<string, string | undefined>): Sending {
  return { ...sending, headers: { ...sending.headers, ...headers } };
}

test('a request stands for itself: no handshake, no session, plain JSON', async (t) => {
  const { origin, sessions } = await startFront(t);
  const answer = await send(origin, modernCall('a', 'echo', { text: 'hi' }));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['mcp-session-id'], undefined);
  assert.equal(json(answer).id, 'a');
  assert.equal(textOf(json(answer)), '{"text":"hi"}');
  assert.equal(sessions[0]?.received[0]?.params?.['_meta'] === undefined, false);
  const stale = await send(origin, withHeaders(modernCall(1, 'echo'), { 'mcp-session-id': 'long gone' }));
  assert.equal(stale.status, 200, 'a session id means nothing here');
});

test('a method that does not exist is not found', async (t) => {
  const { origin } = await startFront(t);
  const answer = await send(origin, modernRequest(1, 'nothing/here'));
  assert.deepEqual([answer.status, json(answer).error?.code, json(answer).id], [404, -32601, 1]);
});

test('errors of the protocol are bad requests, other errors are answers', async (t) => {
  const { origin, sessions } = await startFront(t);
  for (const [code, status] of [
    [-32020, 400],
    [-32021, 400],
    [-32022, 400],
    [-32602, 200],
    [-32000, 200],
  ] as const) {
    const answer = send(origin, modernCall(`for ${code}`, 'hold'));
    const asked = await until(() => sessions[0]?.callsOf('hold').at(-1));
    sessions[0]?.fault(asked.id ?? '', code, 'no');
    const received = await answer;
    assert.deepEqual([received.status, json(received).id, json(received).error?.code], [status, `for ${code}`, code]);
    sessions[0]?.received.splice(0);
  }
});

test('headers that do not say what the body says are refused', async (t) => {
  const { origin, sessions } = await startFront(t);
  const good = modernCall(3, 'echo');
  const wrong: readonly Record<string, string | undefined>[] = [
    { 'mcp-protocol-version': undefined },
    { 'mcp-protocol-version': '2025-11-25' },
    { 'mcp-method': undefined },
    { 'mcp-method': 'tools/list' },
    { 'mcp-method': 'Tools/Call' },
    { 'mcp-name': undefined },
    { 'mcp-name': 'ECHO' },
    { 'mcp-name': '=?base64?!!!?=' },
    { 'mcp-name': '=?BASE64?ZWNobw==?=' },
    { 'mcp-name': 'echo\u00e9' },
  ];
  for (const headers of wrong) {
    const answer = await send(origin, withHeaders(good, headers));
    assert.deepEqual([answer.status, json(answer).error?.code, json(answer).id], [400, -32020, 3], JSON.stringify(headers));
  }
  assert.equal(sessions.length, 0);
  assert.equal((await send(origin, withHeaders(good, { 'mcp-name': '=?base64?ZWNobw==?=' }))).status, 200);
});

test('names that no header can hold come encoded', async (t) => {
  const { origin } = await startFront(t);
  for (const name of ['größe 世界', ' padded ', '=?base64?literal?=']) {
    const coded = `=?base64?${Buffer.from(name).toString('base64')}?=`;
    const answer = await send(origin, withHeaders(modernRequest(1, 'prompts/get', { name }), { 'mcp-name': coded }));
    assert.deepEqual([answer.status, json(answer).error?.code], [404, -32601], 'it came as far as the session');
  }
  const read = await send(origin, modernRequest(2, 'resources/read', { uri: 'file:///a b' }));
  assert.equal(json(read).error?.code, -32601);
});

test('another revision is refused with those that are served', async (t) => {
  const { origin } = await startFront(t);
  const answer = await send(
    origin,
    withHeaders(modernRequest(1, 'tools/list', {}, { [versionKey]: '2099-01-01' }), { 'mcp-protocol-version': '2099-01-01' }),
  );
  const { error } = json(answer) as {
    readonly error?: { readonly code: number; readonly data?: { readonly supported: string[]; requested: string } };
  };
  assert.deepEqual([answer.status, error?.code, error?.data?.requested], [400, -32022, '2099-01-01']);
  assert.ok(error?.data?.supported.includes(modern));
});

test('a request that says too little about itself is malformed', async (t) => {
  const { origin } = await startFront(t);
  const headers = { 'mcp-protocol-version': modern, 'mcp-method': 'tools/list' };
  const bare = await send(origin, { headers, body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } });
  const capabilities = { 'io.modelcontextprotocol/clientCapabilities': 7 };
  const odd = await send(origin, modernRequest(1, 'tools/list', {}, capabilities));
  assert.deepEqual([bare.status, json(bare).error?.code], [400, -32602]);
  assert.deepEqual([odd.status, json(odd).error?.code], [400, -32602]);
  const batch = await send(origin, { headers, body: [{ jsonrpc: '2.0', id: 1, method: 'tools/list' }] });
  const response = await send(origin, { headers, body: { jsonrpc: '2.0', id: 1, result: {} } });
  const notification = await send(origin, {
    headers,
    body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
  });
  assert.deepEqual([batch.status, response.status, notification.status], [400, 400, 202]);
});

test('there is nothing to get or to delete', async (t) => {
  const { origin } = await startFront(t);
  for (const method of ['GET', 'DELETE']) {
    const answer = await send(origin, { method, headers: { 'mcp-protocol-version': modern } });
    assert.deepEqual([answer.status, answer.headers.allow], [405, 'POST']);
  }
});

test('the same id in two requests at once is two requests', async (t) => {
  const { origin, sessions } = await startFront(t);
  const [first, second] = [send(origin, modernCall(1, 'hold', { n: 1 })), send(origin, modernCall(1, 'hold', { n: 2 }))];
  const calls = await until(() => (sessions[0]?.callsOf('hold').length === 2 ? sessions[0].callsOf('hold') : undefined));
  assert.notEqual(calls[0]?.id, calls[1]?.id);
  for (const { id, params } of [...calls].reverse()) {
    sessions[0]?.reply(id ?? '', textResult(`answer ${String(params?.arguments?.['n'])}`));
  }
  const answers = [json(await first), json(await second)];
  assert.deepEqual(
    answers.map(({ id }) => id),
    [1, 1],
  );
  assert.deepEqual(
    answers.map((answer) => textOf(answer)),
    ['answer 1', 'answer 2'],
  );
});

test('an id comes back exactly as it was written, and only the id of the message is changed', async (t) => {
  const { origin, sessions } = await startFront(t);
  const sending = modernCall('x', 'echo', { id: 'mine', nested: { id: 5 } });
  const body = JSON.stringify(sending.body).replace('"id":"x"', '"id" : "\\u0061\\"b"');
  const answer = await send(origin, { ...sending, body });
  assert.ok(answer.text.includes('"id":"\\u0061\\"b"'), answer.text);
  assert.equal(textOf(json(answer)), '{"id":"mine","nested":{"id":5}}');
  assert.equal(typeof sessions[0]?.received[0]?.id, 'number');
});

test('each thread, each client and each profile has a session of its own', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = { 'io.modelcontextprotocol/clientInfo': { name: 'test', version: '2' } };
  const nobody = { 'io.modelcontextprotocol/clientInfo': undefined };
  const requests: readonly Sending[] = [
    modernCall(1, 'echo', {}, { threadId: 'A' }),
    modernCall(1, 'echo', {}, { threadId: 'B' }),
    modernCall(1, 'echo'),
    modernCall(1, 'echo', {}, client),
    modernCall(1, 'echo', {}, nobody),
    { ...modernCall(1, 'echo'), path: '/p/two/mcp' },
  ];
  for (const request of [...requests, ...requests]) {
    assert.equal((await send(origin, request)).status, 200);
  }
  assert.deepEqual(
    sessions.map(({ methods }) => methods.length),
    [2, 2, 2, 2, 2, 2],
  );
});

test('what is said before the answer makes it a stream without event ids', async (t) => {
  const { origin } = await startFront(t);
  const stream = await openEvents(t, origin, modernCall('s', 'progress'));
  await until(() => stream.isEnded);
  assert.deepEqual(
    stream.messages.map(({ method, id }) => method ?? id),
    ['notifications/progress', 'notifications/progress', 's'],
  );
  assert.equal(/^id:/m.test(stream.raw), false);
});

test('closing the response cancels the request, whether it streamed or not', async (t) => {
  const { origin, sessions } = await startFront(t);
  const stream = await openEvents(t, origin, modernCall(1, 'begin'));
  const agent = new Agent({ keepAlive: false });
  const waiting = open(origin, { ...modernCall(2, 'hold'), agent }).catch(() => 'gone');
  const ids = await until(() => {
    const [begun, held] = [sessions[0]?.callsOf('begin')[0]?.id, sessions[0]?.callsOf('hold')[0]?.id];
    return begun === undefined || held === undefined ? undefined : [begun, held];
  });
  stream.close();
  agent.destroy();
  await waiting;
  const cancelled = await until(() => {
    const found = sessions[0]?.received.filter(({ method }) => method === 'notifications/cancelled') ?? [];
    return found.length === 2 ? found : undefined;
  });
  assert.deepEqual(new Set(cancelled.map(({ params }) => params?.['requestId'])), new Set(ids));
  await send(origin, modernCall(3, 'echo'));
  assert.equal(
    sessions[0]?.methods.filter((method) => method === 'notifications/cancelled').length,
    2,
    'an answered request is not cancelled',
  );
});

test('a subscription is a long stream that names it as the client did', async (t) => {
  const { origin, sessions, front } = await startFront(t);
  const stream = await openEvents(t, origin, modernRequest('sub-1', 'subscriptions/listen', { notifications: { toolsListChanged: true } }));
  await until(() => stream.messages.length === 1);
  const [session] = sessions;
  const id = session?.received[0]?.id;
  assert.ok(session !== undefined && typeof id === 'number');
  session.tell('notifications/tools/list_changed', { _meta: { [subscriptionKey]: id } }, id);
  await until(() => stream.messages.length === 2);
  assert.deepEqual(
    stream.messages.map(({ params }) => params?.['_meta']),
    [{ [subscriptionKey]: 'sub-1' }, { [subscriptionKey]: 'sub-1' }],
  );
  session.onClose = (): void => session.reply(id, { resultType: 'complete', _meta: { [subscriptionKey]: id } });
  await front.close();
  await until(() => stream.isEnded);
  assert.deepEqual(stream.messages[2], {
    jsonrpc: '2.0',
    id: 'sub-1',
    result: { resultType: 'complete', _meta: { [subscriptionKey]: 'sub-1' } },
  });
});

test('a server cannot ask anything in this revision', async (t) => {
  const { origin, sessions } = await startFront(t);
  await send(origin, modernCall(1, 'echo'));
  const answer = await sessions[0]?.ask('roots/list', {});
  assert.equal(answer?.error?.code, -32601);
});

test('a session of this revision is closed when nobody uses it, and not while a request is open', async (t) => {
  const { origin, sessions } = await startFront(t, { sessionIdleMs: 80 });
  const waiting = send(origin, modernCall(1, 'hold', {}, { threadId: 'busy' }));
  await until(() => sessions.length === 1);
  await send(origin, modernCall(1, 'echo'));
  await until(() => sessions[1]?.isClosed === true);
  assert.equal(sessions[0]?.isClosed, false);
  sessions[0]?.reply(sessions[0].callsOf('hold')[0]?.id ?? '', textResult('done'));
  assert.equal((await waiting).status, 200);
  await until(() => sessions[0]?.isClosed === true);
  await send(origin, modernCall(1, 'echo'));
  assert.equal(sessions.length, 3);
});

test('both eras are served at the same address at the same time', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  await send(origin, modernCall(1, 'echo'));
  assert.equal((await client.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status, 200);
  assert.equal(sessions.length, 2);
});

test('a pipelined request whose connection ends is cancelled too', async (t) => {
  const { origin, sessions, front } = await startFront(t);
  const { connect } = await import('node:net');
  const socket = connect(front.port, '127.0.0.1');
  t.after(() => socket.destroy());
  for (const id of [1, 2]) {
    const { headers = {}, body } = modernCall(id, 'hold');
    const text = JSON.stringify(body);
    const lines = Object.entries({
      ...headers,
      host: 'localhost',
      authorization: 'Bearer the-token-of-this-test',
      'content-type': 'application/json',
    });
    socket.write(
      `POST /mcp HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}content-length: ${text.length}\r\n\r\n${text}`,
    );
  }
  await until(() => sessions[0]?.callsOf('hold').length === 2);
  socket.destroy();
  await until(() => sessions[0]?.methods.filter((method) => method === 'notifications/cancelled').length === 2);
  assert.equal((await send(origin, modernCall(1, 'echo'))).status, 200);
});
