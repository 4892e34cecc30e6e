import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { serverDefaults, type RemoteServer } from '../../../src/core/profile/profile.ts';
import { openLegacySseChannel } from '../../../src/gateway/upstreams/legacySseChannel.ts';
import { openRemoteChannel } from '../../../src/gateway/upstreams/remoteChannel.ts';
import { until } from '../../support/until.ts';
import { ChannelOwner } from './channelOwner.ts';
import { serveLegacySse } from './legacySseServer.ts';
import { serve, serveStateful, waits } from './remoteServers.ts';

function remote(url: string, transport: RemoteServer['transport']): RemoteServer {
  const own = { url, transport, headers: { 'x-key': 'k-1234567' }, secrets: [], oauthScopes: null };
  return { ...serverDefaults, kind: 'remote', name: 'old', tools: null, line: 1, ...own };
}

function open(t: TestContext, url: string, transport: RemoteServer['transport']): ChannelOwner {
  return new ChannelOwner(
    t,
    openRemoteChannel(remote(url, transport), () => []),
  );
}

test('a server over HTTP with SSE is initialised, called, asked back and cancelled', async (t) => {
  const server = await serveLegacySse(t);
  const owner = open(t, server.url, 'sse');
  owner.answer = () => ({ action: 'accept', content: { name: 'Ada' } });
  await owner.initialize({ elicitation: { form: {} } });
  assert.equal(await owner.call('echo', { text: 'a\nb' }), 'a\nb');
  assert.equal(await owner.call('ask'), 'accept Ada');
  const before = { ...waits };
  const id = owner.begin('tools/call', { name: 'wait', arguments: {} });
  await until(() => waits.started > before.started);
  owner.notify('notifications/cancelled', { requestId: id });
  await until(() => waits.cancelled > before.cancelled);
  assert.ok(server.seen.every(({ headers }) => headers['x-key'] === 'k-1234567'));
  await owner.channel.stop();
  await until(() => server.connections.open === 0);
});

test('a server that refuses Streamable HTTP is spoken to over HTTP with SSE', async (t) => {
  const server = await serveLegacySse(t);
  const owner = open(t, server.url, 'streamable');
  const hello = await owner.initialize();
  assert.ok(hello.result !== undefined);
  assert.equal(await owner.call('echo', { text: 'a' }), 'a');
  await server.die();
  assert.match((await owner.ended()).lastOutput, /^The server "old" is gone from http:.*: its stream ended\.$/);
});

test('a server that speaks Streamable HTTP is not asked for anything older', async (t) => {
  const server = await serveStateful(t);
  const owner = open(t, server.url, 'streamable');
  await owner.initialize();
  assert.equal(await owner.call('echo', { text: 'a' }), 'a');
  await owner.channel.stop();
  assert.deepEqual(await owner.ended(), { code: null, lastOutput: '' });
  assert.equal(server.seen[0]?.method, 'POST');
});

test('a server that is neither is told by its first answer', async (t) => {
  const server = await serve(t, (request, response) => {
    request.resume();
    response.writeHead(request.method === 'POST' ? 404 : 500, { 'content-type': 'text/plain' }).end('nothing here');
  });
  const owner = open(t, server.url, 'streamable');
  const { error } = await owner.initialize();
  assert.equal(error?.message, 'The server "old" answered HTTP 404: nothing here');
  assert.deepEqual(
    server.seen.map(({ method }) => method),
    ['POST', 'GET'],
  );
});

test('a server that forbids, or says in JSON-RPC what is wrong, is not asked for anything older', async (t) => {
  const bodies = ['no', '{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"too old"}}'];
  for (const [status, body] of [
    [403, bodies[0]],
    [400, bodies[1]],
  ] as const) {
    const server = await serve(t, (request, response) => {
      request.resume();
      response.writeHead(status).end(body);
    });
    const owner = open(t, server.url, 'streamable');
    assert.ok((await owner.initialize()).error !== undefined);
    assert.equal(server.seen.length, 1);
  }
});

test('a channel that is stopped while it tries the older transport ends', async (t) => {
  const server = await serve(t, (request, response) => {
    request.resume();
    if (request.method === 'POST') {
      response.writeHead(405).end();
    }
  });
  const owner = open(t, server.url, 'streamable');
  owner.begin('initialize');
  await until(() => server.seen.length === 2);
  await owner.channel.stop();
  assert.deepEqual(await owner.ended(), { code: null, lastOutput: '' });
  assert.deepEqual(owner.messages, []);
});

test('an endpoint of another origin is refused, and that origin hears nothing', async (t) => {
  const other = await serve(t, (_request, response) => response.end());
  const server = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`event: endpoint\ndata: ${other.origin}/messages\n\n`);
  });
  const owner = open(t, server.url, 'sse');
  owner.begin('initialize');
  assert.match((await owner.ended()).lastOutput, /it named an endpoint of another origin/);
  assert.deepEqual(other.seen, []);
});

test('a server over HTTP with SSE that names no endpoint, or is no such server, ends the channel', async (t) => {
  const kinds: readonly (readonly [number, string, string, RegExp])[] = [
    [200, 'text/event-stream', ': nothing\n\n', /it named no endpoint within 0\.1 s/],
    [200, 'text/html', '<html>', /it gave no event stream/],
    [404, 'text/plain', 'no such page', /it answered HTTP 404: no such page/],
    [401, 'text/plain', '', /wants authorisation \(HTTP 401\)/],
  ];
  for (const [status, type, body, reason] of kinds) {
    const server = await serve(t, (_request, response) => {
      response.writeHead(status, { 'content-type': type }).write(body);
      if (type !== 'text/event-stream') {
        response.end();
      }
    });
    const channel = openLegacySseChannel({ url: server.url, headers: {}, name: 'old', timeouts: { connectMs: 100 } });
    const owner = new ChannelOwner(t, channel);
    owner.begin('initialize');
    assert.match((await owner.ended()).lastOutput, reason);
    assert.equal(await channel.opened, false);
  }
});

test('a message that the endpoint does not take is answered with an error', async (t) => {
  const server = await serve(t, (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: endpoint\ndata: /messages?key=1\n\ndata: oops\n\n');
    } else {
      request.resume();
      response.writeHead(404).end('no such session');
    }
  });
  const owner = open(t, server.url, 'sse');
  const { error } = await owner.initialize();
  assert.equal(error?.message, 'The server "old" answered HTTP 404: no such session');
  assert.deepEqual(owner.junk, ['oops']);
  assert.equal(server.seen[1]?.path, '/messages?key=1');
});
