import assert from 'node:assert/strict';
import { test } from 'node:test';

import { adaptClient } from '../../../src/gateway/eras/clientEra.ts';
import { adaptServer } from '../../../src/gateway/eras/serverEra.ts';
import type { RequestId } from '../../../src/shared/mcp.ts';
import { until } from '../../support/until.ts';
import {
  BridgeSession,
  keys,
  legacyServer,
  meta,
  modernServer,
  serverInfo,
  TestClient,
  type Message,
  type TestChannel,
  type Values,
} from './bridge.ts';

function clientOf(server: TestChannel): TestClient {
  return new TestClient((link) => new BridgeSession(server, link), adaptClient);
}

const tag = (id: RequestId): Values => ({ _meta: { [keys.subscription]: id } });

async function listen(client: TestClient, id: RequestId, notifications: Values): Promise<unknown> {
  client.say({ id, method: 'subscriptions/listen', params: { notifications, _meta: meta() } });
  const of = (message: Message): boolean => (message.params?.['_meta'] as Values | undefined)?.[keys.subscription] === id;
  const { params } = await until(() => client.link.notes('notifications/subscriptions/acknowledged').find(of), { everyMs: 2 });
  return params?.['notifications'];
}

test('A client of 2026-07-28 hears only what it listens for, each subscription under its own id', async () => {
  const server = legacyServer((message, channel) => channel.say({ id: message.id, result: {} }));
  const client = clientOf(server);
  assert.deepEqual(
    await listen(client, 1, { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: false }),
    { toolsListChanged: true },
    'the server does not tell of prompts',
  );
  assert.deepEqual(await listen(client, 'r', { resourcesListChanged: true, resourceSubscriptions: ['file:///a', 'file:///a'] }), {
    resourcesListChanged: true,
    resourceSubscriptions: ['file:///a'],
  });
  assert.deepEqual(await listen(client, 3, { resourceSubscriptions: ['file:///a', 'file:///b/'] }), {
    resourceSubscriptions: ['file:///a', 'file:///b/'],
  });
  assert.deepEqual(
    server.of('resources/subscribe').map(({ params }) => params?.['uri']),
    ['file:///a', 'file:///b/'],
    'the server is asked once',
  );

  const before = client.link.got.length;
  server.say({ method: 'notifications/tools/list_changed' });
  server.say({ method: 'notifications/prompts/list_changed' });
  server.say({ method: 'notifications/resources/list_changed', params: { _meta: { a: 1 } } });
  server.say({ method: 'notifications/resources/updated', params: { uri: 'file:///a' } });
  server.say({ method: 'notifications/resources/updated', params: { uri: 'file:///b/c' } });
  server.say({ method: 'notifications/resources/updated', params: { uri: 'file:///ab' } });
  const told = client.link.got.slice(before).map(({ message, about }) => [message.method, message.params, about]);
  assert.deepEqual(told, [
    ['notifications/tools/list_changed', tag(1), 1],
    ['notifications/resources/list_changed', tag('r'), 'r'],
    ['notifications/resources/updated', { ...tag('r'), uri: 'file:///a' }, 'r'],
    ['notifications/resources/updated', { ...tag(3), uri: 'file:///a' }, 3],
    ['notifications/resources/updated', { ...tag(3), uri: 'file:///b/c' }, 3],
  ]);

  client.say({ method: 'notifications/cancelled', params: { requestId: 3 } });
  assert.deepEqual(
    server.of('resources/unsubscribe').map(({ params }) => params?.['uri']),
    ['file:///b/'],
    'another one still follows the first',
  );
  server.say({ method: 'notifications/resources/updated', params: { uri: 'file:///b/c' } });
  assert.equal(client.link.got.length, before + told.length);
  assert.equal(client.link.answer(3), undefined);

  await client.session.close();
  assert.deepEqual(client.link.answer('r')?.result, {
    resultType: 'complete',
    _meta: { [keys.subscription]: 'r', [keys.server]: serverInfo },
  });
  assert.ok(client.link.answer(1));
});

test('A resource that the server will not follow is left out, and what happens before the acknowledgement comes after it', async () => {
  const server = legacyServer((message, channel) => {
    if (message.params?.['uri'] === 'file:///no') {
      channel.say({ method: 'notifications/tools/list_changed' });
      channel.say({ id: message.id, error: { code: -32002, message: 'unknown' } });
    } else {
      channel.say({ id: message.id, result: {} });
    }
  });
  const client = clientOf(server);
  const filter = { toolsListChanged: true, resourceSubscriptions: ['file:///no', 'file:///yes'] };
  assert.deepEqual(await listen(client, 1, filter), { toolsListChanged: true, resourceSubscriptions: ['file:///yes'] });
  await until(() => client.link.notes('notifications/tools/list_changed').length === 1);
  assert.deepEqual(
    client.link.got.map(({ message }) => message.method),
    ['notifications/subscriptions/acknowledged', 'notifications/tools/list_changed'],
  );
});

test('A wish that is not written as the specification says is refused', async () => {
  const client = clientOf(legacyServer());
  for (const [id, notifications] of [undefined, 5, { toolsListChanged: 'yes' }, { resourceSubscriptions: [1] }].entries()) {
    assert.equal((await client.ask(id, 'subscriptions/listen', { notifications })).error?.code, -32602);
  }
});

/** A server of 2026-07-28 that acknowledges, as far as `grant` says, what it is asked to tell. */
function tellingServer(grant: (filter: Values) => Values | undefined = (filter) => filter): TestChannel {
  return modernServer((message, server) => {
    if (message.method === 'subscriptions/listen') {
      const notifications = grant(message.params?.['notifications'] as Values);
      if (notifications === undefined) {
        server.say({ id: message.id, error: { code: -32603, message: 'too many' } });
      } else {
        server.say({ method: 'notifications/subscriptions/acknowledged', params: { ...tag(message.id as RequestId), notifications } });
      }
    }
  });
}

/** The core's side of an adapted server, after the handshake. */
async function coreOf(
  server: TestChannel,
): Promise<{ got: Message[]; raw: Buffer[]; say: (message: Values) => void; answer: (id: RequestId) => Promise<Message> }> {
  const channel = adaptServer(server);
  const got: Message[] = [];
  const raw: Buffer[] = [];
  channel.onMessage((message) => {
    raw.push(message);
    got.push(JSON.parse(message.toString()) as Message);
  });
  const say = (message: Values): void => channel.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })));
  const answer = (id: RequestId): Promise<Message> =>
    until(() => got.find((message) => message.id === id && message.method === undefined), { everyMs: 2 });
  say({
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'w', version: '1' } },
  });
  await answer(0);
  channel.negotiated('2025-11-25');
  say({ method: 'notifications/initialized' });
  return { got, raw, say, answer };
}

test('A server of 2026-07-28 tells of its lists and of followed resources over one stream at a time', async () => {
  const server = tellingServer(({ resourceSubscriptions: uris, ...kinds }) => ({
    ...kinds,
    ...(Array.isArray(uris) ? { resourceSubscriptions: uris.filter((uri) => uri !== 'no:') } : {}),
  }));
  const core = await coreOf(server);
  const [first] = await until(() => (server.of('subscriptions/listen').length === 1 ? server.of('subscriptions/listen') : undefined));
  assert.deepEqual(first?.params?.['notifications'], { toolsListChanged: true, resourcesListChanged: true });
  await until(() => server.said.includes('notifications/subscriptions/acknowledged'));
  server.say({ method: 'notifications/tools/list_changed', params: tag(first?.id ?? '') });
  assert.equal(core.raw.at(-1)?.toString(), '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');

  core.say({ id: 1, method: 'resources/subscribe', params: { uri: 'a:' } });
  core.say({ id: 2, method: 'resources/subscribe', params: { uri: 'no:' } });
  assert.deepEqual((await core.answer(1)).result, {});
  assert.equal((await core.answer(2)).error?.code, -32602);
  const second = server.of('subscriptions/listen').at(-1);
  assert.equal(server.of('subscriptions/listen').length, 2, 'both were asked for together');
  assert.deepEqual((second?.params?.['notifications'] as Values | undefined)?.['resourceSubscriptions'], ['a:', 'no:']);
  assert.deepEqual(
    server.of('notifications/cancelled').map(({ params }) => params?.['requestId']),
    [first?.id],
    'the old stream ends when the new one runs',
  );

  server.say({ method: 'notifications/resources/updated', params: { uri: 'a:', ...tag(second?.id ?? '') } });
  server.say({ method: 'notifications/resources/updated', params: { uri: 'a:', ...tag(first?.id ?? '') } });
  assert.deepEqual(
    core.got.filter(({ method }) => method?.endsWith('updated')),
    [{ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'a:' } }],
  );

  core.say({ id: 3, method: 'resources/subscribe', params: { uri: 'a:' } });
  assert.deepEqual((await core.answer(3)).result, {});
  core.say({ id: 4, method: 'resources/unsubscribe', params: { uri: 'a:' } });
  assert.deepEqual((await core.answer(4)).result, {});
  const third = await until(() => server.of('subscriptions/listen')[2]);
  assert.deepEqual(third.params?.['notifications'], { toolsListChanged: true, resourcesListChanged: true });
});

test('A stream that the server ends is opened again, one that it refuses answers who waits for it', async () => {
  let refusals = 0;
  const server = tellingServer((filter) => (refusals-- > 0 ? undefined : filter));
  const core = await coreOf(server);
  const first = await until(() => server.of('subscriptions/listen')[0]);
  await until(() => server.said.includes('notifications/subscriptions/acknowledged'));
  refusals = 1;
  core.say({ id: 1, method: 'resources/subscribe', params: { uri: 'a:' } });
  assert.deepEqual((await core.answer(1)).error, { code: -32603, message: 'too many' });
  server.say({ id: first.id, result: { resultType: 'complete', ...tag(first.id ?? '') } });
  const third = await until(() => server.of('subscriptions/listen')[2]);
  assert.deepEqual(third.params?.['notifications'], { toolsListChanged: true, resourcesListChanged: true });
  assert.ok(
    core.got.every(({ id }) => id === undefined || typeof id === 'number'),
    'nothing of the streams themselves reaches the client',
  );
});
