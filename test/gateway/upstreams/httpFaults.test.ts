import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHttpChannel } from '../../../src/gateway/upstreams/httpChannel.ts';
import { until } from '../../support/until.ts';
import { ChannelOwner } from './channelOwner.ts';
import { own, ready, secret } from './farServer.ts';
import { jsonHandler, serve } from './remoteServers.ts';

test('an HTTP error answers the request, with its status, its first words and no credential', async (t) => {
  const { owner } = await ready(t, (request, response) => {
    response.writeHead(503).end(`no service for ${request.headers.authorization} ${'because '.repeat(100)}`);
  });
  const { error } = await owner.request('tools/list');
  assert.equal(error?.code, -32603);
  assert.deepEqual(error?.data, { httpStatus: 503 });
  assert.match(error?.message ?? '', /^The server "far" answered HTTP 503: no service for \*\*\* because /);
  assert.ok((error?.message.length ?? 0) < 300);
  assert.equal(owner.end, undefined);
});

test('a JSON-RPC error for the request passes unchanged, whatever its status', async (t) => {
  const { owner } = await ready(t, (_request, response) => {
    response
      .writeHead(404, { 'content-type': 'application/json' })
      .end('{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"no","data":[1]}}');
  });
  assert.deepEqual((await owner.request('tools/list')).error, { code: -32601, message: 'no', data: [1] });
  assert.equal(owner.end, undefined);
});

test('a server that wants authorisation ends the channel and names where it is described', async (t) => {
  const server = await serve(t, (_request, response) => {
    response
      .writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token", resource_metadata="https://far.example/.well-known/x?t=1"' })
      .end();
  });
  const owner = own(t, server.url);
  owner.begin('initialize');
  const { lastOutput } = await owner.ended();
  assert.equal(lastOutput, 'The server "far" wants authorisation (HTTP 401). It says more at https://far.example/.well-known/x.');
  owner.begin('ping');
  assert.equal(server.seen.length, 1);
});

test('a session is over also where the server says 400, as servers after the official examples do', async (t) => {
  const { owner } = await ready(t, (_request, response) => {
    response
      .writeHead(400, { 'content-type': 'application/json' })
      .end('{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}');
  });
  owner.begin('tools/list');
  assert.equal((await owner.ended()).lastOutput, 'The server "far" ended the session (HTTP 400).');
});

test('a handshake that reaches nobody ends the channel; its reason and its id carry no credential', async (t) => {
  const server = await serve(t, () => undefined);
  await server.die();
  const owner = own(t, server.url.replace('//', `//me:${secret}@`) + `?key=${secret}`);
  owner.begin('initialize');
  const { lastOutput } = await owner.ended();
  assert.match(lastOutput, /^The server "far" did not answer "initialize" at http:\/\/127\.0\.0\.1:\d+\/mcp: .*ECONNREFUSED/);
  assert.ok(!lastOutput.includes(secret));
  assert.equal(owner.channel.id, server.url);
});

test('user and password of a URL go as basic authentication', async (t) => {
  const server = await serve(t, (_request, response) => response.writeHead(500).end());
  const owner = new ChannelOwner(t, openHttpChannel({ url: server.url.replace('//', '//me:p%40ss@'), headers: {}, name: 'far' }));
  await owner.request('ping');
  assert.equal(server.seen[0]?.headers.authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
});

test('a URL or a header that may not be sent ends the channel before anything is', async (t) => {
  for (const [url, headers] of [
    ['http://far.example/mcp', {}],
    ['nonsense', {}],
    ['http://127.0.0.1:1/mcp', { 'x-key': `${secret}\r\nx: y` }],
  ] as const) {
    const owner = new ChannelOwner(t, openHttpChannel({ url, headers, name: 'far' }));
    owner.begin('initialize');
    const { lastOutput } = await owner.ended();
    assert.match(lastOutput, /^The server "far" is not asked: /);
    assert.ok(!lastOutput.includes(secret));
  }
});

test('a redirect to another origin is refused, and that origin hears nothing', async (t) => {
  const other = await serve(t, (_request, response) => response.end());
  const { owner } = await ready(t, (_request, response) => response.writeHead(307, { location: `${other.origin}/mcp?a=b` }).end());
  const { error } = await owner.request('tools/list');
  assert.ok(error?.message.includes(`it redirects to another origin (${other.origin}), which is not followed`));
  assert.deepEqual(other.seen, []);
});

test('redirects within the origin are followed three times with the whole request, and a lasting one is remembered', async (t) => {
  let hops = 3;
  const answer = jsonHandler((message) => ({ jsonrpc: '2.0', id: message['id'], result: { got: message['params'] } }));
  const server = await serve(t, (request, response) => {
    const at = Number(new URL(request.url ?? '', 'http://x').searchParams.get('hop') ?? 0);
    if (at < hops) {
      request.resume();
      response.writeHead(at % 2 === 0 ? 308 : 307, { location: `/mcp?hop=${at + 1}` }).end('moved');
    } else {
      answer(request, response);
    }
  });
  const owner = own(t, server.url);
  assert.deepEqual((await owner.request('tools/list', { a: 1 })).result, { got: { a: 1 } });
  assert.ok(server.seen.every(({ headers }) => headers.authorization === `Bearer ${secret}`));
  await owner.request('tools/list');
  assert.deepEqual(
    server.seen.slice(4).map(({ path }) => path),
    ['/mcp?hop=1', '/mcp?hop=2', '/mcp?hop=3'],
  );
  hops = 99;
  assert.match((await owner.request('tools/list')).error?.message ?? '', /redirected more than 3 times/);
});

test('a redirect that changes the method is not followed', async (t) => {
  const { owner } = await ready(t, (_request, response) => response.writeHead(302, { location: '/login' }).end());
  assert.match((await owner.request('tools/list')).error?.message ?? '', /HTTP 302, a redirect that is not followed/);
});

test('an answer that does not begin in time is given up, and the next request has its chance', async (t) => {
  let isSlow = true;
  const { owner, server } = await ready(
    t,
    (_request, response) => {
      if (!isSlow) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":3,"result":{}}');
      }
    },
    { timeouts: { callMs: 100 } },
  );
  assert.match(
    (await owner.request('tools/call', { name: 'a' })).error?.message ?? '',
    /gave no answer to "tools\/call": no answer within 0\.1 s/,
  );
  await until(() => server.connections.open <= 2);
  isSlow = false;
  assert.deepEqual((await owner.request('tools/list')).result, {});
});

test('what is no answer is told as that', async (t) => {
  const bodies: readonly (readonly [string, string, RegExp])[] = [
    ['text/html', '<html>login</html>', /answered HTTP 200 with text\/html in place of a message/],
    ['application/json', '{"jsonrpc":"2.0","id":99,"result":{}}', /holds no response to the request/],
    ['application/json', 'oops', /holds no response to the request/],
    ['application/json', '', /holds no response to the request/],
    ['text/event-stream', 'data: oops\n\n', /its stream ended before the answer/],
    ['text/event-stream', ': nothing\n\n', /its stream ended before the answer/],
  ];
  let next = 0;
  const { owner } = await ready(t, (_request, response) => {
    const [type, body] = bodies[next++] ?? ['', ''];
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  for (const [type, body, reason] of bodies) {
    assert.match((await owner.request('tools/call', { name: 'a' })).error?.message ?? '', reason, `${type} ${body}`);
  }
  assert.deepEqual(owner.junk, ['oops', 'oops']);
});

test('an accepted request without an answer, and a compressed one, are errors', async (t) => {
  let isCompressed = false;
  const { owner } = await ready(t, (_request, response) => {
    if (isCompressed) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('xyz');
    } else {
      response.writeHead(202).end();
    }
  });
  assert.match((await owner.request('tools/list')).error?.message ?? '', /HTTP 202 with no content/);
  isCompressed = true;
  assert.match((await owner.request('tools/list')).error?.message ?? '', /content in the encoding gzip/);
});
