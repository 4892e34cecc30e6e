import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';

import type { McpClient } from '../../support/mcpClient.ts';
import { mutated, pieces, runs } from '../../support/fuzz.ts';
import { RawPeer } from '../../support/rawPeer.ts';
import { until } from '../../support/until.ts';
import { demoProfile, isRunning, makeHome, type WharfHome } from '../../support/wharfHome.ts';

const control = '{"wharf":1,"role":"control","version":"0"}\n';
const session = (cwd: string): string =>
  `${JSON.stringify({ wharf: 1, role: 'session', version: '0', profile: { by: 'id', id: 'dev' }, cwd, settings: { cpus: 1, memory: 1e9, idleTimeoutMs: 5_000, maxInstances: 4, tools: ['add'], interceptors: [], blockNetwork: true } })}\n`;

/** Every request but those that end the daemon, as they may do. */
const requests = [
  { method: 'daemon/status', params: {} },
  { method: 'profile/tools', params: { profile: { by: 'id', id: 'dev' }, cwd: '/', discover: true } },
  { method: 'calls/list', params: { limit: 3 } },
  { method: 'calls/show', params: { id: 'x' } },
  { method: 'calls/follow', params: {} },
  {
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: { roots: {}, elicitation: {} }, clientInfo: { name: 'f', version: '1' } },
  },
  { method: 'notifications/initialized' },
  { method: 'tools/list', params: { cursor: 'x' } },
  { method: 'tools/call', params: { name: 'add', arguments: { a: 1, b: 2 }, _meta: { progressToken: 1 } } },
  { method: 'resources/read', params: { uri: 'file:///x' } },
  { method: 'resources/subscribe', params: { uri: 'x' } },
  { method: 'prompts/get', params: { name: 'x' } },
  { method: 'completion/complete', params: { ref: { type: 'ref/prompt', name: 'x' }, argument: { name: 'a', value: '' } } },
  { method: 'logging/setLevel', params: { level: 'debug' } },
  { method: 'server/discover', params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } } },
  { method: 'notifications/cancelled', params: { requestId: 1 } },
  { method: 'notifications/roots/list_changed' },
].map((request, id) => `${JSON.stringify({ jsonrpc: '2.0', id, ...request })}\n`);

const words = [
  '\n',
  '\r\n',
  '\u0000',
  '"',
  '{',
  '}',
  '[',
  ']',
  'null',
  '-1',
  '1e999',
  '0.5',
  '""',
  '[]',
  '{}',
  'true',
  '"__proto__":',
  '"params":null,',
  '"id":null,',
  '"id":{},',
  '"wharf":1,',
  '"role":"session",',
  '\\ud800',
  '\u2028',
  'x'.repeat(70_000),
  '[[[['.repeat(200),
  '{"jsonrpc":"2.0","id":5,"result":{}}\n',
  '{"jsonrpc":"2.0","id":6,"error":null}\n',
];

async function runningHome(
  t: TestContext,
): Promise<{ readonly home: WharfHome; readonly client: McpClient; readonly pid: number; readonly socket: string }> {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.session('dev');
  const { pid, socket } = await home.status();
  return { home, client, pid, socket };
}

/** Says all of it, reads what comes, and leaves. Resolves when the daemon let go too. */
function speak(socket: string, parts: readonly Buffer[]): Promise<void> {
  return new Promise((resolve) => {
    const peer = connect(socket, () => {
      parts.forEach((part) => peer.write(part));
      peer.end();
    });
    peer
      .on('error', () => undefined)
      .on('close', () => resolve())
      .resume();
  });
}

function megabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

test(
  'whatever a connection says, the daemon lives, serves the others, and remembers nothing of it',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async (t) => {
    const { home, client, pid, socket } = await runningHome(t);
    const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 20, max: 9_000 })), { minLength: 1, maxLength: 4 });
    const greeting = fc.constantFrom('', control, control, session(home.project), session(home.project), session('/'));
    const greetings = fc.oneof(
      { weight: 3, arbitrary: greeting },
      { weight: 1, arbitrary: mutated([control, session(home.project)], words) },
    );
    const lines = fc.array(fc.oneof(fc.constantFrom(...requests), mutated(requests, words)), { maxLength: 12 });
    const bytes = fc.oneof(
      { weight: 5, arbitrary: fc.tuple(greetings, lines).map(([hello, rest]) => Buffer.from(hello + rest.join(''))) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }).map((random) => Buffer.from(random)) },
    );
    let checked = 0;
    const mayEnd = /"daemon\/(?:stop|replace)"/;
    const before = megabytes(pid);
    await fc.assert(
      fc.asyncProperty(bytes, cuts, async (said, lengths) => {
        fc.pre(!mayEnd.test(said.toString('latin1')));
        await speak(socket, said.length > 20_000 ? [said] : pieces(said, lengths));
        checked += 1;
        if (checked % 20 === 0) {
          assert.equal(await client.callText('add', { a: checked, b: 1 }), String(checked + 1));
        }
        assert.ok(isRunning(pid));
      }),
      runs(250),
    );
    assert.equal(await client.callText('add', { a: 1, b: 2 }), '3');
    await until(async () => (await home.status()).sessions.length === 1, { what: 'the sessions of the strangers to end' });
    const after = megabytes(pid);
    t.diagnostic(`${checked} connections; the daemon held ${Math.round(before)} MB before and ${Math.round(after)} MB after`);
    assert.ok(after < 3 * before, `${before} MB before, ${after} MB after`);
    assert.doesNotMatch(await home.log(), /A bug|TypeError|ReferenceError|failed inside/);
  },
);

test('thousands of requests with ids of every kind are answered once each, and one client costs another nothing', async (t) => {
  const { client, socket } = await runningHome(t);
  const peer = new RawPeer(t, socket);
  peer.socket.write(control);
  const ids = Array.from({ length: 5_000 }, (_, n) => (n % 3 === 0 ? n : n % 3 === 1 ? `id-${n}` : -n - 0.5));
  peer.socket.write(ids.map((id) => `${JSON.stringify({ jsonrpc: '2.0', id, method: 'calls/list', params: { limit: 1 } })}\n`).join(''));
  assert.equal(await client.callText('add', { a: 20, b: 22 }), '42');
  await until(() => peer.messages.length === ids.length + 1);
  assert.deepEqual(new Set(peer.messages.slice(1).map((message) => message['id'])), new Set(ids));
});
