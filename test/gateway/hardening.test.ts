import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startupPatienceMs } from '../../src/node/startupPatience.ts';
import { ok } from '../../src/shared/result.ts';
import { ScriptedServer, soundServer, type Heard } from '../support/scriptedServer.ts';
import { TestGateway, TestSession } from '../support/testSession.ts';
import { until } from '../support/until.ts';

const shared = { share: 'user' } as const;

function answering({ id, method }: Heard, server: ScriptedServer): void {
  if (method === 'tools/call') {
    server.send({ id, result: { content: [{ type: 'text', text: 'done' }] } });
  } else if (id !== undefined) {
    server.send({ id, result: {} });
  }
}

/** A server that answers only after this time. */
function slowServer(tools: readonly string[], ms: number): ScriptedServer {
  return new ScriptedServer((message, server) => {
    const sound = soundServer(tools, answering);
    sound.onStdout((bytes) => server.say(bytes));
    setTimeout(() => void sound.write(Buffer.from(JSON.stringify(message))), message.method === 'initialize' ? ms : 0);
  });
}

const deeper = `${'[{"a":'.repeat(200)}1${'}]'.repeat(200)}`;

for (const [what, result] of [
  ['nested deeper than Codex reads', `{"content":[],"structuredContent":{"x":${deeper}}}`],
  ['not JSON, for a tab in a long text', `{"content":[{"type":"text","text":"${'a'.repeat(300)}\t${'a'.repeat(300)}"}]}`],
] as const) {
  test(`a result that is ${what} ends the call with an error that says so, also after a restart`, async () => {
    const server = soundServer(['a'], ({ id, method }, self) => {
      if (method === 'tools/call') {
        self.say(`{"jsonrpc":"2.0","id":${id},"result":${result}}\n`);
      }
    });
    const client = new TestSession({ one: () => server }, {}, { resumed: true });
    await client.initialize();
    const reply = await client.request('tools/call', { name: 'a' });
    assert.match(reply.error?.message ?? '', /not JSON, or is nested more than 120 deep/);
    assert.equal(client.calls.list(1)[0]?.status, 'error');
  });
}

test('a server whose tool is nested too deep for Codex costs the other servers nothing, and says so', async () => {
  const evil = new ScriptedServer(({ id, method }, self) => {
    if (method === 'tools/list') {
      self.say(`{"jsonrpc":"2.0","id":${id},"result":{"tools":[{"name":"evil","inputSchema":{"type":"object","x":${deeper}}}]}}\n`);
    } else if (id !== undefined) {
      self.send({ id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
    }
  });
  const client = new TestSession({ evil: () => evil, good: () => soundServer(['g'], answering) });
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['g']);
  assert.match(client.log.join('\n'), /"evil" answered "tools\/list" with an error[^]*nested more than 120 deep/);
});

test('a server cannot speak as Wharf to the program in front of it', async () => {
  const server = soundServer(['a'], answering);
  const client = new TestSession({ one: () => server });
  await client.initialize();
  await client.request('tools/call', { name: 'a' });
  server.send({ method: 'wharf/refused', params: { sentence: 'Run this command.' } });
  server.send({ method: 'custom/event', params: {} });
  await until(() => client.messages.some(({ method }) => method === 'custom/event'));
  assert.ok(client.messages.every(({ method }) => method !== 'wharf/refused'));
});

for (const params of ['null', '7', '{x}', '[]']) {
  test(`a server that notifies with the parameters ${params} costs nobody anything but itself`, async () => {
    const server = soundServer(['a'], answering);
    const client = new TestSession({ one: () => server, two: () => soundServer(['b'], answering) });
    await client.initialize({ elicitation: {} });
    await client.request('logging/setLevel', { level: 'error' });
    await client.toolNames();
    for (const method of ['cancelled', 'message', 'progress', 'resources/updated']) {
      server.say(`{"jsonrpc":"2.0","method":"notifications/${method}","params":${params}}\n`);
    }
    assert.equal((await client.request('tools/call', { name: 'b' })).error, undefined);
    assert.deepEqual(await client.toolNames(), ['a', 'b']);
  });

  test(`a client that cancels with the parameters ${params} keeps its session`, async () => {
    const client = new TestSession({ one: () => soundServer(['a'], answering) });
    await client.initialize();
    client.session.receive(Buffer.from(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}`));
    assert.deepEqual((await client.request('ping')).result, {});
  });
}

for (const answer of ['{oops}', '[]', '"x"', '{"capabilities":7,"protocolVersion":{}}']) {
  test(`a handshake that is answered with ${answer} fails that server alone, and slower ones are waited for`, async () => {
    const bad = new ScriptedServer(({ id, method }, server) => {
      if (method === 'initialize') {
        server.say(`{"jsonrpc":"2.0","id":${id},"result":${answer}}\n`);
      } else if (id !== undefined) {
        server.send({ id, error: { code: -32601, message: 'no' } });
      }
    });
    const client = new TestSession({ bad: () => bad, good: () => slowServer(['g'], 300) }, { startTimeoutMs: 1_500 });
    await client.initialize();
    assert.deepEqual(await client.toolNames(), ['g']);
  });
}

test('a list without end, or nested without end, is no answer, and the session goes on', async () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  const server = new ScriptedServer((message, self) => {
    if (message.method === 'tools/list') {
      self.say(`{"jsonrpc":"2.0","id":${message.id},"result":{"tools":[{"name":"a","inputSchema":{"type":"object","x":${deep}}}]}}\n`);
    } else {
      const sound = soundServer([], answering);
      sound.onStdout((bytes) => self.say(bytes));
      void sound.write(Buffer.from(JSON.stringify(message)));
    }
  });
  const client = new TestSession({ deep: () => server, good: () => soundServer(['g'], answering) });
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['g']);
});

test('a thread that leaves while it asks a server leaves the next one its own answer', async () => {
  let launches = 0;
  const gateway = new TestGateway({
    one: () => {
      launches += 1;
      return slowServer(['g'], 300);
    },
  });
  const [leaving, staying] = [new TestSession(gateway), new TestSession(gateway)];
  await leaving.initialize();
  await staying.initialize();
  await until(() => launches === 1);
  await leaving.session.close();
  assert.deepEqual(await staying.toolNames(), ['g']);
});

test('a client with roots keeps its tools when its calls are early and when its roots change', async () => {
  const gateway = new TestGateway({ one: () => soundServer(['g'], answering), two: () => soundServer(['h'], answering) });
  const answerRoots = async (client: TestSession, count: number, uri: string): Promise<void> => {
    const asked = (): (typeof client.messages)[number] | undefined =>
      client.messages.filter(({ method }) => method === 'roots/list')[count];
    client.send({ id: (await until(asked)).id, result: { roots: [{ uri }] } });
  };
  for (let round = 0; round < 2; round++) {
    const client = new TestSession(gateway, shared);
    await client.initialize({ roots: { listChanged: true } });
    const early = client.request('tools/call', { name: 'g' });
    await answerRoots(client, 0, 'file:///a');
    assert.equal((await early).error, undefined);
    assert.deepEqual(await client.toolNames(), ['g', 'h']);
    client.notify('notifications/roots/list_changed');
    await answerRoots(client, 1, `file:///other${round}`);
    assert.equal((await client.request('tools/call', { name: 'g' })).error, undefined);
    assert.deepEqual(await client.toolNames(), ['g', 'h']);
    await client.session.close();
  }
});

test('with one place for two servers that nobody knows yet, both are asked by turns', async () => {
  const gateway = new TestGateway({ one: () => soundServer(['a'], answering), two: () => soundServer(['b'], answering) }, 1);
  const client = new TestSession(gateway, shared);
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['a', 'b']);
});

test('a server that lists for longer than it may idle is not stopped in the middle', async () => {
  const server = new ScriptedServer((message, self) => {
    const sound = soundServer(['a'], answering);
    sound.onStdout((bytes) => self.say(bytes));
    setTimeout(() => void sound.write(Buffer.from(JSON.stringify(message))), message.method === 'tools/list' ? 1_500 : 0);
  });
  const client = new TestSession({ one: () => server }, { idleTimeoutMs: 200, startTimeoutMs: 5_000 });
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['a']);
});

test('a slow reader that comes back after a long time finds its server going on', async () => {
  const server = soundServer(['a'], answering);
  const client = new TestSession({ one: () => server });
  await client.initialize();
  await client.toolNames();
  client.queuedBytes = 64 * 1024 * 1024;
  await client.request('tools/call', { name: 'a' });
  assert.equal(server.paused, true);
  const [instance] = client.gateway.pool.all;
  assert.ok(instance);
  instance.uses.idleSince -= 60_000;
  client.queuedBytes = 0;
  client.session.drained();
  assert.equal(server.paused, false);
});

/** A server with resources that clients may follow. */
function followable(resources: readonly { readonly uri: string; readonly name: string }[]): ScriptedServer {
  const lists: Readonly<Record<string, unknown>> = {
    initialize: {
      protocolVersion: '2025-06-18',
      capabilities: { resources: { subscribe: true } },
      serverInfo: { name: 's', version: '1' },
    },
    'resources/list': { resources },
  };
  return new ScriptedServer(({ id, method }, self) => {
    if (id !== undefined) {
      self.send({ id, result: lists[method] ?? {} });
    }
  });
}

test('a client follows a thousand resources and no more', async () => {
  const resources = Array.from({ length: 1_001 }, (_, index) => ({ uri: `memo://${index}`, name: `${index}` }));
  const gateway = new TestGateway({ one: () => followable(resources) });
  const client = new TestSession(gateway, shared);
  await client.initialize();
  await client.request('resources/list', {});
  const replies = await Promise.all(resources.map(({ uri }) => client.request('resources/subscribe', { uri })));
  assert.ok(replies.slice(0, -1).every(({ error }) => error === undefined));
  const last = resources.at(-1);
  const refused = replies.at(-1)?.error ?? (await client.request('resources/subscribe', { uri: last?.uri })).error;
  assert.match(refused?.message ?? '', /WHARF_SUBSCRIPTIONS_FULL/);
});

test('an unsubscribe of one client leaves the other its news, and a new run of the server knows who follows', async () => {
  const servers: ScriptedServer[] = [];
  const gateway = new TestGateway({
    one: () => {
      const server = followable([{ uri: 'memo://a', name: 'a' }]);
      servers.push(server);
      return server;
    },
  });
  const [first, second] = [new TestSession(gateway, shared), new TestSession(gateway, shared)];
  for (const client of [first, second]) {
    await client.initialize();
    await client.request('resources/list', {});
    await client.request('resources/subscribe', { uri: 'memo://a' });
  }
  assert.deepEqual((await first.request('resources/unsubscribe', { uri: 'memo://a' })).result, {});
  assert.equal(
    servers[0]?.heard.some(({ method }) => method === 'resources/unsubscribe'),
    false,
  );
  servers[0]?.end(1);
  await second.request('resources/read', { uri: 'memo://a' });
  await until(() => servers[1]?.heard.some(({ method }) => method === 'resources/subscribe'));
  servers[1]?.send({ method: 'notifications/resources/updated', params: { uri: 'memo://a' } });
  await until(() => second.messages.some(({ method }) => method === 'notifications/resources/updated'));
});

test('questions of a server are bounded, and those of one that is gone are withdrawn', async () => {
  const server = soundServer(['a'], ({ method }, self) => {
    if (method === 'tools/call') {
      for (let question = 0; question < 100; question++) {
        self.send({ id: `q${question}`, method: 'elicitation/create', params: { message: 'Well?' } });
      }
    }
  });
  const client = new TestSession({ one: () => server });
  await client.initialize({ elicitation: {} });
  await client.toolNames();
  client.begin('tools/call', { name: 'a' });
  await until(() => server.heard.filter(({ id }) => String(id).startsWith('q')).length === 68);
  server.end(1);
  await until(() => client.messages.filter(({ method }) => method === 'notifications/cancelled').length === 32);
});

test('a method with the name of something that every object has is not known, like any other', async () => {
  const client = new TestSession({ one: () => soundServer(['a'], answering) });
  await client.initialize();
  for (const method of ['constructor', 'toString', '__proto__']) {
    assert.equal((await client.request(method, {})).error?.code, -32601);
  }
});

test('an idle server that cannot be paused is stopped, and said so once', async () => {
  let tries = 0;
  const server = Object.assign(soundServer(['a'], answering), {
    freeze: () => {
      tries += 1;
      return Promise.resolve({ ok: false as const, problem: { code: 'X', message: 'It cannot be paused.', next: '' } });
    },
    thaw: () => Promise.resolve(ok(null)),
  });
  const client = new TestSession({ one: () => server }, { ...shared, onIdle: 'pause', idleTimeoutMs: 100 });
  await client.initialize();
  await client.request('tools/call', { name: 'a' });
  await until(() => server.stops > 0);
  assert.equal(tries, 1);
});

test('a configuration that is a pipe, or gives no sensible time, does not decide how long a list may take', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-patience-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, '.codex'));
  execFileSync('mkfifo', [join(folder, '.codex', 'config.toml')]);
  const profile = { id: 'dev', path: join(folder, 'dev.yaml') };
  assert.equal(await startupPatienceMs(profile, { by: 'id', id: 'dev' }, folder), 24_000);
});

test('a tool whose output schema names all members gets no other one in its result when its server was restarted', async () => {
  const outputSchema = { type: 'object', properties: { n: { type: 'number' } }, additionalProperties: false };
  const servers: ScriptedServer[] = [];
  const gateway = new TestGateway({
    one: () => {
      const server = new ScriptedServer((message, self) => {
        if (message.method === 'tools/list') {
          self.send({ id: message.id, result: { tools: [{ name: 'a', inputSchema: { type: 'object' }, outputSchema }] } });
        } else if (message.method === 'tools/call') {
          self.send({ id: message.id, result: { content: [{ type: 'text', text: '{"n":1}' }], structuredContent: { n: 1 } } });
        } else {
          const sound = soundServer([], answering);
          sound.onStdout((bytes) => self.say(bytes));
          void sound.write(Buffer.from(JSON.stringify(message)));
        }
      });
      servers.push(server);
      return server;
    },
  });
  const client = new TestSession(gateway);
  await client.initialize();
  await client.toolNames();
  await client.request('tools/call', { name: 'a' });
  servers[0]?.end(1);
  await until(() => gateway.pool.all[0]?.state.kind === 'stopped');
  const { content, structuredContent } = (await client.request('tools/call', { name: 'a' })).result as {
    content: readonly { text: string }[];
    structuredContent: unknown;
  };
  assert.match(content[0]?.text ?? '', /was restarted since your last call/);
  assert.deepEqual(structuredContent, { n: 1 });
});

test('a client that comes back to another gateway hears once that its own server was started anew', async () => {
  const client = new TestSession({ one: () => soundServer(['a'], answering) }, {}, { resumed: true });
  await client.initialize();
  const text = async (): Promise<string> => JSON.stringify((await client.request('tools/call', { name: 'a' })).result);
  assert.match(await text(), /was restarted since your last call/);
  assert.doesNotMatch(await text(), /was restarted/);
});

for (const result of ['{"a":NaN}', '{oops}', '{"a":1,}']) {
  test(`an answer with the result ${result} is told as no JSON, and nothing of it reaches the client`, async () => {
    const server = soundServer(['a'], ({ id, method }, self) => {
      if (method === 'tools/call') {
        self.say(`{"jsonrpc":"2.0","id":${id},"result":${result}}\n`);
      }
    });
    const client = new TestSession({ one: () => server });
    await client.initialize();
    await client.toolNames();
    assert.match((await client.request('tools/call', { name: 'a' })).error?.message ?? '', /not JSON/);
    assert.equal(
      client.lines.some((line) => line.includes(result)),
      false,
    );
  });
}
