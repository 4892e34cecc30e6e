import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHttpChannel } from '../../../src/gateway/upstreams/httpChannel.ts';
import { until } from '../../support/until.ts';
import { ChannelOwner } from './channelOwner.ts';
import { jsonHandler, keepOpen, serve } from './remoteServers.ts';

const version = '2026-07-28';
const meta = { 'io.modelcontextprotocol/protocolVersion': version, 'io.modelcontextprotocol/clientCapabilities': {} };

test('a request of 2026-07-28 repeats version, method and name in its headers, also before anything is negotiated', async (t) => {
  const server = await serve(
    t,
    jsonHandler((message, _request, response) => {
      response.setHeader('mcp-session-id', 'not-of-this-revision');
      return { jsonrpc: '2.0', id: message['id'], result: {} };
    }),
  );
  const owner = new ChannelOwner(t, openHttpChannel({ url: server.url, headers: {}, name: 'far' }));
  await owner.request('server/discover', { _meta: meta });
  owner.channel.negotiated(version);
  await owner.request('tools/call', { name: 'größe', arguments: { name: 'inner' }, _meta: meta });
  await owner.request('resources/read', { uri: 'file:///a b', _meta: meta });
  await owner.request('prompts/get', { name: 'plain', _meta: meta });
  await owner.request('tools/list', { name: 'of no meaning', _meta: meta });

  const heard = server.seen.map(({ headers }) => [headers['mcp-protocol-version'], headers['mcp-method'], headers['mcp-name']]);
  assert.deepEqual(heard, [
    [version, 'server/discover', undefined],
    [version, 'tools/call', `=?base64?${Buffer.from('größe').toString('base64')}?=`],
    [version, 'resources/read', 'file:///a b'],
    [version, 'prompts/get', 'plain'],
    [version, 'tools/list', undefined],
  ]);
  assert.ok(server.seen.every(({ method, headers }) => method === 'POST' && headers['mcp-session-id'] === undefined));
  await owner.channel.stop();
  assert.equal(server.seen.length, heard.length);
});

test('an older server is asked without the headers of 2026-07-28', async (t) => {
  const server = await serve(
    t,
    jsonHandler((message) => ({ jsonrpc: '2.0', id: message['id'], result: {} })),
  );
  const owner = new ChannelOwner(t, openHttpChannel({ url: server.url, headers: {}, name: 'far' }));
  await owner.request('tools/list');
  owner.channel.negotiated('2025-11-25');
  await owner.request('tools/call', { name: 'a' });
  assert.ok(server.seen.every(({ headers }) => headers['mcp-method'] === undefined && headers['mcp-name'] === undefined));
});

test('the end of its stream cancels a request of 2026-07-28, and nothing else is sent', async (t) => {
  let isCancelled = false;
  const methods: unknown[] = [];
  const server = await serve(
    t,
    jsonHandler((message, _request, response) => {
      methods.push(message['method']);
      if (message['method'] !== 'tools/call') {
        return { jsonrpc: '2.0', id: message['id'], result: {} };
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': begun\n\n');
      response.on('close', () => (isCancelled = true));
      return keepOpen(response);
    }),
  );
  const owner = new ChannelOwner(t, openHttpChannel({ url: server.url, headers: {}, name: 'far' }));
  owner.channel.negotiated(version);
  const id = owner.begin('tools/call', { name: 'slow', _meta: meta });
  await until(() => methods.length === 1);
  owner.notify('notifications/cancelled', { requestId: id, _meta: meta });
  await until(() => isCancelled);
  await owner.request('tools/list', { _meta: meta });
  assert.deepEqual(methods, ['tools/call', 'tools/list']);
  assert.deepEqual(
    owner.messages.map((message) => message.id),
    [2],
  );
});

test('a stream of 2026-07-28 that breaks is not taken up again', async (t) => {
  const server = await serve(t, (request, response) => {
    request.resume();
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end('id: 1\nretry: 1\ndata: {"jsonrpc":"2.0","method":"notifications/a"}\n\n');
  });
  const owner = new ChannelOwner(t, openHttpChannel({ url: server.url, headers: {}, name: 'far' }));
  owner.channel.negotiated(version);
  const reply = await owner.request('subscriptions/listen', { _meta: meta });
  assert.match(reply.error?.message ?? '', /its stream ended before the answer/);
  assert.equal(owner.notifications('notifications/a').length, 1);
  assert.equal(server.seen.length, 1);
});

test('errors that a server of 2026-07-28 gives with HTTP 400 and 404 reach the owner as they are', async (t) => {
  const errors = [
    { status: 400, code: -32022, data: { supported: [version], requested: '2027-01-01' } },
    { status: 404, code: -32601, data: null },
  ];
  const server = await serve(
    t,
    jsonHandler((message, _request, response) => {
      const { status = 500, ...error } = errors.shift() ?? {};
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: message['id'], error: { message: 'no', ...error } }));
      return keepOpen(response);
    }),
  );
  const owner = new ChannelOwner(t, openHttpChannel({ url: server.url, headers: {}, name: 'far' }));
  assert.deepEqual((await owner.request('server/discover', { _meta: meta })).error, {
    message: 'no',
    code: -32022,
    data: { supported: [version], requested: '2027-01-01' },
  });
  assert.equal((await owner.request('no/such', { _meta: meta })).error?.code, -32601);
  assert.equal(owner.end, undefined);
});
