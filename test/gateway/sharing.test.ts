import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedServer, soundServer, type Heard } from '../support/scriptedServer.ts';
import { TestGateway, TestSession } from '../support/testSession.ts';
import { until } from '../support/until.ts';

const shared = { share: 'user' } as const;

function echo({ id, method, params }: Heard, server: ScriptedServer): void {
  if (method === 'tools/call') {
    server.send({ id, result: { content: [{ type: 'text', text: JSON.stringify(params?.['arguments']) }] } });
  }
}

function textOf(reply: { readonly result?: unknown }): string | undefined {
  return (reply.result as { content?: readonly { text?: string }[] } | undefined)?.content?.at(-1)?.text;
}

test('100 first calls of ten clients start one server, and each gets its own answer', async () => {
  let launches = 0;
  const gateway = new TestGateway({
    one: () => {
      launches += 1;
      return soundServer(['a'], echo);
    },
  });
  const clients = Array.from({ length: 10 }, () => new TestSession(gateway, shared));
  await Promise.all(clients.map((client) => client.initialize()));
  const replies = await Promise.all(
    clients.flatMap((client, of) =>
      Array.from({ length: 10 }, async (_, call) => [
        textOf(await client.request('tools/call', { name: 'a', arguments: { of, call } })),
        JSON.stringify({ of, call }),
      ]),
    ),
  );
  replies.forEach(([got, wanted]) => assert.equal(got, wanted));
  assert.equal(launches, 1);
});

test('clients that use the same progress token each hear of their own call only', async () => {
  const open: Heard[] = [];
  const server = soundServer(['a'], (message) => message.method === 'tools/call' && open.push(message));
  const gateway = new TestGateway({ one: () => server });
  const [first, second] = [new TestSession(gateway, shared), new TestSession(gateway, shared)];
  for (const client of [first, second]) {
    await client.initialize();
    await client.toolNames();
    client.begin('tools/call', { name: 'a', _meta: { progressToken: 0 } });
  }
  await until(() => open.length === 2);
  open.forEach(({ params }, index) =>
    server.send({
      method: 'notifications/progress',
      params: { progressToken: (params?.['_meta'] as { progressToken?: number } | undefined)?.progressToken, progress: index + 1 },
    }),
  );
  for (const [index, client] of [first, second].entries()) {
    const heard = await until(() => client.messages.find(({ method }) => method === 'notifications/progress'));
    assert.deepEqual(heard.params, { progressToken: 0, progress: index + 1 });
  }
});

test('a server of a session of its own runs once for each client, and ends with it', async () => {
  const servers: ScriptedServer[] = [];
  const gateway = new TestGateway({
    one: () => {
      const server = soundServer(['a'], echo);
      servers.push(server);
      return server;
    },
  });
  const clients = [new TestSession(gateway), new TestSession(gateway)];
  for (const client of clients) {
    await client.initialize();
    await client.request('tools/call', { name: 'a' });
  }
  assert.equal(servers.length, 2);
  await clients[0]?.session.close();
  assert.deepEqual(
    servers.map(({ stops }) => stops > 0),
    [true, false],
  );
});

test('a shared server outlives its clients and is stopped when it was idle', async () => {
  const servers: ScriptedServer[] = [];
  const gateway = new TestGateway({
    one: () => {
      const server = soundServer(['a'], echo);
      servers.push(server);
      return server;
    },
  });
  const more = { ...shared, idleTimeoutMs: 700 };
  const client = new TestSession(gateway, more);
  await client.initialize();
  await client.request('tools/call', { name: 'a' });
  assert.equal(servers[0]?.stops, 0);
  await until(() => (servers[0]?.stops ?? 0) > 0, { what: 'the idle server to be stopped' });
  // The client notices nothing.
  assert.equal(textOf(await client.request('tools/call', { name: 'a', arguments: { x: 1 } })), '{"x":1}');
  assert.equal(servers.length, 2);
});

test('a server that is asked something of its client passes it to the only one whose call it works on', async () => {
  const server = soundServer(['a'], (message, self) => {
    if (message.method === 'tools/call') {
      self.send({ id: 'q1', method: 'elicitation/create', params: { message: 'Which one?', requestedSchema: { type: 'object' } } });
    }
  });
  const gateway = new TestGateway({ one: () => server });
  const [asking, idle] = [new TestSession(gateway, shared), new TestSession(gateway, shared)];
  for (const client of [asking, idle]) {
    await client.initialize({ elicitation: {} });
    await client.toolNames();
  }
  asking.begin('tools/call', { name: 'a' });
  const question = await until(() => asking.messages.find(({ method }) => method === 'elicitation/create'));
  assert.equal((question.params as { message?: string }).message, 'Which one?');
  asking.send({ id: question.id, result: { action: 'accept', content: { one: 1 } } });
  const answer = await until(() => server.heard.find(({ id }) => String(id) === 'q1') as { result?: unknown } | undefined);
  assert.deepEqual(answer.result, { action: 'accept', content: { one: 1 } });
  assert.equal(
    idle.messages.some(({ method }) => method === 'elicitation/create'),
    false,
  );
});

test('with two clients at work nobody is asked, and nobody hears the log of the other', async () => {
  const server = soundServer(['a']);
  const gateway = new TestGateway({ one: () => server });
  const clients = [new TestSession(gateway, shared), new TestSession(gateway, shared)];
  for (const client of clients) {
    await client.initialize({ elicitation: {} });
    await client.toolNames();
    client.begin('tools/call', { name: 'a' });
  }
  await until(() => server.heard.filter(({ method }) => method === 'tools/call').length === 2);
  server.send({ method: 'notifications/message', params: { level: 'info', data: 'about whom?' } });
  server.send({ id: 'q1', method: 'elicitation/create', params: { message: 'Who?' } });
  const answer = await until(() => server.heard.find(({ id }) => String(id) === 'q1') as { error?: { message: string } } | undefined);
  assert.match(answer.error?.message ?? '', /Several clients share this server/);
  assert.ok(gateway.log.some((line) => line.includes('share: session')));
  assert.equal(
    clients.some((client) => client.messages.some(({ method }) => method !== undefined)),
    false,
  );
});

test('a client with other capabilities gets a server of its own', async () => {
  let launches = 0;
  const gateway = new TestGateway({
    one: () => {
      launches += 1;
      return soundServer(['a'], echo);
    },
  });
  for (const capabilities of [{}, { elicitation: {} }, { sampling: {} }]) {
    const client = new TestSession(gateway, shared);
    await client.initialize(capabilities);
    await client.request('tools/call', { name: 'a' });
  }
  assert.equal(launches, 3);
});

test('a call that only reads is made again when its server is lost, any other call is not', async () => {
  const tools = [
    { name: 'read', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
    { name: 'write', inputSchema: { type: 'object' } },
  ];
  let run = 0;
  const gateway = new TestGateway({
    one: () => {
      const isFirst = run++ === 0;
      return new ScriptedServer((message, server) => {
        const { id, method } = message;
        if (method === 'initialize') {
          server.send({
            id,
            result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
          });
        } else if (method === 'tools/list') {
          server.send({ id, result: { tools } });
        } else if (method === 'tools/call' && (isFirst || message.params?.['name'] === 'write')) {
          server.end(1);
        } else {
          echo(message, server);
        }
      });
    },
  });
  const client = new TestSession(gateway, shared);
  await client.initialize();
  assert.equal(textOf(await client.request('tools/call', { name: 'read', arguments: { x: 1 } })), '{"x":1}');
  assert.equal(run, 2);
  assert.equal((await client.request('tools/call', { name: 'write' })).error?.data?.code, 'WHARF_SERVER_GONE');
  assert.equal(run, 2);
});

test('a server that ends again and again is left alone for a while, and says so', async () => {
  let launches = 0;
  const gateway = new TestGateway({
    one: () => {
      launches += 1;
      return soundServer(['a'], ({ method }, server) => method === 'tools/call' && server.end(1));
    },
  });
  const client = new TestSession(gateway, shared);
  await client.initialize();
  await client.toolNames();
  const codes: (string | undefined)[] = [];
  for (let call = 0; call < 8; call++) {
    codes.push((await client.request('tools/call', { name: 'a' })).error?.data?.code);
  }
  assert.equal(codes[0], 'WHARF_SERVER_GONE');
  assert.equal(codes.at(-1), 'WHARF_SERVER_CRASHING');
  assert.equal(launches, 5);
});

test('no more servers run than may run: an idle one leaves its place, and a busy one is waited for', async () => {
  const servers: ScriptedServer[] = [];
  const hold: (() => void)[] = [];
  const gateway = new TestGateway(
    {
      one: () => {
        const server = soundServer(['a'], (message, self) => {
          if (message.params?.['name'] === 'a') {
            hold.push(() => echo(message, self));
          }
        });
        servers.push(server);
        return server;
      },
    },
    2,
  );
  const clients = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const client = new TestSession(gateway);
      await client.initialize();
      return client;
    }),
  );
  const ids = clients.map((client) => client.begin('tools/call', { name: 'a' }));
  await until(() => hold.length === 2);
  assert.equal(servers.length, 2);
  hold.splice(0).forEach((answer) => answer());
  // The third call takes the place of a server that rests now.
  await until(() => hold.length === 1, { what: 'the third call to reach a server' });
  hold.splice(0).forEach((answer) => answer());
  for (const [index, client] of clients.entries()) {
    assert.equal((await client.answerTo(ids[index] ?? 0)).error, undefined);
  }
  assert.equal(servers.filter(({ stops }) => stops > 0).length, 1);
});

test('a client that does not read slows its own server down, and the server goes on when it reads again', async () => {
  const server = soundServer(['a'], echo);
  const client = new TestSession({ one: () => server });
  await client.initialize();
  await client.toolNames();
  client.queuedBytes = 64 * 1024 * 1024;
  await client.request('tools/call', { name: 'a' });
  assert.equal(server.paused, true);
  client.queuedBytes = 0;
  client.session.drained();
  assert.equal(server.paused, false);
});

test("a limit that one client sets counts its own servers, and ends no other client's", async () => {
  const gateway = new TestGateway({ one: () => soundServer(['a'], echo), two: () => soundServer(['b'], echo) });
  const first = new TestSession(gateway, { share: 'session' });
  await first.initialize();
  await first.request('tools/call', { name: 'a' });
  const second = new TestSession(gateway, { share: 'session' }, { settings: { maxInstances: 1 } });
  await second.initialize();
  assert.equal((await second.request('tools/call', { name: 'a' })).error, undefined);
  // Its one place goes from one of its servers to the other.
  assert.equal((await second.request('tools/call', { name: 'b' })).error, undefined);
  const running = gateway.pool.reports().map(({ server, sessions, state }) => [server, sessions.length, state.kind]);
  assert.deepEqual(running, [
    ['one', 1, 'ready'],
    ['two', 1, 'ready'],
    ['two', 1, 'ready'],
  ]);
  assert.doesNotMatch(JSON.stringify((await first.request('tools/call', { name: 'a' })).result), /restarted/);
});

test('a client that comes after a secret changed gets a shared server with the new value, and a call that runs is finished first', async () => {
  const values: (string | undefined)[] = [];
  let finish: (() => void) | undefined;
  const gateway = new TestGateway({
    one: ({ env }) => {
      values.push(env['TOKEN']);
      return soundServer(['a'], (message, server) => {
        if ((message.params?.['arguments'] as { slow?: true } | undefined)?.slow === true) {
          finish = () => echo(message, server);
        } else {
          echo(message, server);
        }
      });
    },
  });
  const withSecret = { ...shared, secrets: [{ env: 'TOKEN', reference: 'file:///somewhere', as: 'env' }] } as const;
  const come = async (): Promise<TestSession> => {
    const client = new TestSession(gateway, withSecret);
    await client.initialize();
    return client;
  };
  gateway.secret = ['first', 'value'].join('-');
  const first = await come();
  await first.request('tools/call', { name: 'a' });
  await (await come()).request('tools/call', { name: 'a' });
  assert.deepEqual(values, ['first-value'], 'nothing changed yet');
  const slow = first.begin('tools/call', { name: 'a', arguments: { slow: true } });
  const answerSlow = await until(() => finish);
  gateway.secret = ['second', 'value'].join('-');
  const late = await come();
  const call = late.begin('tools/call', { name: 'a' });
  await until(() => gateway.pool.all.some((instance) => instance.upstream === undefined), { what: 'the old copy to be given up' });
  answerSlow();
  assert.equal((await first.answerTo(slow)).error, undefined);
  assert.equal((await late.answerTo(call)).error, undefined);
  assert.deepEqual(values, ['first-value', 'second-value']);
});
