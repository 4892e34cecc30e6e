import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';

import { defaultLimits } from '../../../src/gateway/http/limits.ts';
import { until } from '../../support/until.ts';
import { bearing, call, initialize, knownToken, openEvents, send, startFront, token } from './front.ts';

const few = { rate: 1_000, requests: 2, sessions: 2, streams: 1 };
const secret = 'the-secret-of-one-token';
const tokens = [knownToken('one', secret), knownToken('other', 'the-secret-of-the-other')];

test('a token that makes requests too fast is told when to come back, and nobody else is slowed down', async (t) => {
  const { origin } = await startFront(t, { tokens, limits: { others: { ...few, rate: 1 } } });
  const client = await initialize(origin, '2025-06-18', '/mcp', bearing(secret));
  const answers = [];
  for (let count = 0; count < 30; count++) {
    answers.push(await client.post({ jsonrpc: '2.0', id: count, method: 'ping' }));
  }
  const late = answers.find(({ status }) => status !== 200);
  assert.equal(late?.status, 429);
  assert.ok(Number(late.headers['retry-after']) >= 1);
  assert.match(late.text, /"jsonrpc".*may make 1 requests a second/);
  for (const given of [bearing('the-secret-of-the-other'), bearing(token)]) {
    await initialize(origin, '2025-06-18', '/mcp', given);
  }
});

test('a token has so many requests, streams and sessions at a time, and one that ends makes room', async (t) => {
  const { origin, sessions } = await startFront(t, { tokens, limits: { others: few } });
  const client = await initialize(origin, '2025-06-18', '/mcp', bearing(secret));
  const held = [client.post(call(1, 'hold')), client.post(call(2, 'hold'))];
  await until(() => sessions[0]?.callsOf('hold').length === 2);
  const third = await client.post(call(3, 'echo'));
  assert.equal(third.status, 429);
  assert.match(third.text, /has 2 requests open/);
  sessions[0]?.reply(1, {});
  sessions[0]?.reply(2, {});
  await Promise.all(held);
  await until(async () => (await client.post(call(4, 'echo'))).status === 200);

  const stream = await client.listen(t);
  const another = await initialize(origin, '2025-06-18', '/mcp', bearing(secret));
  const excess = await openEvents(t, origin, { headers: another.headers });
  assert.deepEqual([stream.status, excess.status], [200, 429]);
  stream.close();
  await until(async () => {
    const again = await another.listen(t);
    return again.status === 200;
  });

  const full = await send(origin, { headers: bearing(secret), body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} } });
  assert.deepEqual([full.status, full.headers['retry-after']], [503, '30']);
  assert.match(full.text, /has 2 sessions/);
  await initialize(origin, '2025-06-18', '/mcp', bearing('the-secret-of-the-other'));
});

test('headers that are too many, too large or there twice are refused in words', async (t) => {
  const { front } = await startFront(t);
  const many = Array.from({ length: 120 }, (_, index) => `X-${index}: 1\r\n`).join('');
  const head = `GET /health HTTP/1.1\r\nHost: localhost\r\n`;
  for (const [name, text, status, words] of [
    ['many', `${head}${many}\r\n`, 431, /more than 100 headers|too many/],
    ['large', `${head}X-Large: ${'x'.repeat(defaultLimits.headBytes)}\r\n\r\n`, 431, /headers of the request are too large/],
    ['two tokens', `${head}Authorization: Bearer wrong\r\nauthorization: Bearer ${token}\r\n\r\n`, 400, /header authorization twice/],
    ['two sessions', `${head}Mcp-Session-Id: a\r\nMcp-Session-Id: b\r\n\r\n`, 400, /header mcp-session-id twice/],
    ['two origins', `${head}Origin: http://localhost\r\nOrigin: https://evil.example\r\n\r\n`, 400, /header origin twice/],
    ['two hosts', `GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n`, 400, /./],
    ['no host', `GET /health HTTP/1.1\r\n\r\n`, 400, /./],
    ['folded', `${head}X: a\r\n b\r\n\r\n`, 400, /no request of HTTP\/1\.1/],
    ['no HTTP', 'hello\r\n\r\n', 400, /no request of HTTP\/1\.1/],
    [
      'another protocol',
      `${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n`,
      200,
      /^HTTP\/1\.1 200/,
    ],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', 0, /^$/],
    ['an absolute address', `GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n`, 401, /bearer token/],
  ] as const) {
    const { answer } = await exchange(t, front.port, text);
    assert.equal(statusesOf(answer)[0] ?? 0, status, `${name}: ${answer}`);
    assert.match(answer, words, name);
  }
});

test('a request that two programs could read in two ways is never read twice', async (t) => {
  const { front, sessions } = await startFront(t);
  const hidden = `GET /hidden HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const head = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
  for (const [name, lengths] of [
    ['length and chunks', `Content-Length: ${hidden.length + 5}\r\nTransfer-Encoding: chunked\r\n`],
    ['chunks and length', `Transfer-Encoding: chunked\r\nContent-Length: ${hidden.length + 5}\r\n`],
    ['two lengths', `Content-Length: 5\r\nContent-Length: ${hidden.length + 5}\r\n`],
    ['a list of lengths', `Content-Length: 5, ${hidden.length + 5}\r\n`],
    ['a signed length', `Content-Length: +5\r\n`],
    ['an unknown coding', `Transfer-Encoding: xchunked\r\n`],
    ['chunks that are not last', `Transfer-Encoding: chunked, identity\r\n`],
    ['a space before the colon', `Transfer-Encoding : chunked\r\n`],
  ] as const) {
    const { answer, isClosed } = await exchange(t, front.port, `${head}${lengths}\r\n0\r\n\r\n${hidden}`);
    assert.deepEqual(statusesOf(answer), [400], `${name}: ${answer}`);
    assert.equal(isClosed, true, name);
  }
  assert.equal(sessions.length, 0);
});

test('HTTP/1.0 is served, without staying open', async (t) => {
  const { front } = await startFront(t);
  const well = await exchange(t, front.port, 'GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n');
  assert.deepEqual([statusesOf(well.answer), well.isClosed], [[200], true]);
  const nameless = await exchange(t, front.port, 'GET /health HTTP/1.0\r\n\r\n');
  assert.deepEqual([statusesOf(nameless.answer), nameless.isClosed], [[403], true]);
});

test('a connection with more requests than may be open at once is ended', async (t) => {
  const { front, sessions, origin } = await startFront(t, { limits: { pipelined: 5 } });
  const client = await initialize(origin);
  const id = String(client.headers['mcp-session-id']);
  const body = (number: number): string => JSON.stringify(call(number, 'hold'));
  const request = (number: number): string =>
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nMcp-Session-Id: ${id}\r\nContent-Type: application/json\r\nContent-Length: ${body(number).length}\r\n\r\n${body(number)}`;
  const { isClosed } = await exchange(t, front.port, Array.from({ length: 50 }, (_, number) => request(number)).join(''));
  assert.equal(isClosed, true);
  assert.ok((sessions[0]?.callsOf('hold').length ?? 0) <= 5);
  assert.equal((await client.post(call('after', 'echo'))).status, 200);
});

test('a body that does not come in time is answered, and its connection ends', async (t) => {
  const { front } = await startFront(t, { limits: { headMs: 200, requestMs: 300 } });
  const late = await exchange(
    t,
    front.port,
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  );
  assert.deepEqual([statusesOf(late.answer), late.isClosed], [[408], true]);
});

test('nobody without the token makes the gateway take a body', async (t) => {
  const { front } = await startFront(t);
  const head = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n`;
  const { answer, isClosed } = await exchange(t, front.port, `${head}\r\n`, /nothing more/);
  assert.deepEqual(statusesOf(answer), [401], 'and not "100 Continue"');
  assert.equal(isClosed, true, 'whatever follows must not be read as a request');
});

test('every answer is not to be kept nor guessed at, and none tells what serves', async (t) => {
  const { origin } = await startFront(t);
  const client = await initialize(origin);
  const stream = await client.listen(t);
  const answers = [
    stream,
    await send(origin, { path: '/health', headers: { authorization: undefined } }),
    await send(origin, { headers: { authorization: undefined } }),
    await send(origin, { path: '/nothing' }),
    await send(origin, { headers: { host: 'evil.example' } }),
    await client.post(call(1, 'echo')),
    await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' }),
    await client.post('no JSON'),
  ];
  for (const { headers, status } of answers) {
    assert.equal(headers['x-content-type-options'], 'nosniff', String(status));
    assert.match(headers['cache-control'] ?? '', /no-store/, String(status));
    assert.deepEqual([headers['server'], headers['x-powered-by']], [undefined, undefined]);
  }
});

interface Exchange {
  readonly answer: string;
  readonly isClosed: boolean;
}

/** Writes bytes to the endpoint and gives what comes, until the connection ends or `enough` came. */
async function exchange(t: TestContext, port: number, text: string, enough?: RegExp): Promise<Exchange> {
  const socket: Socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let answer = '';
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.on('error', () => undefined).on('close', () => (isClosed = true));
  socket.write(text);
  const isComplete = enough ?? / (?:200|401) [^]*\r\n\r\n/;
  await until(() => isClosed || isComplete.test(answer), { timeoutMs: 5_000, what: `an answer to ${JSON.stringify(text.slice(0, 200))}` });
  // What is wrong ends its connection.
  if (/^HTTP\/1\.1 (?:4(?!01)|5)/.test(answer) || text.includes('HTTP/1.0')) {
    await until(() => isClosed);
  }
  return { answer, isClosed };
}

function statusesOf(answer: string): readonly number[] {
  return [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}
