import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import * as problems from '../../../src/core/problems.ts';
import { connectControl, connectDaemon, type ControlClient } from '../../../src/node/controlClient.ts';
import { readLines } from '../../../src/node/lines.ts';
import { problemErrorCode } from '../../../src/shared/controlProtocol.ts';
import type { Problem } from '../../../src/shared/problem.ts';
import type { Result } from '../../../src/shared/result.ts';
import { until } from '../../support/until.ts';
import { temporaryFolder } from './folders.ts';

const onPosix = process.platform === 'win32' ? { skip: 'sockets in folders' } : {};
const hello = { wharf: 1, role: 'control', version: '0.1.0' } as const;
const reply = { wharf: 1, ok: true, version: '0.1.0', pid: 7 } as const;

/** Something that listens where a daemon should. */
async function listener(t: TestContext, accept: (socket: Socket) => void): Promise<string> {
  const path = join(temporaryFolder(t), 'd.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return path;
}

function problemOf(result: Result<unknown>): Problem {
  assert.ok(!result.ok, 'it worked');
  return result.problem;
}

const strange: readonly (readonly [string, string, string])[] = [
  ['text', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'WHARF_DAEMON_UNREACHABLE'],
  ['null', 'null\n', 'WHARF_DAEMON_UNREACHABLE'],
  ['a number', '5\n', 'WHARF_DAEMON_UNREACHABLE'],
  ['other JSON', '{"jsonrpc":"2.0"}\n', 'WHARF_DAEMON_UNREACHABLE'],
  ['a refusal without a problem', '{"wharf":1,"ok":false}\n', 'WHARF_DAEMON_UNREACHABLE'],
  ['another protocol', '{"wharf":2,"ok":true,"version":"9","pid":1}\n', 'WHARF_DAEMON_VERSION'],
  ['a refusal', `${JSON.stringify({ wharf: 2, ok: false, problem: problems.daemonProtocol('1', '2') })}\n`, 'WHARF_DAEMON_VERSION'],
];
for (const [what, text, code] of strange) {
  test(`a listener that answers the hello with ${what} gives a problem`, onPosix, async (t) => {
    const path = await listener(t, (socket) => socket.write(text));
    assert.equal(problemOf(await connectDaemon(path, hello)).code, code);
  });
}

test('a socket that nobody listens at gives a problem', onPosix, async (t) => {
  const problem = problemOf(await connectDaemon(join(temporaryFolder(t), 'd.sock'), hello));
  assert.equal(problem.code, 'WHARF_DAEMON_UNREACHABLE');
});

test('a listener that closes the connection gives a problem', onPosix, async (t) => {
  const path = await listener(t, (socket) => socket.end());
  assert.match(problemOf(await connectDaemon(path, hello)).detail ?? '', /closed/);
});

test('a listener that stays silent is given up after a while', onPosix, async (t) => {
  let path = '';
  const greeted = new Promise<void>((resolve) => {
    void listener(t, (socket) => socket.once('data', () => resolve())).then((at) => (path = at));
  });
  await until(() => path !== '');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const connecting = connectDaemon(path, hello);
  await greeted;
  t.mock.timers.tick(60_000);
  assert.match(problemOf(await connecting).detail ?? '', /silent/);
});

/** A daemon that says hello and answers each request with what `answer` gives. */
async function connected(t: TestContext, answer: (method: string, socket: Socket) => object | undefined): Promise<ControlClient> {
  const path = await listener(t, (socket) => {
    let greeted = false;
    readLines(socket, (line) => {
      const message = JSON.parse(line.toString()) as { id?: number; method: string };
      const said = greeted ? answer(message.method, socket) : reply;
      if (said !== undefined) {
        socket.write(`${JSON.stringify(greeted ? { jsonrpc: '2.0', id: message.id, ...said } : said)}\n`);
      }
      greeted = true;
    });
  });
  const client = await connectControl(path);
  assert.ok(client.ok);
  t.after(() => client.value.close());
  return client.value;
}

test('requests get results and the problems of the daemon', onPosix, async (t) => {
  const problem = problems.callUnknown('c9');
  const client = await connected(t, (method) =>
    method === 'calls/list' ? { result: { calls: [] } } : { error: { code: problemErrorCode, message: problem.message, data: problem } },
  );
  assert.deepEqual(await client.request('calls/list', { limit: 1 }), { ok: true, value: { calls: [] } });
  assert.deepEqual(problemOf(await client.request('calls/show', { id: 'c9' })), problem);
});

test('a request in flight and the connection end with a problem when the daemon dies', onPosix, async (t) => {
  const client = await connected(t, (_method, socket) => void socket.destroy());
  assert.equal(problemOf(await client.request('daemon/status', {})).code, 'WHARF_DAEMON_UNREACHABLE');
  assert.equal((await client.closed).code, 'WHARF_DAEMON_UNREACHABLE');
});

test('notifications reach those who listen, until they stop', onPosix, async (t) => {
  let daemon: Socket | undefined;
  const client = await connected(t, (_method, socket) => {
    daemon = socket;
    return { result: { calls: [] } };
  });
  await client.request('calls/follow', {});
  const seen: string[] = [];
  const stop = client.on('profile/changed', ({ profile }) => seen.push(profile));
  const say = (profile: string): unknown =>
    daemon?.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'profile/changed', params: { profile } })}\n`);
  say('dev');
  await until(() => seen.length === 1);
  stop();
  say('other');
  await client.request('calls/list', { limit: 1 });
  assert.deepEqual(seen, ['dev']);
});
