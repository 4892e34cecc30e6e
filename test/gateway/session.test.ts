import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { maxLineBytes } from '../../src/node/lines.ts';
import { startChildServer } from '../../src/node/childServer.ts';
import * as problems from '../../src/core/problems.ts';
import type { ServerProcess } from '../../src/core/ports.ts';
import { fail, type Result } from '../../src/shared/result.ts';
import { ScriptedServer, soundServer } from '../support/scriptedServer.ts';
import { root } from '../support/sharedData.ts';
import { TestSession } from '../support/testSession.ts';
import { until } from '../support/until.ts';

function probe(): Promise<Result<ServerProcess>> {
  const script = join(root, 'test', 'support', 'servers', 'probe.mjs');
  return startChildServer({ server: 'probe', command: process.execPath, args: [script], env: {}, cwd: root });
}

function text(reply: { readonly result?: unknown }): string | undefined {
  return (reply.result as { content?: readonly { text?: string }[] } | undefined)?.content?.[0]?.text;
}

test('a call before "initialize" is refused and starts nothing', async () => {
  let launches = 0;
  const client = new TestSession({ one: () => soundServer([`a${launches++}`]) });
  const reply = await client.request('tools/call', { name: 'a0', arguments: {} });
  assert.equal(reply.error?.code, -32600);
  assert.match(reply.error?.message ?? '', /initialize/);
  assert.equal(launches, 0);
});

test('a call without the name of a tool is refused and the session lives', async () => {
  const client = new TestSession({ one: () => soundServer(['a']) });
  await client.initialize();
  for (const name of [undefined, null, 7, { toString: 1 }]) {
    assert.equal((await client.request('tools/call', { name })).error?.code, -32602);
  }
  assert.deepEqual(await client.toolNames(), ['a']);
});

test('when one server of two fails, the tools of the other are served and the failure is told', async () => {
  const client = new TestSession({
    good: () => soundServer(['a']),
    bad: () => Promise.resolve(fail(problems.imageMissing('bad:1', 'bad'))),
  });
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['a']);
  const told = client.messages.filter(({ method }) => method === 'notifications/message').map(({ params }) => String(params?.['data']));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /image bad:1 of the server "bad".*\(WHARF_IMAGE_MISSING\)/);
  assert.ok(client.log.some((line) => line.includes('WHARF_IMAGE_MISSING')));
  assert.deepEqual(
    client.session.report().servers.map(({ name, state }) => [name, state.kind]),
    [
      ['good', 'ready'],
      ['bad', 'failed'],
    ],
  );
});

test('when the only server fails, listing the tools gives its problem', async () => {
  const client = new TestSession({ bad: () => Promise.resolve(fail(problems.imageMissing('bad:1', 'bad'))) });
  await client.initialize();
  const reply = await client.request('tools/list', {});
  assert.equal(reply.error?.data?.code, 'WHARF_IMAGE_MISSING');
});

test('a cancelled call ends as cancelled, the server hears of it, and the client gets no answer', async (t) => {
  const client = new TestSession({ probe });
  t.after(() => client.session.close());
  await client.initialize();
  await client.toolNames();
  const id = client.begin('tools/call', { name: 'slow', arguments: { ms: 60_000 } });
  await until(() => client.calls.list(9).length === 1);
  client.notify('notifications/cancelled', { requestId: id, reason: 'changed my mind' });
  const ended = await until(() => client.calls.list(9).find(({ status }) => status !== 'running'));
  assert.equal(ended.status, 'cancelled');
  // The probe is still in service: it dropped the call instead of sleeping through it.
  assert.equal(text(await client.request('tools/call', { name: 'echo', arguments: { text: 'hi' } })), 'echo: hi');
  assert.equal(
    client.messages.some((message) => message.id === id),
    false,
  );
});

test('the cancellation carries the id that the server knows the call by, and its reason', async () => {
  const server = soundServer(['a']);
  const client = new TestSession({ one: () => server });
  await client.initialize();
  await client.toolNames();
  const id = client.begin('tools/call', { name: 'a', arguments: {} });
  const call = await until(() => server.heard.find(({ method }) => method === 'tools/call'));
  client.notify('notifications/cancelled', { requestId: id, reason: 'enough' });
  const heard = await until(() => server.heard.find(({ method }) => method === 'notifications/cancelled'));
  assert.deepEqual(heard.params, { requestId: call.id, reason: 'enough' });
  server.send({ id: call.id, result: { content: [] } });
  await client.request('ping');
  assert.equal(
    client.messages.some((message) => message.id === id),
    false,
  );
});

test('a call that is cancelled while the servers still start for the first time never reaches one', async () => {
  let release: (() => void) | undefined;
  const server = soundServer(['a']);
  const client = new TestSession({
    one: async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return { ok: true, value: server };
    },
  });
  await client.initialize();
  const id = client.begin('tools/call', { name: 'a' });
  client.notify('notifications/cancelled', { requestId: id });
  (await until(() => release))();
  await client.toolNames();
  await client.request('ping');
  assert.equal(
    server.heard.some(({ method }) => method === 'tools/call'),
    false,
  );
});

test('a call that is cancelled while its server starts never reaches the server', async () => {
  const servers: ScriptedServer[] = [];
  let hold: (() => void) | undefined;
  const client = new TestSession({
    one: async () => {
      if (servers.length > 0) {
        await new Promise<void>((resolve) => (hold = resolve));
      }
      const server = soundServer(['a'], ({ method }, self) => method === 'tools/call' && self.end(1));
      servers.push(server);
      return { ok: true, value: server };
    },
  });
  await client.initialize();
  await client.toolNames();
  await client.request('tools/call', { name: 'a' });
  const id = client.begin('tools/call', { name: 'a' });
  const release = await until(() => hold);
  client.notify('notifications/cancelled', { requestId: id });
  await until(() => client.calls.list(9).some(({ status }) => status === 'cancelled'));
  release();
  const second = await until(() => servers[1]);
  await until(() => second.heard.some(({ method }) => method === 'notifications/initialized'));
  await client.request('ping');
  assert.equal(
    second.heard.some(({ method }) => method === 'tools/call'),
    false,
  );
});

test("a server's progress and log messages pass through to the client", async () => {
  const client = new TestSession({
    one: () =>
      soundServer(['a'], ({ id, method, params }, server) => {
        if (method === 'tools/call') {
          const token = (params?.['_meta'] as { progressToken: unknown } | undefined)?.progressToken;
          server.send({ method: 'notifications/progress', params: { progressToken: token, progress: 1, total: 2 } });
          server.send({ method: 'notifications/message', params: { level: 'info', data: 'half way' } });
          server.send({ id, result: { content: [] } });
        }
      }),
  });
  await client.initialize();
  await client.toolNames();
  await client.request('tools/call', { name: 'a', _meta: { progressToken: 'p7' } });
  const passed = client.messages.filter(({ method }) => method !== undefined).map(({ method, params }) => ({ method, params }));
  assert.deepEqual(passed, [
    { method: 'notifications/progress', params: { progressToken: 'p7', progress: 1, total: 2 } },
    { method: 'notifications/message', params: { level: 'info', data: 'half way' } },
  ]);
});

test('a server that crashes in a call fails that call, and the next call starts it anew', async (t) => {
  const client = new TestSession({ probe });
  t.after(() => client.session.close());
  await client.initialize();
  await client.toolNames();
  const crashed = await client.request('tools/call', { name: 'crash', arguments: {} });
  assert.equal(crashed.error?.data?.code, 'WHARF_SERVER_GONE');
  const again = (await client.request('tools/call', { name: 'echo', arguments: { text: 'again' } })).result as {
    content: readonly { text: string }[];
  };
  assert.match(again.content[0]?.text ?? '', /^\[Wharf\] The server "probe" was restarted/);
  assert.equal(again.content[1]?.text, 'echo: again');
  const [first, second] = client.calls.list(9);
  assert.deepEqual([first?.status, second?.status], ['error', 'ok']);
  assert.deepEqual(
    client.calls.show(second?.id ?? '')?.events.map((event) => event.text),
    ['The server was started for this call.'],
  );
});

test('20 first calls at once start the server once', async () => {
  let launches = 0;
  const client = new TestSession({
    one: () => {
      launches += 1;
      return soundServer(['a'], ({ id, method }, server) => method === 'tools/call' && server.send({ id, result: { content: [] } }));
    },
  });
  await client.initialize();
  await Promise.all(Array.from({ length: 20 }, () => client.request('tools/call', { name: 'a' })));
  assert.equal(launches, 1);
});

test('a session that closes while its server starts stops the server at once', async () => {
  const server = new ScriptedServer(() => undefined);
  const client = new TestSession({ hung: () => server }, { startTimeoutMs: 600_000 });
  await client.initialize();
  await until(() => server.heard.length > 0);
  await client.session.close();
  assert.equal(server.stops > 0, true);
  assert.equal(client.session.report().servers[0]?.state.kind, 'stopped');
  assert.deepEqual(client.log, []);
});

test('a session that closes while the engine still creates the container stops it when it is there', async () => {
  const server = new ScriptedServer(() => undefined);
  let created: ((result: Result<ServerProcess>) => void) | undefined;
  const client = new TestSession({ one: () => new Promise((resolve) => (created = resolve)) });
  await client.initialize();
  const give = await until(() => created);
  const closed = client.session.close();
  give({ ok: true, value: server });
  await closed;
  assert.equal(server.stops, 1);
  assert.deepEqual(server.heard, []);
});

test('a session that is closed starts nothing any more', async () => {
  let launches = 0;
  const client = new TestSession({ one: () => soundServer([`a${launches++}`]) });
  await client.session.close();
  client.begin('initialize', {});
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(launches, 0);
  assert.deepEqual(client.lines, []);
});

const malformed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'an error that is null': { error: null },
  'an error that is a text': { error: 'no' },
  'a result that is null': { result: null },
  'neither result nor error': {},
};

for (const [what, answer] of Object.entries(malformed)) {
  for (const when of ['initialize', 'tools/list', 'tools/call']) {
    test(`a server that answers "${when}" with ${what} fails in words, and the session lives`, async () => {
      const client = new TestSession({
        one: () => {
          const sound = soundServer(['a']);
          return new ScriptedServer((message, server) => {
            if (message.method === when) {
              server.send({ id: message.id, ...answer });
            } else {
              sound.onStdout((bytes) => server.say(bytes));
              void sound.write(Buffer.from(JSON.stringify(message)));
            }
          });
        },
      });
      await client.initialize();
      const reply = await (when === 'tools/call' ? client.request('tools/call', { name: 'a' }) : client.request('tools/list', {}));
      assert.equal(typeof reply.error?.code, 'number');
      assert.ok(reply.error?.message);
      assert.deepEqual((await client.request('ping')).result, {});
    });
  }
}

test('a server that writes a line without end is stopped, and the call fails', async () => {
  const server = soundServer(['a'], ({ method }, self) => {
    if (method === 'tools/call') {
      const megabytes = Buffer.alloc(8 * 1024 * 1024, 'x');
      for (let written = 0; written <= maxLineBytes + megabytes.length; written += megabytes.length) {
        self.say(megabytes);
      }
    }
  });
  const client = new TestSession({ one: () => server });
  await client.initialize();
  assert.equal((await client.request('tools/call', { name: 'a' })).error?.data?.code, 'WHARF_SERVER_GONE');
  assert.equal(server.stops, 1);
});

test('a server that never reads its input gets no more than fits, and further calls are refused', async () => {
  const server = soundServer(['a']);
  const client = new TestSession({ one: () => server });
  await client.initialize();
  await client.toolNames();
  server.write = () => new Promise(() => undefined);
  const ids = Array.from({ length: 20 }, () => client.begin('tools/call', { name: 'a', arguments: { text: 'x'.repeat(8 * 1024 * 1024) } }));
  assert.equal((await client.answerTo(ids.at(-1) ?? 0)).error?.data?.code, 'WHARF_SERVER_FLOODED');
  assert.ok(client.messages.filter((message) => message.error?.data?.code === 'WHARF_SERVER_FLOODED').length >= 10);
});

test('an exotic result that cannot be passed on ends the call, and the session lives', async () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const client = new TestSession({
    one: () =>
      soundServer(
        ['a'],
        ({ id, method }, server) => method === 'tools/call' && server.say(`{"jsonrpc":"2.0","id":${id},"result":{"deep":${deep}}}\n`),
      ),
  });
  await client.initialize();
  await client.toolNames();
  await client.request('tools/call', { name: 'a' });
  assert.notEqual(client.calls.list(1)[0]?.status, 'running');
  assert.deepEqual((await client.request('ping')).result, {});
});

test('a client that leaves in the middle of a call leaves a cancelled call', async () => {
  const client = new TestSession({ one: () => soundServer(['a']) });
  await client.initialize();
  await client.toolNames();
  client.begin('tools/call', { name: 'a' });
  await until(() => client.calls.list(9).length === 1);
  await client.session.close();
  const ended = await until(() => client.calls.list(9).find(({ status }) => status !== 'running'));
  assert.equal(ended.status, 'cancelled');
});

test('a server that asks the client for something is told that nobody offers it, and a ping is answered', async () => {
  const server = soundServer(['a']);
  const client = new TestSession({ one: () => server });
  await client.initialize();
  await client.toolNames();
  server.send({ id: 'r1', method: 'roots/list' });
  server.send({ id: 'r2', method: 'ping' });
  const answers = await until(() => {
    const found = server.heard.filter(({ id }) => String(id).startsWith('r')) as unknown as readonly {
      error?: { code: number };
      result?: unknown;
    }[];
    return found.length === 2 ? found : undefined;
  });
  assert.equal(answers[0]?.error?.code, -32601);
  assert.deepEqual(answers[1]?.result, {});
});

test('tools that the profile does not name are not offered and cannot be called', async () => {
  const client = new TestSession({ one: () => soundServer(['a', 'b']) }, { tools: ['b'] });
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['b']);
  assert.equal((await client.request('tools/call', { name: 'a' })).error?.data?.code, 'WHARF_TOOL_UNKNOWN');
});
