import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { openHttpChannel } from '../../../src/gateway/upstreams/httpChannel.ts';
import { until } from '../../support/until.ts';
import { ChannelOwner } from './channelOwner.ts';
import { OrderedEvents, serveStateful, serveStateless, waits, type TestHttpServer } from './remoteServers.ts';

function own(t: TestContext, server: TestHttpServer, headers: Readonly<Record<string, string>> = {}): ChannelOwner {
  return new ChannelOwner(t, openHttpChannel({ url: server.url, headers, name: 'remote' }));
}

for (const json of [false, true]) {
  for (const kind of ['stateful', 'stateless'] as const) {
    test(`a ${kind} server that answers in ${json ? 'JSON' : 'event streams'} is initialised, listed and called`, async (t) => {
      const server = kind === 'stateful' ? await serveStateful(t, { json }) : await serveStateless(t, { json });
      const owner = own(t, server, { 'x-team': 'blue' });
      const hello = await owner.initialize();
      assert.equal(hello.result?.['protocolVersion'], '2025-11-25');
      const tools = (await owner.request('tools/list')).result?.['tools'] as readonly { readonly name: string }[];
      assert.ok(tools.some(({ name }) => name === 'echo'));
      assert.equal(await owner.call('echo', { text: 'grüße\n"quoted"' }), 'grüße\n"quoted"');
      const failed = await owner.request('tools/nothing');
      assert.equal(failed.error?.code, -32601);

      const posts = server.seen.filter(({ method }) => method === 'POST');
      assert.ok(posts.every(({ headers }) => headers.accept === 'application/json, text/event-stream' && headers['x-team'] === 'blue'));
      assert.equal(posts[0]?.headers['mcp-protocol-version'], undefined);
      assert.ok(posts.slice(1).every(({ headers }) => headers['mcp-protocol-version'] === '2025-11-25'));
      assert.equal(
        posts.slice(1).every(({ headers }) => headers['mcp-session-id'] !== undefined),
        kind === 'stateful',
      );
      assert.deepEqual(owner.junk, []);
    });
  }
}

test('progress comes in its order before the answer', async (t) => {
  const owner = own(t, await serveStateful(t));
  await owner.initialize();
  const id = owner.begin('tools/call', { name: 'steps', arguments: { count: 20 }, _meta: { progressToken: 'p' } });
  await owner.reply(id);
  const steps = owner.notifications('notifications/progress').map(({ params }) => params?.['progress']);
  assert.deepEqual(
    steps,
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  assert.equal(owner.messages.at(-1)?.id, id);
});

test('a request of the server during a call is heard and its answer arrives', async (t) => {
  const owner = own(t, await serveStateful(t));
  owner.answer = () => ({ action: 'accept', content: { name: 'Ada' } });
  await owner.initialize({ elicitation: { form: {} } });
  assert.equal(await owner.call('ask'), 'accept Ada');
});

test("the server's own stream carries what belongs to no request", async (t) => {
  const server = await serveStateful(t);
  const owner = own(t, server);
  await owner.initialize();
  await until(() => server.seen.some(({ method }) => method === 'GET'));
  for (const one of server.sessions.values()) {
    await until(async () => {
      one.sendToolListChanged();
      await new Promise((resolve) => setImmediate(resolve));
      return owner.notifications('notifications/tools/list_changed').length > 0;
    });
  }
});

test('a session that the server forgot ends the channel and says so', async (t) => {
  const server = await serveStateful(t);
  const owner = own(t, server);
  await owner.initialize();
  assert.equal(await owner.call('echo', { text: 'a' }), 'a');
  for (const [id] of server.sessions) {
    // The session ends by another client's hand.
    await fetch(server.url, { method: 'DELETE', headers: { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' } });
  }
  owner.begin('tools/call', { name: 'echo', arguments: { text: 'b' } });
  const { code, lastOutput } = await owner.ended();
  assert.equal(code, null);
  assert.equal(lastOutput, 'The server "remote" ended the session (HTTP 404).');
});

test('stop ends the session on the server and leaves no connection', async (t) => {
  const server = await serveStateful(t);
  const owner = own(t, server);
  await owner.initialize();
  assert.equal(server.sessions.size, 1);
  await Promise.all([owner.channel.stop(), owner.channel.stop()]);
  assert.equal(server.sessions.size, 0);
  assert.deepEqual(await owner.ended(), { code: null, lastOutput: '' });
  await until(() => server.connections.open === 0);
  assert.equal(server.seen.at(-1)?.method, 'DELETE');
});

for (const json of [false, true]) {
  test(`a cancelled call is cancelled on a server that answers in ${json ? 'JSON' : 'event streams'}, and its connection ends`, async (t) => {
    const server = await serveStateful(t, { json });
    const owner = own(t, server);
    await owner.initialize();
    const before = { ...waits };
    const id = owner.begin('tools/call', { name: 'wait', arguments: {} });
    await until(() => waits.started > before.started);
    owner.notify('notifications/cancelled', { requestId: id, reason: 'enough' });
    await until(() => waits.cancelled > before.cancelled);
    assert.equal(await owner.call('echo', { text: 'next' }), 'next');
    // The server's own stream, and the connections that are kept for the next requests.
    await until(() => server.connections.open <= 3);
    assert.ok(!owner.messages.some((message) => message.id === id));
  });
}

test('a call that is cancelled before it went out never reaches the server', async (t) => {
  const server = await serveStateful(t);
  const owner = own(t, server);
  await owner.initialize();
  await owner.call('echo', { text: 'a' });
  const posts = (): number => server.seen.filter(({ method }) => method === 'POST').length;
  const before = posts();
  const id = owner.begin('tools/call', { name: 'wait', arguments: {} });
  owner.notify('notifications/cancelled', { requestId: id });
  assert.equal(await owner.call('echo', { text: 'b' }), 'b');
  assert.equal(posts(), before + 1);
  assert.equal(owner.channel.queuedBytes, 0);
});

test('a stream that the server closes before its answer is taken up again after the time that it asks', async (t) => {
  const server = await serveStateful(t, { events: new OrderedEvents(), retryMs: 60 });
  const owner = own(t, server);
  await owner.initialize();
  assert.equal(await owner.call('poll'), 'after a break');
  const resumed = server.seen.filter(({ headers }) => headers['last-event-id'] !== undefined);
  assert.ok(resumed.length >= 1 && resumed.every(({ method }) => method === 'GET'));
});

test('a server that dies during a call is answered for, and so is the next call', async (t) => {
  const server = await serveStateful(t);
  const owner = own(t, server);
  await owner.initialize();
  const id = owner.begin('tools/call', { name: 'wait', arguments: {} });
  await until(() => server.seen.filter(({ method }) => method === 'POST').length === 3);
  await server.die();
  const lost = await owner.reply(id);
  assert.equal(lost.error?.code, -32603);
  assert.match(lost.error?.message ?? '', /^The server "remote" gave no answer to "tools\/call": .+\.$/);
  const refused = await owner.request('tools/list');
  assert.match(refused.error?.message ?? '', /ECONNREFUSED/);
  assert.equal(owner.end, undefined);
});

for (const json of [false, true]) {
  test(`a result of 10 MB passes in ${json ? 'JSON' : 'an event stream'}`, async (t) => {
    const owner = own(t, await serveStateful(t, { json }));
    await owner.initialize();
    const text = await owner.call('big', { bytes: 10 * 1024 * 1024 });
    assert.equal(text.length, 10 * 1024 * 1024);
  });
}

test('a thousand calls one after the other use a few connections and leave no listener behind', async (t) => {
  const warnings: string[] = [];
  const listen = (warning: Error): unknown => warnings.push(`${warning.name}: ${warning.message}`);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  const server = await serveStateful(t);
  const owner = own(t, server);
  await owner.initialize();
  for (let count = 0; count < 1_000; count++) {
    assert.equal(await owner.call('echo', { text: String(count) }), String(count));
    owner.messages.length = 0;
    owner.raw.length = 0;
  }
  assert.ok(server.connections.total <= 8, `${server.connections.total} connections`);
  assert.equal(owner.channel.queuedBytes, 0);
  assert.deepEqual(warnings, []);
});

test('a hundred calls at once are all answered', async (t) => {
  const owner = own(t, await serveStateful(t));
  await owner.initialize();
  const texts = Array.from({ length: 100 }, (_, index) => `call ${index}`);
  assert.deepEqual(await Promise.all(texts.map((text) => owner.call('echo', { text }))), texts);
});
