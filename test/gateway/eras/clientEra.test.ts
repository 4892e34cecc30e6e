import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ClientLink } from '../../../src/gateway/clientLink.ts';
import { adaptClient } from '../../../src/gateway/eras/clientEra.ts';
import { messageOf } from '../../../src/node/envelope.ts';
import { until } from '../../support/until.ts';
import { BridgeSession, keys, legacyServer, meta, serverInfo, TestClient, type Message, type TestChannel, type Values } from './bridge.ts';

function clientOf(server: TestChannel): { client: TestClient; sessions: BridgeSession[] } {
  const sessions: BridgeSession[] = [];
  const client = new TestClient((link) => {
    const session = new BridgeSession(server, link);
    sessions.push(session);
    return session;
  }, adaptClient);
  return { client, sessions };
}

const echo = (message: Message, server: TestChannel): void => server.say({ id: message.id, result: { echoed: message.params ?? null } });

test('The messages of a client with a handshake pass without a changed byte, in both directions', async () => {
  const links: ClientLink[] = [];
  const received: Buffer[] = [];
  const calls: string[] = [];
  const client = new TestClient((link) => {
    links.push(link);
    return {
      receive: (message) => void received.push(message),
      drained: () => void calls.push('drained'),
      close: () => Promise.resolve(void calls.push('close')),
    };
  }, adaptClient);
  const odd = [
    '{ "jsonrpc":"2.0", "id": 0,"method":"initialize","params":{"clientInfo":{"name":"io.modelcontextprotocol/protocolVersion server/discover"}}}',
    '[{"jsonrpc":"2.0","method":"notifications/initialized"}]',
    '{"jsonrpc":"2.0","id":1e0,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}',
    'no json',
  ].map((text) => Buffer.from(text));
  odd.forEach((message) => client.session.receive(message));
  assert.ok(received.length === odd.length && received.every((message, index) => message === odd[index]));
  assert.equal(links.length, 1);
  assert.equal(links[0], client.link, 'nothing stands between the session and its link');
  client.session.drained();
  await client.session.close();
  assert.deepEqual(calls, ['drained', 'close']);
});

test('A client of 2026-07-28 learns who it speaks to, and gets its tools, from a server with a handshake', async () => {
  const server = legacyServer((message, channel) => {
    channel.say({ id: message.id, result: { tools: [{ name: 'a', inputSchema: { type: 'object' } }], nextCursor: 'n' } });
  });
  const { client } = clientOf(server);
  const discovered = await client.ask('d', 'server/discover');
  assert.deepEqual(discovered.result, {
    resultType: 'complete',
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: { listChanged: true }, prompts: {}, resources: { listChanged: true, subscribe: true }, logging: {} },
    instructions: 'Be kind.',
    ttlMs: 0,
    cacheScope: 'private',
    _meta: { [keys.server]: serverInfo },
  });
  const listed = await client.ask(1, 'tools/list', { cursor: 'c' });
  assert.deepEqual(listed.result, {
    resultType: 'complete',
    ttlMs: 0,
    cacheScope: 'private',
    _meta: { [keys.server]: serverInfo },
    tools: [{ name: 'a', inputSchema: { type: 'object' } }],
    nextCursor: 'n',
  });
  const [hello, ready, list] = server.heard;
  assert.equal(server.heard.length, 3);
  assert.deepEqual(hello?.params, {
    protocolVersion: '2025-11-25',
    capabilities: { elicitation: { form: {} } },
    clientInfo: { name: 'tester', version: '1' },
  });
  assert.equal(ready?.method, 'notifications/initialized');
  assert.deepEqual(list?.params, { cursor: 'c' });
});

test('A request needs no discovery before it, waits for the handshake, and loses only what is reserved', async () => {
  const server = legacyServer(echo);
  const { client } = clientOf(server);
  const both = await Promise.all([
    client.ask(
      7,
      'tools/call',
      { name: 't', arguments: { _meta: 1, requestState: 2 } },
      meta({ threadId: 'thr', 'x/y': [1], [keys.level]: 'info' }),
    ),
    client.ask('7', 'completion/complete', { ref: { type: 'ref/prompt', name: 'p' } }),
  ]);
  assert.deepEqual(both[0].result?.['echoed'], {
    name: 't',
    arguments: { _meta: 1, requestState: 2 },
    _meta: { threadId: 'thr', 'x/y': [1] },
  });
  assert.deepEqual(both[1].result?.['echoed'], { ref: { type: 'ref/prompt', name: 'p' } });
  assert.equal('ttlMs' in (both[1].result ?? {}), false);
  assert.ok(client.link.got.every(({ message, about }) => message.id === about));
});

test('A client that looks first and then shakes hands gets a session with a handshake, untouched', async () => {
  const servers = [legacyServer(), legacyServer()];
  const sessions: BridgeSession[] = [];
  const client = new TestClient((link) => {
    const session = new BridgeSession(servers[sessions.length] as TestChannel, link);
    sessions.push(session);
    return session;
  }, adaptClient);
  await client.ask(0, 'server/discover');
  const initialize = messageOf({
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  });
  client.session.receive(initialize);
  await until(() => client.link.answer(1));
  assert.equal(sessions[0]?.closes, 1);
  assert.ok(sessions[1]?.received[0] === initialize);
  client.say({ id: 2, method: 'server/discover', params: { _meta: meta() } });
  assert.equal(sessions[1]?.received.length, 2, 'it stays with what it chose');
});

test('A client that works in the new way cannot change to a handshake, and hears which revision is spoken', async () => {
  const { client } = clientOf(legacyServer(echo));
  await client.ask(1, 'tools/call', { name: 't' });
  client.say({ id: 2, method: 'initialize', params: { protocolVersion: '2025-11-25' } });
  assert.deepEqual(client.link.answer(2)?.error, {
    code: -32022,
    message: 'Unsupported protocol version',
    data: { supported: ['2026-07-28'], requested: '2025-11-25' },
  });
});

test('What a request must say of itself is checked', async () => {
  const { client } = clientOf(legacyServer(echo));
  const without = (key: string): Values => Object.fromEntries(Object.entries(meta()).filter(([name]) => name !== key));
  const cases: [code: number, said: unknown][] = [
    [-32602, undefined],
    [-32602, 5],
    [-32602, without(keys.version)],
    [-32602, without(keys.capabilities)],
    [-32602, meta({ [keys.version]: 20260728 })],
    [-32602, meta({ [keys.capabilities]: [] })],
    [-32602, meta({ [keys.info]: { name: 'no version' } })],
    [-32602, meta({ [keys.level]: 'loud' })],
    [-32022, meta({ [keys.version]: '2025-11-25' })],
    [-32022, { [keys.version]: '2099-01-01' }],
  ];
  await client.ask('first', 'server/discover');
  cases.forEach(([, said], id) => client.say({ id, method: 'tools/list', params: said === undefined ? {} : { _meta: said } }));
  for (const [id, [code]] of cases.entries()) {
    assert.equal(client.link.answer(id)?.error?.code, code, String(id));
  }
  assert.deepEqual(client.link.answer(9)?.error?.data, { supported: ['2026-07-28'], requested: '2099-01-01' });
  assert.ok((await client.ask('bare', 'tools/call', { name: 't' }, without(keys.info))).result, 'a client need not say its name');
});

test('An unknown revision in the very first message is answered in the new way', () => {
  const { client, sessions } = clientOf(legacyServer());
  client.session.receive(
    Buffer.from(
      '{"jsonrpc":"2.0","id":1,"method":"server\\/discover","params":{"_meta":{"io.modelcontextprotocol\\/protocolVersion":"2030-01-01"}}}',
    ),
  );
  assert.equal(client.link.answer(1)?.error?.code, -32022);
  assert.equal(sessions.length, 0);
});

test('What the revision removed is not there, and what it never had is not either', async () => {
  const server = legacyServer((message, channel) => channel.say({ id: message.id, error: { code: -32601, message: 'unknown' } }));
  const { client } = clientOf(server);
  const gone = ['ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe', 'tasks/list', 'no/such'];
  for (const [id, method] of gone.entries()) {
    assert.equal((await client.ask(id, method)).error?.code, -32601, method);
  }
  assert.deepEqual(
    server.heard.map(({ method }) => method),
    ['initialize', 'notifications/initialized', 'no/such'],
  );
});

test('A refused handshake answers the request that waited for it, and the next request tries again', async () => {
  let refusals = 1;
  const server: TestChannel = legacyServer(echo);
  const original = server.send.bind(server);
  server.send = (message) => {
    if (message.includes('"initialize"') && refusals-- > 0) {
      const { id } = JSON.parse(message.toString()) as Message;
      setImmediate(() => server.say({ id, error: { code: -32050, message: 'not allowed', data: { code: 'WHARF_X' } } }));
    } else {
      original(message);
    }
  };
  const { client } = clientOf(server);
  const refused = await client.ask(1, 'server/discover');
  assert.deepEqual(
    refused.error,
    { code: -32603, message: 'not allowed', data: { code: 'WHARF_X' } },
    'codes from -32020 to -32099 belong to the specification',
  );
  assert.ok((await client.ask(2, 'tools/call', { name: 't' })).result);
});

test('Results keep every byte but for what is added, large or small, whatever they hold', async () => {
  const big = `{"content":[{"type":"text","text":"${'ä\\"\\u00e4 '.repeat(200_000)}"}],"structuredContent":{"n":12345678901234567890.10}}`;
  const inMeta =
    '{"_meta":{"a/b":1.50,"io.modelcontextprotocol/serverInfo":{"name":"other","version":"0"}},"content":[],"resultType":"odd"}';
  const results = ['{}', '{ }', big, inMeta, '{"content":[{"type":"text","text":"\\"_meta\\""}]}'];
  const server = legacyServer((message, channel) => {
    const { arguments: args } = message.params as { arguments: { index: number; shape: string } };
    const result = results[args.index] as string;
    const shapes: Readonly<Record<string, string>> = {
      usual: `{"jsonrpc":"2.0","id":${message.id},"result":${result}}`,
      sdk: `{"result":${result},"jsonrpc":"2.0","id":${message.id}}`,
    };
    channel.say(Buffer.from(shapes[args.shape] as string));
  });
  const { client } = clientOf(server);
  const own = `"resultType":"complete","_meta":{"${keys.server}":{"name":"scripted","version":"7"}}`;
  const expected = [
    `{${own}}`,
    `{${own} }`,
    `{${own},${big.slice(1)}`,
    `{"resultType":"complete","_meta":{"${keys.server}":{"name":"scripted","version":"7"},"a/b":1.50},"content":[]}`,
    `{${own},${results[4]?.slice(1)}`,
  ];
  for (const shape of ['usual', 'sdk']) {
    for (const [index, result] of expected.entries()) {
      const id = `${shape}-${index}`;
      await client.ask(id, 'tools/call', { name: 't', arguments: { index, shape } });
      const raw = client.link.raw.at(-1)?.toString() ?? '';
      assert.ok(raw === `{"jsonrpc":"2.0","id":"${id}","result":${result}}`, `${id}: ${raw.slice(0, 300)}`);
    }
  }
});

test('Errors of older revisions become those of the new one', async () => {
  const server = legacyServer((message, channel) =>
    channel.say({ id: message.id, error: { code: message.params?.['code'], message: 'm', data: [1] } }),
  );
  const { client } = clientOf(server);
  for (const [code, expected] of [
    [-32002, -32602],
    [-32050, -32603],
    [-32021, -32021],
    [-32601, -32601],
    [17, 17],
    [-32042, -32603],
  ]) {
    assert.deepEqual((await client.ask(`e${code}`, 'resources/read', { uri: 'a:b', code })).error, {
      code: expected,
      message: 'm',
      data: [1],
    });
  }
});

test('Progress comes under the token of the request that asked for it', async () => {
  const server = legacyServer((message, channel) => {
    const token = (message.params?.['_meta'] as Values | undefined)?.['progressToken'];
    channel.say({ method: 'notifications/progress', params: { progressToken: token ?? 5, progress: 1, message: 'half' } });
    channel.say({ id: message.id, result: {} });
  });
  const { client } = clientOf(server);
  await client.ask(1, 'tools/call', { name: 't' }, meta({ progressToken: 'mine' }));
  await client.ask(2, 'tools/call', { name: 't' });
  assert.deepEqual(
    client.link.notes('notifications/progress').map(({ params }) => params),
    [{ progressToken: 'mine', progress: 1, message: 'half' }],
  );
  assert.equal(client.link.got.find(({ message }) => message.method === 'notifications/progress')?.about, 1);
});

test('Log messages come only for a request that wants them, from its level on', async () => {
  const server = legacyServer((message, channel) => {
    for (const level of ['debug', 'info', 'error']) {
      channel.say({ method: 'notifications/message', params: { level, data: `${level} for ${String(message.params?.['name'])}` } });
    }
    channel.say({ id: message.id, result: {} });
  });
  const { client } = clientOf(server);
  await client.ask(1, 'tools/call', { name: 'none' });
  await client.ask(2, 'tools/call', { name: 'errors' }, meta({ [keys.level]: 'error' }));
  await client.ask(3, 'tools/call', { name: 'infos' }, meta({ [keys.level]: 'info' }));
  await client.ask(4, 'tools/call', { name: 'errors again' }, meta({ [keys.level]: 'error' }));
  server.say({ method: 'notifications/message', params: { level: 'emergency', data: 'for nobody' } });
  const data = client.link.notes('notifications/message').map(({ params }) => params?.['data']);
  assert.deepEqual(data, ['error for errors', 'info for infos', 'error for infos', 'error for errors again']);
  assert.deepEqual(
    server.of('logging/setLevel').map(({ params }) => params),
    [{ level: 'error' }, { level: 'info' }],
  );
});

test('A cancelled request is cancelled at the server and gets no answer', async () => {
  const server = legacyServer();
  const { client } = clientOf(server);
  client.say({ id: 1, method: 'tools/call', params: { name: 'early', _meta: meta() } });
  client.say({ method: 'notifications/cancelled', params: { requestId: 1 } });
  client.say({ id: 'late', method: 'tools/call', params: { name: 'late', _meta: meta() } });
  const [call] = await until(() => (server.of('tools/call').length > 0 ? server.of('tools/call') : undefined));
  assert.equal(call?.params?.['name'], 'late', 'what still waited for the handshake never goes out');
  client.say({ method: 'notifications/cancelled', params: { requestId: 'late', reason: 'enough' } });
  assert.deepEqual(
    server.of('notifications/cancelled').map(({ params }) => params),
    [{ requestId: call?.id, reason: 'enough' }],
  );
  server.say({ id: call?.id, result: {} });
  client.say({ method: 'notifications/cancelled', params: { requestId: 'unknown' } });
  assert.equal(client.link.got.length, 0);
});

test('Requests with other capabilities get a session of their own, and two with one id do not', async () => {
  const servers: TestChannel[] = [];
  const client = new TestClient((link) => {
    servers.push(legacyServer((message, channel) => message.params?.['name'] !== 'hang' && echo(message, channel)));
    return new BridgeSession(servers.at(-1) as TestChannel, link);
  }, adaptClient);
  await client.ask(1, 'server/discover', {}, meta({}, {}));
  await client.ask(2, 'tools/call', { name: 't' });
  await client.ask(3, 'tools/call', { name: 't' }, meta({}, { elicitation: { form: {} }, extensions: { 'a/b': {} } }));
  assert.deepEqual(
    servers.map((server) => server.of('initialize')[0]?.params?.['capabilities']),
    [{}, { elicitation: { form: {} } }],
  );
  client.say({ id: 4, method: 'tools/call', params: { name: 'hang', _meta: meta() } });
  assert.equal((await client.ask(4, 'tools/call', { name: 't' }, meta({}, {}))).error?.code, -32600);
  for (const index of [1, 2, 3]) {
    await client.ask(`more ${index}`, 'tools/call', { name: 't' }, meta({}, { sampling: { index } }));
  }
  assert.equal(servers.length, 5);
  assert.deepEqual(
    servers.map(({ calls }) => calls.includes('stop')),
    [true, false, false, false, false],
    'the one that was idle longest made room',
  );
  await client.session.close();
  assert.ok(servers.every(({ calls }) => calls.includes('stop')));
});

test('What is no message is said to be none', async () => {
  const { client } = clientOf(legacyServer());
  await client.ask(1, 'server/discover');
  client.session.receive(Buffer.from('[]'));
  client.session.receive(Buffer.from('{"jsonrpc":"2.0","id":3,"result":{}}'));
  client.session.receive(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
  assert.deepEqual(
    client.link.got.slice(1).map(({ message }) => message.error?.code),
    [-32700],
  );
});
