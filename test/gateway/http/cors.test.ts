import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isOrigin } from '../../../src/core/http/origin.ts';
import { call, initialize, send, startFront, type Received, type Sending } from './front.ts';

const page = 'https://app.example:8443';

function preflight(origin: string, more: Sending['headers'] = {}): Sending {
  const headers = { authorization: undefined, origin, 'access-control-request-method': 'POST', ...more };
  return { method: 'OPTIONS', headers };
}

function corsHeaders({ headers }: Pick<Received, 'headers'>): readonly string[] {
  return Object.keys(headers).filter((name) => name.startsWith('access-control'));
}

test('a page that was named asks, calls and reads what it needs', async (t) => {
  const { origin } = await startFront(t, { corsOrigins: [page] });
  const asked = await send(origin, preflight(page, { 'access-control-request-headers': 'authorization,content-type,mcp-session-id' }));
  assert.equal(asked.status, 204);
  assert.equal(asked.headers['access-control-allow-origin'], page);
  assert.match(asked.headers['access-control-allow-methods'] ?? '', /POST/);
  for (const header of ['authorization', 'content-type', 'mcp-session-id', 'mcp-protocol-version', 'last-event-id']) {
    assert.match(asked.headers['access-control-allow-headers'] ?? '', new RegExp(`\\b${header}\\b`));
  }
  const client = await initialize(origin, '2025-06-18', '/mcp', { origin: page });
  const stream = await client.listen(t);
  const answers = [await client.post(call(1, 'echo')), stream, await send(origin, { headers: { origin: page, authorization: undefined } })];
  for (const { headers } of answers) {
    assert.equal(headers['access-control-allow-origin'], page);
    assert.match(headers['access-control-expose-headers'] ?? '', /mcp-session-id/);
    assert.equal(headers['vary'], 'origin');
    assert.equal(headers['access-control-allow-credentials'], undefined, 'the browser must not add what it knows itself');
  }
});

test('a page that was not named gets nothing, not even a pretence', async (t) => {
  const { origin, sessions } = await startFront(t, { corsOrigins: [page] });
  for (const other of [
    'https://evil.example',
    'https://app.example',
    'http://app.example:8443',
    'https://app.example:84430',
    'https://xapp.example:8443',
    'https://app.example:8443.evil.example',
    'HTTPS://APP.EXAMPLE:8443',
    'null',
    '*',
  ]) {
    const asked = await send(origin, preflight(other));
    const called = await send(origin, { headers: { origin: other }, body: call(1, 'echo') });
    assert.deepEqual([asked.status, called.status], [403, 403], other);
    assert.deepEqual([corsHeaders(asked), corsHeaders(called)], [[], []], other);
  }
  // A page of this computer may come, as ever, but a browser does not show it the answer.
  const local = await send(origin, { headers: { origin: 'http://localhost:3000' }, body: { jsonrpc: '2.0', id: 1, method: 'initialize' } });
  assert.deepEqual([local.status, corsHeaders(local)], [200, []]);
  assert.equal((await send(origin, preflight('http://localhost:3000'))).status, 401);
  assert.equal(sessions.length, 1);
});

test('a page that was named still has to name this computer, and to show the token', async (t) => {
  const { origin } = await startFront(t, { corsOrigins: [page] });
  assert.equal((await send(origin, preflight(page, { host: 'rebound.example' }))).status, 403);
  assert.equal((await send(origin, { headers: { origin: page, authorization: 'Bearer wrong' }, body: call(1, 'echo') })).status, 401);
});

test('without a named page there is no header of CORS at all', async (t) => {
  const { origin } = await startFront(t);
  const client = await initialize(origin);
  for (const answer of [
    await client.post(call(1, 'echo'), { origin: 'http://localhost:1' }),
    await send(origin, preflight('http://localhost:1')),
  ]) {
    assert.deepEqual([corsHeaders(answer), answer.headers['vary']], [[], undefined]);
  }
});

test('an origin is written as browsers write it', () => {
  for (const good of ['https://app.example', 'http://localhost:6274', 'http://127.0.0.1:1', 'http://[::1]:8080', 'https://x:80']) {
    assert.equal(isOrigin(good), true, good);
    assert.equal(new URL(good).origin, good);
  }
  for (const bad of [
    '*',
    '',
    'null',
    'app.example',
    'https://app.example/',
    'https://app.example/path',
    'https://App.example',
    'https://app.example:443',
    'http://app.example:80',
    'https://user@app.example',
    'https://*.example',
    'ftp://app.example',
    'https://app.example:65536',
    'https://a b',
  ]) {
    assert.equal(isOrigin(bad), false, bad);
  }
});
