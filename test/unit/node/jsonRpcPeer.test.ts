import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JsonRpcPeer, type PeerListeners } from '../../../src/node/jsonRpcPeer.ts';

/** A peer, what it sent, and a way to say something to it. */
function peerWith(listeners: PeerListeners = {}): { peer: JsonRpcPeer; sent: unknown[]; readonly say: (message: unknown) => void } {
  const sent: unknown[] = [];
  const peer = new JsonRpcPeer((line) => sent.push(JSON.parse(line)), listeners);
  return { peer, sent, say: (message) => peer.receive(Buffer.from(JSON.stringify(message))) };
}

test('answers reach their requests, in whatever order they come', async () => {
  const { peer, sent, say } = peerWith();
  const first = peer.request('one', { a: 1 });
  const second = peer.request('two', {});
  assert.deepEqual(sent, [
    { jsonrpc: '2.0', id: first.id, method: 'one', params: { a: 1 } },
    { jsonrpc: '2.0', id: second.id, method: 'two', params: {} },
  ]);
  say({ jsonrpc: '2.0', id: second.id, error: { code: -1, message: 'no', data: 7 } });
  say({ jsonrpc: '2.0', id: first.id, result: { fine: true } });
  const [one, two] = await Promise.all([first.reply, second.reply]);
  assert.deepEqual(one, { kind: 'result', result: { fine: true }, bytes: 47 });
  assert.deepEqual(two.kind === 'error' && two.error, { code: -1, message: 'no', data: 7 });
});

test('a request that nobody answers times out, and a late answer is ignored', async () => {
  const { peer, say } = peerWith();
  const request = peer.request('slow', {}, 10);
  assert.deepEqual(await request.reply, { kind: 'timeout' });
  say({ jsonrpc: '2.0', id: request.id, result: {} });
});

test('when the other end is gone, open and later requests end as gone', async () => {
  const { peer, sent } = peerWith();
  const open = [peer.request('a', {}), peer.request('b', {}, 60_000)];
  peer.close();
  const later = peer.request('c', {});
  peer.notify('n');
  peer.respond('x', { result: {} });
  for (const { reply } of [...open, later]) {
    assert.deepEqual(await reply, { kind: 'gone' });
  }
  assert.equal(sent.length, 2);
});

test('answers to ids that were never asked are ignored', async () => {
  const { peer, say } = peerWith({ onJunk: () => assert.fail('junk') });
  const request = peer.request('a', {});
  for (const id of [99, '1', 'x', null]) {
    say({ jsonrpc: '2.0', id, result: { wrong: true } });
  }
  say({ jsonrpc: '2.0', id: request.id, result: { right: true } });
  const reply = await request.reply;
  assert.deepEqual(reply.kind === 'result' && reply.result, { right: true });
});

test('requests of the other end are answered under their own id, be it a text or a number', () => {
  const { peer, sent, say } = peerWith({ onRequest: (message) => peer.respond(message.id, { result: { method: message.method } }) });
  say({ jsonrpc: '2.0', id: 'abc', method: 'ping' });
  say({ jsonrpc: '2.0', id: 0, method: 'roots/list', params: {} });
  assert.deepEqual(sent, [
    { jsonrpc: '2.0', id: 'abc', result: { method: 'ping' } },
    { jsonrpc: '2.0', id: 0, result: { method: 'roots/list' } },
  ]);
});

test('notifications are told from requests', () => {
  const seen: unknown[] = [];
  const { peer, sent, say } = peerWith({ onNotification: (message) => seen.push(message), onRequest: () => assert.fail('a request') });
  say({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x' } });
  assert.deepEqual(seen, [{ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x' } }]);
  peer.notify('notifications/initialized');
  assert.deepEqual(sent, [{ jsonrpc: '2.0', method: 'notifications/initialized' }]);
});

test('what is no message is junk and disturbs nothing', async () => {
  const junk: string[] = [];
  const { peer, say } = peerWith({ onJunk: (line) => junk.push(line.toString()) });
  const request = peer.request('a', {});
  const lines = [
    'Server listening on 8080',
    '{',
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"jsonrpc":"1.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":{},"result":{}}',
    '{"jsonrpc":"2.0","method":5}',
  ];
  for (const line of lines) {
    peer.receive(Buffer.from(line));
  }
  assert.deepEqual(junk, lines);
  say({ jsonrpc: '2.0', id: request.id, result: {} });
  assert.equal((await request.reply).kind, 'result');
});

test('a result beside "error": null is a result', async () => {
  const { peer, say } = peerWith();
  const request = peer.request('a', {});
  say({ jsonrpc: '2.0', id: request.id, result: { fine: true }, error: null });
  assert.equal((await request.reply).kind, 'result');
});

const badAnswers: readonly (readonly [string, object, string])[] = [
  ['no result', {}, 'the answer has no result'],
  ['a result of null', { result: null }, 'the answer has no result'],
  ['a result that is a list', { result: [] }, 'the answer has no result'],
  ['an error that is a text', { error: 'broken' }, 'broken'],
  ['an error without code and message', { error: {} }, 'an error without a message'],
];
for (const [what, answer, message] of badAnswers) {
  test(`an answer with ${what} ends the request as an error with code and message`, async () => {
    const { peer, say } = peerWith();
    const request = peer.request('a', {});
    say({ jsonrpc: '2.0', id: request.id, ...answer });
    const reply = await request.reply;
    assert.ok(reply.kind === 'error');
    assert.equal(reply.error.message, message);
    assert.equal(typeof reply.error.code, 'number');
  });
}
