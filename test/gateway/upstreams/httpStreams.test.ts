import assert from 'node:assert/strict';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';

import { until } from '../../support/until.ts';
import { hello, own, ready } from './farServer.ts';
import { jsonHandler, keepOpen, serve } from './remoteServers.ts';

test('an answer that breaks off is an error, in JSON as in a stream', async (t) => {
  const types = ['application/json', 'text/event-stream'];
  const { owner } = await ready(t, (_request, response) => {
    const type = types.shift() ?? '';
    response.writeHead(200, { 'content-type': type, 'content-length': 1_000 });
    response.write(type === 'application/json' ? '{"jsonrpc":' : 'data: {"jsonrpc"', () => response.destroy());
  });
  assert.match((await owner.request('tools/call', { name: 'a' })).error?.message ?? '', /its answer broke off/);
  assert.match((await owner.request('tools/call', { name: 'a' })).error?.message ?? '', /its stream ended before the answer/);
});

test('an answer of more than 64 MB is refused', async (t) => {
  const { owner } = await ready(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    const write = (): void => {
      while (!response.destroyed && response.write(chunk)) {
        // Until the connection is full.
      }
    };
    response.on('drain', write);
    write();
  });
  assert.match((await owner.request('tools/list')).error?.message ?? '', /longer than 67108864 bytes/);
});

test('a batch comes as single messages, and JSON over several lines comes on one', async (t) => {
  const { owner } = await ready(t, (_request, response) => {
    const batch = [
      { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'a\nb' } },
      { jsonrpc: '2.0', id: 2, result: { ok: true } },
    ];
    response
      .writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify(batch, null, 2).replaceAll('\n', '\r\n'));
  });
  assert.deepEqual((await owner.request('tools/list')).result, { ok: true });
  assert.equal(owner.notifications('notifications/message')[0]?.params?.['data'], 'a\nb');
  assert.ok(owner.raw.every((bytes) => !bytes.includes(0x0a) && !bytes.includes(0x0d)));
});

test('requests wait until the server has heard that the handshake is over', async (t) => {
  const heard: unknown[] = [];
  let accept: () => void = () => undefined;
  const server = await serve(
    t,
    jsonHandler((message, _request, response) => {
      heard.push(message['method']);
      if (message['method'] === 'notifications/initialized') {
        accept = () => response.writeHead(202).end();
        return keepOpen(response);
      }
      return message['id'] === undefined ? undefined : { jsonrpc: '2.0', id: message['id'], result: hello };
    }),
  );
  const owner = own(t, server.url);
  await owner.initialize();
  const id = owner.begin('tools/list');
  await until(() => heard.length === 2);
  assert.ok(owner.channel.queuedBytes > 0);
  accept();
  await owner.reply(id);
  assert.deepEqual(
    heard.filter((method) => method !== undefined),
    ['initialize', 'notifications/initialized', 'tools/list'],
  );
});

test("the server's own stream is opened again from where it ended, after the time that it asked", async (t) => {
  const lines = [
    'id: e1\nretry: 60\ndata: {"jsonrpc":"2.0","method":"notifications/a"}\n\n',
    'data: {"jsonrpc":"2.0","method":"notifications/b"}\n\nid: e2\n\n',
  ];
  const { owner, server } = await ready(t, () => undefined, {
    onGet: (_request, response) => {
      const line = lines.shift();
      response.writeHead(line === undefined ? 404 : 200, { 'content-type': 'text/event-stream' }).end(line);
    },
  });
  assert.equal((await owner.ended()).lastOutput, 'The server "far" ended the session (HTTP 404).');
  assert.equal(owner.notifications('notifications/b').length, 1);
  assert.deepEqual(
    server.seen.filter(({ method }) => method === 'GET').map(({ headers }) => headers['last-event-id']),
    [undefined, 'e1', 'e2'],
  );
});

test('a server that knows no GET is used without a stream of its own', async (t) => {
  for (const status of [404, 405, 400]) {
    const { owner, server } = await ready(
      t,
      (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":2,"result":{}}'),
      { onGet: (_request, response) => response.writeHead(status).end() },
    );
    await until(() => server.seen.some(({ method }) => method === 'GET'));
    assert.deepEqual((await owner.request('tools/list')).result, {});
    assert.equal(owner.end, undefined);
  }
});

test('a broken stream that the server will not take up again is an error', async (t) => {
  const { owner } = await ready(
    t,
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: 1\nretry: 10\n\n');
    },
    { onGet: (_request, response) => response.writeHead(405).end() },
  );
  assert.match(
    (await owner.request('tools/call', { name: 'a' })).error?.message ?? '',
    /could not be taken up again: it answered HTTP 405/,
  );
});

test('while the channel is paused the server must wait, and afterwards nothing is missing', async (t) => {
  const count = 400;
  const event = (index: number): string =>
    `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { index, data: 'x'.repeat(64 * 1024) } })}\n\n`;
  let written = 0;
  const { owner } = await ready(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const write = (): void => {
      while (written < count && response.write(event(written++))) {
        // Until the connection is full.
      }
      if (written === count) {
        response.end('data: {"jsonrpc":"2.0","id":2,"result":{}}\n\n');
        written++;
      }
    };
    response.on('drain', write);
    write();
  });
  owner.channel.pause();
  const id = owner.begin('tools/call', { name: 'a' });
  let before = -1;
  await until(
    () => {
      const isStill = written > 0 && written === before;
      before = written;
      return isStill;
    },
    { everyMs: 200 },
  );
  assert.ok(written < count, `${written} events were written`);
  assert.equal(owner.notifications('notifications/message').length, 0);
  owner.channel.resume();
  await owner.reply(id);
  assert.deepEqual(
    owner.notifications('notifications/message').map(({ params }) => params?.['index']),
    Array.from({ length: count }, (_, index) => index),
  );
});

test('a server that does not read shows in the queue', async (t) => {
  const server = createTcpServer((socket) => {
    socket.pause();
    socket.on('error', () => undefined);
    t.after(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const owner = own(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
  const bytes = 32 * 1024 * 1024;
  owner.begin('tools/call', { text: 'x'.repeat(bytes) });
  await until(() => server.listening);
  assert.ok(owner.channel.queuedBytes > bytes);
  await owner.channel.stop();
  await until(() => owner.channel.queuedBytes === 0);
});

test('what is read is asked again when a kept connection was closed under it; a call never is', async (t) => {
  const used = new WeakSet<object>();
  const calls: unknown[] = [];
  const server = await serve(
    t,
    jsonHandler((message, request, response) => {
      calls.push(message['method']);
      if (used.has(request.socket)) {
        request.socket.destroy();
        return keepOpen(response);
      }
      used.add(request.socket);
      return { jsonrpc: '2.0', id: message['id'], result: {} };
    }),
  );
  const owner = own(t, server.url);
  await owner.request('tools/list');
  assert.deepEqual((await owner.request('tools/list')).result, {});
  assert.match((await owner.request('tools/call', { name: 'a' })).error?.message ?? '', /socket hang up|ECONNRESET/);
  assert.deepEqual(calls, ['tools/list', 'tools/list', 'tools/list', 'tools/call']);
});

test('a stream that stays open after its answer is closed', async (t) => {
  let isClosed = false;
  const { owner } = await ready(t, (_request, response) => {
    response.on('close', () => (isClosed = true));
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"jsonrpc":"2.0","id":2,"result":{}}\n\n');
  });
  await owner.request('tools/list');
  await until(() => isClosed);
});
