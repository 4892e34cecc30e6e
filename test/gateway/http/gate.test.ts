import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';

import { until } from '../../support/until.ts';
import { call, initialize, open, send, startFront, token } from './front.ts';

test('a request without the token, or with a wrong one, is refused and told how to come in', async (t) => {
  const { origin, log, sessions } = await startFront(t);
  for (const authorization of [undefined, 'Bearer wrong', `Bearer ${token}x`, `Basic ${token}`, token]) {
    const answer = await send(origin, { headers: { authorization }, body: call(1, 'echo') });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['www-authenticate'], 'Bearer realm="Wharf"');
    assert.match(answer.text, /does not carry the bearer token/);
  }
  const elsewhere = await send(origin, { path: '/secret', headers: { authorization: undefined } });
  assert.equal(elsewhere.status, 401, 'nobody without the token learns what is served');
  assert.equal(sessions.length, 0);
  assert.equal(
    log.some((line) => line.includes(token) || line.includes('wrong')),
    false,
  );
});

test('the health of the gateway is told to everybody, and nothing besides', async (t) => {
  let ok = true;
  const { origin } = await startFront(t, { health: () => ({ ok }) });
  const well = await send(origin, { path: '/health', headers: { authorization: undefined } });
  ok = false;
  const unwell = await send(origin, { path: '/health?verbose', headers: { authorization: undefined } });
  assert.deepEqual([well.status, well.text, unwell.status, unwell.text], [200, '', 503, '']);
});

test('only names of this machine are served', async (t) => {
  const { origin, front } = await startFront(t, { allowedHosts: ['gateway.internal'] });
  const status = async (host: string, headers = {}): Promise<number> =>
    (await send(origin, { path: '/health', headers: { host, authorization: undefined, ...headers } })).status;
  for (const host of ['localhost', `LOCALHOST:${front.port}`, '127.0.0.1', '127.8.9.1:1', '[::1]:80', 'gateway.internal:9000']) {
    assert.equal(await status(host), 200, host);
  }
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil@localhost',
    '10.0.0.1',
    'xlocalhost',
    'localhost/',
  ]) {
    assert.equal(await status(host), 403, host);
  }
  for (const origin of ['http://localhost:3000', 'https://127.0.0.1', 'http://[::1]:5', 'http://gateway.internal']) {
    assert.equal(await status('localhost', { origin }), 200, origin);
  }
  for (const origin of ['https://evil.example', 'null', 'file://', 'vscode-webview://localhost', 'http://localhost.evil.example']) {
    assert.equal(await status('localhost', { origin }), 403, origin);
  }
});

test('a refusal says whether the host or the page is not known, and how to let it in', async (t) => {
  const { origin, log } = await startFront(t);
  const said = async (headers: Readonly<Record<string, string>>): Promise<string> =>
    (await send(origin, { path: '/health', headers: { authorization: undefined, ...headers } })).text;
  assert.match(await said({ host: 'gateway.internal:8811' }), /Host is .*gateway\.internal.*--allowed-host gateway\.internal/);
  assert.match(
    await said({ host: 'localhost', origin: 'https://page.example:1' }),
    /Origin is a page of .*page\.example:1.*--cors-origin https:\/\/page\.example:1\b/,
  );
  assert.match(await said({ host: 'localhost', origin: 'null' }), /Origin is no page .*cannot be allowed/);
  assert.match(log[0] ?? '', /--allowed-host gateway\.internal/);
  assert.doesNotMatch(await said({ host: "x';reboot" }), /reboot/, 'nothing that a shell would run is proposed');
});

test('an endpoint on every address serves the address that the client used', async (t) => {
  const { front } = await startFront(t, { host: '0.0.0.0' });
  assert.equal(front.url, `http://127.0.0.1:${front.port}/mcp`);
  const allowed = await send(`http://127.0.0.1:${front.port}`, { path: '/health' });
  const foreign = await send(`http://127.0.0.1:${front.port}`, { path: '/health', headers: { host: '10.1.2.3' } });
  assert.deepEqual([allowed.status, foreign.status], [200, 403]);
});

test('no page of another origin is ever allowed in by a header', async (t) => {
  const { origin } = await startFront(t);
  const preflight = await send(origin, {
    method: 'OPTIONS',
    headers: { authorization: undefined, origin: 'http://localhost:1', 'access-control-request-method': 'POST' },
  });
  assert.equal(preflight.status, 401);
  assert.deepEqual(
    Object.keys(preflight.headers).filter((name) => name.startsWith('access-control')),
    [],
  );
});

test('what is not served is not found, and a wrong method or type is named', async (t) => {
  const { origin } = await startFront(t);
  const status = async (sending: Parameters<typeof send>[1]): Promise<number> => (await send(origin, sending)).status;
  assert.equal(await status({ path: '/' }), 404);
  assert.equal(await status({ path: '/p/three/mcp', body: call(1, 'echo') }), 404);
  assert.equal(await status({ method: 'PUT', body: call(1, 'echo') }), 405);
  assert.equal(await status({ headers: { 'content-type': 'text/plain' }, body: call(1, 'echo') }), 415);
  assert.equal(await status({ headers: { accept: 'text/html' }, body: call(1, 'echo') }), 406);
  assert.equal(await status({ headers: { accept: 'application/json' } }), 406);
});

test('a body beyond the limit is refused, announced or not, and the connection still works', async (t) => {
  const { origin } = await startFront(t, { limits: { bodyBytes: 1_000 } });
  const client = await initialize(origin);
  const announced = await client.post(call(1, 'echo', { text: 'x'.repeat(2_000) }));
  const chunked = await client.post(call(1, 'echo', { text: 'x'.repeat(2_000) }), { 'transfer-encoding': 'chunked' });
  const fitting = await client.post(call(1, 'echo', { text: 'x'.repeat(500) }));
  assert.deepEqual([announced.status, chunked.status, fitting.status], [413, 413, 200]);
});

test('a client that never finishes its request is let go', async (t) => {
  const { front, log } = await startFront(t, { limits: { headMs: 200, requestMs: 300 } });
  const head = connectTo(t, front.port);
  head.socket.write('POST /mcp HTTP/1.1\r\nHost: local');
  const body = connectTo(t, front.port);
  body.socket.write(
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  );
  const silent = connectTo(t, front.port);
  await until(() => head.isClosed() && body.isClosed() && silent.isClosed());
  assert.deepEqual(log, []);
});

test('connections that never show the token push each other out, and nobody else', async (t) => {
  const { front, origin } = await startFront(t, { limits: { strangers: 3 } });
  const client = await initialize(origin);
  const stream = await client.listen(t);
  const strangers = Array.from({ length: 5 }, () => connectTo(t, front.port));
  await until(() => strangers.filter((one) => one.isClosed()).length === 2);
  assert.equal((await client.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status, 200);
  assert.equal(stream.isEnded, false);
});

test('as many sessions as may be, and one more is told to come back later', async (t) => {
  const { origin } = await startFront(t, { limits: { sessions: 2 } });
  const [first] = [await initialize(origin), await initialize(origin)];
  const refused = await open(origin, { body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} } });
  refused.resume();
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.headers['retry-after'], '30');
  assert.equal((await send(origin, { method: 'DELETE', headers: first.headers })).status, 204);
  await initialize(origin);
});

function connectTo(t: { after(action: () => void): void }, port: number): { readonly socket: Socket; isClosed(): boolean } {
  const socket = connect(port, '127.0.0.1');
  let closed = false;
  socket.on('close', () => (closed = true)).on('error', () => undefined);
  socket.resume();
  t.after(() => void socket.destroy());
  return { socket, isClosed: () => closed };
}
