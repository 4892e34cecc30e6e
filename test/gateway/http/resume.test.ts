import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { test } from 'node:test';

import { until } from '../../support/until.ts';
import { call, initialize, open, send, startFront, textOf } from './front.ts';
import { textResult } from './scriptedSession.ts';

test('a client that loses its stream and comes back gets what it missed, once', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const [session] = sessions;
  assert.ok(session);
  const first = await client.listen(t);
  session.tell('notifications/message', { data: 1 });
  await until(() => first.messages.length === 1);
  first.close();
  for (const data of [2, 3, 4]) {
    session.tell('notifications/message', { data });
  }
  const second = await client.listen(t, first.lastEventId);
  await until(() => second.messages.length === 3);
  session.tell('notifications/message', { data: 5 });
  await until(() => second.messages.length === 4);
  assert.deepEqual(
    second.messages.map(({ params }) => params?.['data']),
    [2, 3, 4, 5],
  );
});

test('a client that comes back while its old stream still seems open takes it over', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const first = await client.listen(t);
  sessions[0]?.tell('notifications/message', { data: 1 });
  await until(() => first.messages.length === 1);
  const second = await client.listen(t, first.lastEventId);
  await until(() => first.isEnded);
  sessions[0]?.tell('notifications/message', { data: 2 });
  await until(() => second.messages.length === 1);
  assert.equal(first.messages.length, 1);
});

test('the answer to a call whose stream broke is fetched with the last event', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const broken = await client.stream(t, call(1, 'begin'));
  await until(() => broken.messages.length === 1);
  broken.close();
  sessions[0]?.tell('notifications/progress', { progress: 2 }, 1);
  const resumed = await client.listen(t, broken.lastEventId);
  await until(() => resumed.messages.length === 1);
  sessions[0]?.reply(1, textResult('survived'));
  await until(() => resumed.isEnded);
  assert.equal(textOf(resumed.messages[1]), 'survived');
  const again = await client.listen(t, broken.lastEventId);
  await until(() => again.isEnded);
  assert.equal(again.messages.length, 2, 'a stream that has ended is kept for a while');
  assert.equal(sessions[0]?.methods.includes('notifications/cancelled'), false, 'leaving is not cancelling');
});

test('two streams that broke are not mixed up', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const [one, two] = await Promise.all([client.stream(t, call(1, 'begin')), client.stream(t, call(2, 'begin'))]);
  await until(() => one.messages.length === 1 && two.messages.length === 1);
  one.close();
  two.close();
  sessions[0]?.reply(1, textResult('first'));
  sessions[0]?.reply(2, textResult('second'));
  const [first, second] = await Promise.all([client.listen(t, one.lastEventId), client.listen(t, two.lastEventId)]);
  await until(() => first.isEnded && second.isEnded);
  assert.deepEqual(
    [first, second].map(({ messages }) => messages.map((message) => textOf(message))),
    [['first'], ['second']],
  );
});

test('a call whose client left before it was told anything goes on, and its answer is dropped', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const agent = new Agent({ keepAlive: false });
  const waiting = open(origin, { headers: client.headers, body: call(1, 'hold'), agent }).catch(() => 'gone');
  await until(() => sessions[0]?.callsOf('hold').length === 1);
  agent.destroy();
  assert.equal(await waiting, 'gone');
  assert.equal((await client.post(call(2, 'echo'))).status, 200);
  assert.equal(sessions[0]?.methods.includes('notifications/cancelled'), false);
  sessions[0]?.tell('notifications/progress', { progress: 1 }, 1);
  sessions[0]?.reply(1, textResult('for nobody'));
  assert.equal((await client.post(call(1, 'echo'))).status, 200, 'the id is free again');
});

test('an answer that is too large to be kept becomes an error, so that nobody waits for ever', async (t) => {
  const { origin, sessions } = await startFront(t, { limits: { keptBytes: 10_000 } });
  const client = await initialize(origin);
  const broken = await client.stream(t, call(1, 'begin'));
  await until(() => broken.messages.length === 1);
  broken.close();
  const other = await client.stream(t, call(2, 'begin'));
  await until(() => other.messages.length === 1);
  sessions[0]?.reply(1, textResult('x'.repeat(20_000)));
  sessions[0]?.reply(2, textResult('x'.repeat(20_000)));
  await until(() => other.isEnded);
  assert.equal(textOf(other.messages[1]).length, 20_000, 'who is connected gets it whole');
  const resumed = await client.listen(t, broken.lastEventId);
  await until(() => resumed.isEnded);
  assert.equal(resumed.messages[0]?.id, 1);
  assert.match(resumed.messages[0]?.error?.message ?? '', /too large/);
});

test('of many small answers the older ones make room, as errors', async (t) => {
  const { origin, sessions } = await startFront(t, { limits: { keptBytes: 10_000 } });
  const client = await initialize(origin);
  const streams = await Promise.all([1, 2, 3].map((id) => client.stream(t, call(id, 'begin'))));
  await until(() => streams.every(({ messages }) => messages.length === 1));
  streams.forEach((stream) => stream.close());
  [1, 2, 3].forEach((id) => sessions[0]?.reply(id, textResult('x'.repeat(4_000))));
  const resumed = await Promise.all(streams.map(({ lastEventId }) => client.listen(t, lastEventId)));
  await until(() => resumed.every(({ isEnded }) => isEnded));
  assert.deepEqual(
    resumed.map(({ messages }) => messages.map(({ error }) => error !== undefined)),
    [[true], [false], [false]],
  );
});

test('only the newest events are kept, and those of one session cost another nothing', async (t) => {
  const { origin, sessions } = await startFront(t, { limits: { keptEvents: 3, allKeptBytes: 1_000 } });
  const [one, two] = [await initialize(origin), await initialize(origin)];
  sessions[1]?.tell('notifications/message', { data: 'mine' });
  for (let data = 1; data <= 5; data++) {
    sessions[0]?.tell('notifications/message', { data });
  }
  const listening = await one.listen(t);
  await until(() => listening.messages.length === 3);
  assert.deepEqual(
    listening.messages.map(({ params }) => params?.['data']),
    [3, 4, 5],
  );
  sessions[0]?.tell('notifications/message', { data: 'x'.repeat(5_000) });
  const other = await two.listen(t);
  await until(() => other.messages.length === 1);
});

test('an event that is not known any more is refused, and the session goes on', async (t) => {
  const { origin, sessions } = await startFront(t, { limits: { keptMs: 20, keepAliveMs: 20 } });
  const client = await initialize(origin);
  const stream = await client.stream(t, call(1, 'begin'));
  await until(() => stream.messages.length === 1);
  stream.close();
  sessions[0]?.reply(1, textResult('late'));
  const status = async (last: string): Promise<number | undefined> => {
    const response = await open(origin, { headers: { ...client.headers, 'last-event-id': last } });
    response.destroy();
    return response.statusCode;
  };
  await until(async () => (await status(stream.lastEventId)) === 400);
  for (const strange of ['x', '9-1', '-1', '1-', '99999999999999999999-1']) {
    assert.equal(await status(strange), 400, strange);
  }
  assert.equal((await client.post(call(2, 'echo'))).status, 200);
});

test('a question on a stream that broke reaches the client when it resumes', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const broken = await client.stream(t, call(1, 'begin'));
  await until(() => broken.messages.length === 1);
  broken.close();
  const answer = sessions[0]?.ask('elicitation/create', {}, 1);
  const resumed = await client.listen(t, broken.lastEventId);
  const question = await until(() => resumed.messages[0]);
  await client.post({ jsonrpc: '2.0', id: question.id, result: { action: 'decline' } });
  assert.deepEqual((await answer)?.result, { action: 'decline' });
});

test('nothing of an ended session can be fetched', async (t) => {
  const { origin, sessions } = await startFront(t);
  const client = await initialize(origin);
  const stream = await client.stream(t, call(1, 'begin'));
  await until(() => stream.messages.length === 1);
  stream.close();
  await send(origin, { method: 'DELETE', headers: client.headers });
  assert.equal(sessions[0]?.isClosed, true);
  assert.equal((await client.listen(t, stream.lastEventId)).status, 404);
});
