import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { until } from '../../support/until.ts';
import { call, failure, given, makeHost, never, textResult } from './host.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** An HTTP server that answers as the test says. Gives its address, and what it was sent. */
async function serve(
  t: TestContext,
  answer: (response: ServerResponse) => void,
): Promise<{ readonly address: string; readonly seen: readonly Seen[]; readonly closed: () => number }> {
  const seen: Seen[] = [];
  let closed = 0;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.on('close', () => (closed += 1));
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    seen.push({ method: request.method, url: request.url, type: request.headers['content-type'], body: Buffer.concat(chunks).toString() });
    answer(response);
  };
  const server = createServer((request, response) => void take(request, response).catch(() => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, closed: () => closed };
}

test('an address gets the request with POST, and its answer is the result', async (t) => {
  const host = await makeHost(t);
  const { address, seen } = await serve(t, (response) => response.end(JSON.stringify(textResult('from afar'))));
  const interceptors = host.interceptors(`before:http:${address}/check?x=1`, `after:http:${address}/after`);
  assert.deepEqual(given(await interceptors.before(call, never)), textResult('from afar'));
  assert.deepEqual(given(await interceptors.after(textResult('near'), never)), textResult('from afar'));
  assert.deepEqual(
    seen.map(({ method, url, type }) => ({ method, url, type })),
    [
      { method: 'POST', url: '/check?x=1', type: 'application/json' },
      { method: 'POST', url: '/after', type: 'application/json' },
    ],
  );
  const before = { method: 'tools/call', params: call.params, Params: call.params, Session: {}, Extra: null };
  assert.deepEqual(
    seen.map(({ body }) => JSON.parse(body) as unknown),
    [before, textResult('near')],
  );
});

test('an empty answer lets the call go on', async (t) => {
  const host = await makeHost(t);
  for (const status of [200, 202, 204]) {
    const { address } = await serve(t, (response) => response.writeHead(status).end());
    assert.equal(given(await host.interceptors(`before:http:${address}/`).before(call, never)), undefined);
  }
});

test('a status that tells of an error fails the call, whatever the body says', async (t) => {
  const host = await makeHost(t);
  for (const status of [400, 403, 503]) {
    const { address } = await serve(t, (response) => response.writeHead(status).end('{"content":[],"why":"not today"}'));
    const problem = failure(await host.interceptors(`before:http:${address}/`).before(call, never));
    assert.match(problem.message, new RegExp(`it answered with HTTP status ${status}`));
    assert.match(problem.detail ?? '', /not today/);
  }
});

test('a redirect is not followed: the call would go where nobody allowed it to', async (t) => {
  const host = await makeHost(t);
  const other = await serve(t, (response) => response.end());
  const { address } = await serve(t, (response) => response.writeHead(307, { location: `${other.address}/` }).end());
  assert.match(failure(await host.interceptors(`before:http:${address}/`).before(call, never)).message, /redirect \(307\)/);
  assert.deepEqual(other.seen, []);
});

test('an answer above 16 MB fails the call, and so does one that breaks off', async (t) => {
  const host = await makeHost(t);
  const endless = await serve(t, (response) => response.end(Buffer.alloc(17 * 1024 ** 2, 0x20)));
  assert.match(failure(await host.interceptors(`after:http:${endless.address}/`).after({}, never)).message, /more than 16 MB/);
  const broken = await serve(t, (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
    setImmediate(() => response.destroy());
  });
  assert.match(failure(await host.interceptors(`after:http:${broken.address}/`).after({}, never)).message, /it could not be asked/);
});

test('an address where nobody listens fails the call', async (t) => {
  const host = await makeHost(t);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const problem = failure(await host.interceptors(`before:http:http://127.0.0.1:${port}/`).before(call, never));
  assert.match(problem.message, /ECONNREFUSED/);
});

test('an address that does not answer is left at the time-out, and when the call is cancelled', async (t) => {
  const hasty = await makeHost(t, { timeoutMs: 200 });
  const slow = await serve(t, () => undefined);
  assert.match(failure(await hasty.interceptors(`before:http:${slow.address}/`).before(call, never)).message, /not done within 0\.2 s/);
  const host = await makeHost(t);
  const silent = await serve(t, () => undefined);
  const cancellation = new AbortController();
  const running = host.interceptors(`before:http:${silent.address}/`).before(call, cancellation.signal);
  await until(() => silent.seen.length === 1, { what: 'the request to arrive' });
  cancellation.abort();
  assert.match(failure(await running).message, /the call was cancelled/);
  await until(() => silent.closed() === 1, { what: 'the connection to be closed' });
});
