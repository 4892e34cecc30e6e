import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';

import { until } from '../../support/until.ts';
import { call, initialize, json, modernCall, open, send, startFront, textOf } from './front.ts';
import { textResult } from './scriptedSession.ts';

const megabyte = 1024 * 1024;

test('a result of 10 MB arrives whole, as JSON and on a stream, in both eras', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const bytes = 10 * megabyte;
  const plain = await client.post(call(1, 'big', { bytes }));
  assert.equal(textOf(json(plain)).length, bytes);
  assert.equal(Number(plain.headers['content-length']), Buffer.byteLength(plain.text));
  const modern = await send(origin, modernCall('id', 'big', { bytes }));
  assert.equal(textOf(json(modern)).length, bytes);
  assert.equal(json(modern).id, 'id');
  const stream = await client.stream(t, call(2, 'begin'));
  sessions[0]?.reply(2, textResult('y'.repeat(bytes)));
  await until(() => stream.isEnded);
  assert.equal(textOf(stream.messages[1]).length, bytes);
});

test('a request of 10 MB reaches the session whole', async (t) => {
  const { origin } = await startFront(t);
  const client = await initialize(origin);
  const text = 'z'.repeat(10 * megabyte);
  const answer = await client.post(call(1, 'echo', { text }));
  assert.equal(textOf(json(answer)).length, text.length + 11);
});

test('a client that does not read is noticed, and so is that it reads again', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const response = await open(origin, { headers: client.headers });
  t.after(() => response.destroy());
  response.pause();
  const [session] = sessions;
  assert.ok(session);
  const data = 'x'.repeat(megabyte);
  for (let count = 0; count < 32; count++) {
    session.tell('notifications/message', { data });
  }
  assert.ok(session.link.queuedBytes > 8 * megabyte, String(session.link.queuedBytes));
  assert.equal(session.drains, 0);
  response.resume();
  await until(() => session.drains > 0);
  assert.equal(session.link.queuedBytes, 0);
});

test('a large answer that is not read counts until it is', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const response = await open(origin, { headers: client.headers, body: call(1, 'big', { bytes: 20 * megabyte }) });
  t.after(() => response.destroy());
  await until(() => (sessions[0]?.link.queuedBytes ?? 0) > 8 * megabyte);
  response.resume();
  await until(() => (sessions[0]?.drains ?? 0) > 0 && sessions[0]?.link.queuedBytes === 0);
});

test('a stream that is never read is cut off, and the session goes on', async (t) => {
  const { origin, sessions, log } = await startFront(t, { limits: { unreadBytes: 8 * megabyte } });
  const client = await initialize(origin);
  const response = await open(origin, { headers: client.headers });
  response.on('error', () => undefined);
  response.pause();
  const data = 'x'.repeat(megabyte);
  for (let count = 0; count < 32; count++) {
    sessions[0]?.tell('notifications/message', { data });
  }
  await until(() => response.destroyed || log.length > 0);
  assert.match(log.join('\n'), /cut off: its client left \d+ bytes unread/);
  assert.equal(sessions[0]?.link.queuedBytes, 0);
  assert.equal((await client.post(call(1, 'echo'))).status, 200);
});

test('many calls at once on kept connections are each answered with their own', async (t) => {
  const { origin } = await startFront(t);
  const client = await initialize(origin);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  t.after(() => agent.destroy());
  const ids = Array.from({ length: 1_000 }, (_, index) => index);
  const answers = await Promise.all(ids.map((id) => send(origin, { headers: client.headers, body: call(id, 'echo', { id }), agent })));
  assert.deepEqual(
    answers.map((answer) => json(answer).id),
    ids,
  );
  assert.deepEqual(
    answers.map((answer) => textOf(json(answer))),
    ids.map((id) => JSON.stringify({ id })),
  );
});

test('closing answers what is open, ends every session and leaves no socket', async (t) => {
  const { front, origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const listening = await client.listen(t);
  const streaming = await client.stream(t, call(1, 'begin'));
  const waiting = client.post(call(2, 'hold'));
  const modern = send(origin, modernCall(3, 'hold'));
  const agent = new Agent({ keepAlive: true });
  await send(origin, { headers: client.headers, body: call(4, 'echo'), agent });
  const silent = connect(front.port, '127.0.0.1');
  await once(silent, 'connect');
  await until(() => sessions.every((session) => session.callsOf('hold').length === 1) && sessions.length === 2);
  await front.close();
  assert.deepEqual(
    sessions.map(({ isClosed }) => isClosed),
    [true, true],
  );
  const [first, second] = await Promise.all([waiting, modern]);
  assert.deepEqual([json(first).id, json(second).id], [2, 3]);
  assert.ok(json(first).error !== undefined && json(second).error !== undefined);
  await until(() => listening.isEnded && streaming.isEnded && silent.destroyed);
  assert.equal(streaming.messages.at(-1)?.id, 1);
  await assert.rejects(send(origin, { path: '/health' }), /ECONNREFUSED/);
  agent.destroy();
  await front.close();
});

test('closing does not wait for a client that does not read', async (t) => {
  const { front, origin } = await startFront(t);
  const client = await initialize(origin);
  const response = await open(origin, { headers: client.headers, body: call(1, 'big', { bytes: 30 * megabyte }) });
  response.on('error', () => undefined);
  t.after(() => response.destroy());
  await front.close();
});

test('an address that is taken is said', async (t) => {
  const { front } = await startFront(t);
  const { startHttpFront } = await import('../../../src/gateway/http/server.ts');
  const second = await startHttpFront({
    host: '127.0.0.1',
    port: front.port,
    token: 'x',
    handles: ['one'],
    open: () => Promise.reject(new Error('unused')),
    log: () => undefined,
  });
  assert.equal(second.ok ? '' : second.problem.code, 'WHARF_HTTP_UNAVAILABLE');
});
