import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strictIsolation } from '../../src/core/profile/profile.ts';
import { Places, type PlaceWish } from '../../src/gateway/instances/places.ts';
import { ok } from '../../src/shared/result.ts';
import { ScriptedServer, soundServer, type Heard } from '../support/scriptedServer.ts';
import { TestGateway, TestSession } from '../support/testSession.ts';
import { until } from '../support/until.ts';

const shared = { share: 'user' } as const;
const many = Number.MAX_SAFE_INTEGER;

function wish(server: string, who: string, limit = many): PlaceWish {
  return { server, entry: `the entry of ${server}`, limit, who, total: many, owner: {} };
}

function answering({ id, method }: Heard, server: ScriptedServer): void {
  if (method === 'tools/call') {
    server.send({ id, result: { content: [{ type: 'text', text: 'done' }] } });
  }
}

test('a call without an answer or progress is cancelled after its time, and the client is told', async () => {
  const server = soundServer(['a']);
  const client = new TestSession({ one: () => server }, { callTimeoutMs: 300 });
  await client.initialize();
  await client.toolNames();
  const { error } = await client.request('tools/call', { name: 'a' });
  assert.equal(error?.data?.code, 'WHARF_CALL_TIMEOUT');
  const call = server.heard.find(({ method }) => method === 'tools/call');
  const cancelled = await until(() => server.heard.find(({ method }) => method === 'notifications/cancelled'));
  assert.equal(cancelled.params?.['requestId'], call?.id);
});

test('progress gives a call more time', async () => {
  const server = soundServer(['a'], ({ id, method, params }, self) => {
    if (method === 'tools/call') {
      const token = (params?.['_meta'] as { progressToken?: number } | undefined)?.progressToken;
      let step = 0;
      const timer = setInterval(() => {
        step += 1;
        self.send({ method: 'notifications/progress', params: { progressToken: token, progress: step } });
        if (step === 8) {
          clearInterval(timer);
          self.send({ id, result: { content: [] } });
        }
      }, 300);
    }
  });
  const client = new TestSession({ one: () => server }, { callTimeoutMs: 1_000 });
  await client.initialize();
  await client.toolNames();
  assert.equal((await client.request('tools/call', { name: 'a', _meta: { progressToken: 1 } })).error, undefined);
});

test('while a person answers a question of the server, the time of the call stands still', async () => {
  const server = soundServer(['a'], (message, self) => {
    if (message.method === 'tools/call' && self.heard.filter(({ method }) => method === 'tools/call').length === 1) {
      self.send({ id: 'q', method: 'elicitation/create', params: { message: 'Well?' } });
    } else if (String(message.id) === 'q') {
      self.send({ id: self.heard.find(({ method }) => method === 'tools/call')?.id, result: { content: [] } });
    }
  });
  const client = new TestSession({ one: () => server }, { callTimeoutMs: 400 });
  await client.initialize({ elicitation: {} });
  await client.toolNames();
  const id = client.begin('tools/call', { name: 'a' });
  const question = await until(() => client.messages.find(({ method }) => method === 'elicitation/create'));
  // One that came later, and about which nobody is asked, has run out of its time meanwhile.
  assert.equal((await client.request('tools/call', { name: 'a' })).error?.data?.code, 'WHARF_CALL_TIMEOUT');
  client.send({ id: question.id, result: { action: 'accept', content: {} } });
  assert.equal((await client.answerTo(id)).error, undefined);
});

test('a server that rested and gives no sign of life is replaced before it gets the next call', async () => {
  const servers: ScriptedServer[] = [];
  const gateway = new TestGateway({
    one: () => {
      const isFirst = servers.length === 0;
      const server = soundServer(['a'], (message, self) => {
        if (message.method === 'ping' && !isFirst) {
          self.send({ id: message.id, result: {} });
        }
        answering(message, self);
      });
      servers.push(server);
      return server;
    },
  });
  const client = new TestSession(gateway, shared);
  await client.initialize();
  await client.request('tools/call', { name: 'a' });
  const [instance] = gateway.pool.all;
  assert.ok(instance);
  instance.uses.idleSince -= 31_000;
  assert.equal((await client.request('tools/call', { name: 'a' })).error, undefined);
  assert.equal(servers.length, 2);
  assert.equal(servers[0]?.stops, 1);
});

test('an idle server that may be paused is frozen, and goes on with the next call', async () => {
  const frozen: string[] = [];
  const server = Object.assign(soundServer(['a'], answering), {
    freeze: () => Promise.resolve(ok((frozen.push('freeze'), null))),
    thaw: () => Promise.resolve(ok((frozen.push('thaw'), null))),
  });
  const gateway = new TestGateway({ one: () => server });
  const client = new TestSession(gateway, { onIdle: 'pause', idleTimeoutMs: 100 });
  await client.initialize();
  await client.request('tools/call', { name: 'a' });
  await until(() => frozen.length === 1);
  assert.equal(gateway.pool.all[0]?.state.kind, 'paused');
  assert.equal((await client.request('tools/call', { name: 'a' })).error, undefined);
  assert.deepEqual(frozen.slice(0, 2), ['freeze', 'thaw']);
  assert.equal(server.stops, 0);
});

test('of a server that may run once, two clients in need of their own use the one place by turns, and are told', async () => {
  const servers: ScriptedServer[] = [];
  const gateway = new TestGateway({
    one: () => {
      const server = soundServer(['a'], answering);
      servers.push(server);
      return server;
    },
  });
  const clients = [new TestSession(gateway, { maxInstances: 1 }), new TestSession(gateway, { maxInstances: 1 })];
  for (const client of clients) {
    await client.initialize();
    await client.request('tools/call', { name: 'a' });
  }
  const again = await clients[0]?.request('tools/call', { name: 'a' });
  assert.match(JSON.stringify(again?.result), /\[Wharf\] The server \\"one\\" was restarted since your last call/);
  assert.equal(servers.filter(({ stops }) => stops === 0).length, 1);
});

test('of a server that may run once, a client in another project and one that may be asked more wait for the same place', async () => {
  const servers: ScriptedServer[] = [];
  const gateway = new TestGateway({
    one: () => {
      const server = soundServer(['a'], answering);
      servers.push(server);
      return server;
    },
  });
  const mounts = [{ source: '${workspace}', target: '/work', readOnly: true }];
  const entry = { maxInstances: 1, share: 'session', isolation: { ...strictIsolation, mounts } } as const;
  const runs = async (workspace: string, capabilities: Readonly<Record<string, unknown>>): Promise<void> => {
    const client = new TestSession(gateway, entry, { workspace });
    await client.initialize(capabilities);
    assert.equal((await client.request('tools/call', { name: 'a' })).error, undefined);
    assert.equal(servers.filter(({ stops }) => stops === 0).length, 1);
  };
  await runs('/one', {});
  await runs('/other', {});
  await runs('/other', { elicitation: {} });
});

test('places are given by turns: the client whose last turn is longest ago comes first', async () => {
  const places = new Places(1);
  const given: string[] = [];
  const take = async (who: string): Promise<void> => {
    const place = await places.take(wish('s', who), 5_000);
    assert.ok(place.ok);
    given.push(who);
    setImmediate(place.value);
  };
  await Promise.all(['greedy', 'greedy', 'greedy', 'modest', 'greedy'].map(take));
  assert.deepEqual(given.slice(0, 2), ['greedy', 'modest']);
  assert.equal(given.length, 5);
});

test('who finds no place in time is told so, and so is everyone beyond the queue', async () => {
  const places = new Places(1);
  assert.ok((await places.take(wish('s', 'first'), 100)).ok);
  const late = await places.take(wish('s', 'second'), 20);
  assert.equal(late.ok ? '' : late.problem.code, 'WHARF_SERVERS_BUSY');
  assert.match(late.ok ? '' : late.problem.message, /the server "s" found no place/);
  const waiting = Array.from({ length: 200 }, () => places.take(wish('s', 'third'), 50));
  const refused = await places.take(wish('s', 'fourth'), 60_000);
  assert.equal(refused.ok ? '' : refused.problem.code, 'WHARF_SERVERS_BUSY');
  assert.ok((await Promise.all(waiting)).every((place) => !place.ok));
});

test('a limit of one server leaves places for the others', async () => {
  const places = new Places(3);
  assert.ok((await places.take(wish('a', 'x', 1), 100)).ok);
  assert.equal((await places.take(wish('a', 'x', 1), 20)).ok, false);
  assert.ok((await places.take(wish('b', 'x', 1), 100)).ok);
});

test('300 tools are listed whole and each can be called; pages are put together', async () => {
  const names = Array.from({ length: 300 }, (_, index) => `tool_${index}`);
  const page = (from: number): unknown => ({
    tools: names.slice(from, from + 100).map((name) => ({ name, inputSchema: { type: 'object' } })),
    ...(from + 100 < names.length ? { nextCursor: String(from + 100) } : {}),
  });
  const server = new ScriptedServer((message, self) => {
    if (message.method === 'tools/list') {
      self.send({ id: message.id, result: page(Number(message.params?.['cursor'] ?? 0)) });
    } else {
      const sound = soundServer([], answering);
      sound.onStdout((bytes) => self.say(bytes));
      void sound.write(Buffer.from(JSON.stringify(message)));
    }
  });
  const client = new TestSession({ one: () => server }, shared);
  await client.initialize();
  assert.deepEqual(await client.toolNames(), names);
  assert.equal((await client.request('tools/call', { name: 'tool_299' })).error, undefined);
});

test('a request for a completion of the model goes to the client and back', async () => {
  const server = soundServer(['a'], (message, self) => {
    if (message.method === 'tools/call') {
      self.send({ id: 7, method: 'sampling/createMessage', params: { messages: [], maxTokens: 5 } });
    } else if (message.method === undefined) {
      self.send({ id: self.heard.find(({ method }) => method === 'tools/call')?.id, result: { content: [] } });
    }
  });
  const client = new TestSession({ one: () => server });
  await client.initialize({ sampling: {} });
  await client.toolNames();
  const id = client.begin('tools/call', { name: 'a' });
  const question = await until(() => client.messages.find(({ method }) => method === 'sampling/createMessage'));
  client.send({ id: question.id, result: { role: 'assistant', content: { type: 'text', text: 'hi' }, model: 'm' } });
  assert.equal((await client.answerTo(id)).error, undefined);
  const answer = server.heard.find(({ id: its }) => its === 7) as unknown as { result: { model: string } };
  assert.equal(answer.result.model, 'm');
});
