import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, ListRootsRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

import { until } from '../../support/until.ts';
import { startFront, startRelay, token } from './front.ts';
import { textResult } from './scriptedSession.ts';

interface Sdk {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  readonly errors: Error[];
}

async function connect(
  t: TestContext,
  { origin }: { readonly origin: string },
  path = '/mcp',
  before: (client: Client) => void = () => undefined,
): Promise<Sdk> {
  const client = new Client({ name: 'sdk', version: '1' }, { capabilities: { elicitation: {}, roots: {} } });
  const errors: Error[] = [];
  // The SDK has this property only.
  Object.assign(client, { onerror: (error: Error) => void errors.push(error) });
  before(client);
  const transport = new StreamableHTTPClientTransport(new URL(`${origin}${path}`), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
    reconnectionOptions: { initialReconnectionDelay: 10, maxReconnectionDelay: 50, reconnectionDelayGrowFactor: 1, maxRetries: 20 },
  });
  await client.connect(transport);
  t.after(() => client.close());
  return { client, transport, errors };
}

function firstText(result: unknown): unknown {
  return (result as { readonly content: readonly { readonly text: string }[] }).content[0]?.text;
}

test('the SDK client lists, calls, hears progress and leaves', async (t) => {
  const front = await startFront(t);
  const { client, transport, errors } = await connect(t, front);
  assert.equal(client.getServerVersion()?.name, 'scripted one');
  assert.deepEqual(
    (await client.listTools()).tools.map(({ name }) => name),
    ['echo'],
  );
  assert.equal(firstText(await client.callTool({ name: 'echo', arguments: { a: 1 } })), '{"a":1}');
  assert.equal(firstText(await client.callTool({ name: 'progress' })), 'done');
  await transport.terminateSession();
  assert.equal(front.sessions[0]?.isClosed, true);
  assert.deepEqual(
    errors.map(({ message }) => message).filter((message) => !/progress/.test(message)),
    [],
  );
});

test('the SDK client is asked on the stream of its call, and on its own stream', async (t) => {
  const front = await startFront(t);
  const changes: string[] = [];
  const { client } = await connect(t, front, '/p/two/mcp', (sdk) => {
    sdk.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Grace' } }));
    sdk.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///here' }] }));
    sdk.setNotificationHandler(ToolListChangedNotificationSchema, ({ method }) => void changes.push(method));
  });
  assert.match(String(firstText(await client.callTool({ name: 'elicit' }))), /Grace/);
  // Right after the handshake, when the stream may not be open yet.
  const roots = await front.sessions[0]?.ask('roots/list', {});
  assert.deepEqual(roots?.result, { roots: [{ uri: 'file:///here' }] });
  front.sessions[0]?.tell('notifications/tools/list_changed', {});
  await until(() => changes.length === 1);
});

test('the SDK client cancels a call, and the next one works', async (t) => {
  const front = await startFront(t);
  const { client } = await connect(t, front);
  const leaving = new AbortController();
  const call = client.callTool({ name: 'hold' }, undefined, { signal: leaving.signal });
  await until(() => front.sessions[0]?.callsOf('hold').length === 1);
  leaving.abort('enough');
  await assert.rejects(call, /enough/);
  await until(() => front.sessions[0]?.methods.includes('notifications/cancelled'));
  assert.equal(firstText(await client.callTool({ name: 'echo', arguments: {} })), '{}');
});

test('the SDK client resumes a call whose connection broke, and its own stream', async (t) => {
  const front = await startFront(t);
  const changes: string[] = [];
  const relay = await startRelay(t, front.front.port);
  const { client } = await connect(t, relay, '/mcp', (sdk) =>
    sdk.setNotificationHandler(ToolListChangedNotificationSchema, ({ method }) => void changes.push(method)),
  );
  const call = client.callTool({ name: 'begin' });
  const [session] = front.sessions;
  assert.ok(session);
  const begun = await until(() => session.callsOf('begin')[0]);
  session.tell('notifications/tools/list_changed', {});
  await until(() => changes.length === 1);
  relay.breakConnections();
  session.tell('notifications/tools/list_changed', {});
  session.reply(begun.id ?? '', textResult('survived'));
  assert.equal(firstText(await call), 'survived');
  await until(() => changes.length === 2);
});

test('the SDK client fails with a clear word where the token is wrong', async (t) => {
  const front = await startFront(t, { token: 'another' });
  await assert.rejects(connect(t, front), /does not carry the bearer token/);
  assert.equal(front.sessions.length, 0);
});
