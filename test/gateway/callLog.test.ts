import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CallLog } from '../../src/gateway/callLog.ts';
import type { OpenCall } from '../../src/gateway/keptCall.ts';

function begin(log: CallLog, tool: string, given = '{}'): OpenCall {
  const bytes = Buffer.from(given);
  return log.begin({
    client: 'c 1',
    thread: null,
    profile: 'p',
    profilePath: '/p.yaml',
    server: 's',
    tool,
    arguments: bytes,
    requestBytes: bytes.length,
  });
}

test('a call that runs for long is seen to its end, whatever ended meanwhile', () => {
  const log = new CallLog();
  const heard: string[] = [];
  log.follow(({ tool, status }) => (tool === 'long' ? heard.push(status) : undefined));
  const long = begin(log, 'long');
  for (let count = 0; count < 2_000; count++) {
    begin(log, 'short').end({ status: 'ok', result: null });
  }
  assert.equal(log.list(5_000).length, 1_000);
  long.end({ status: 'ok', result: Buffer.from('{"content":[]}') });
  assert.deepEqual(heard, ['running', 'ok']);
  assert.deepEqual(log.show(long.id)?.result, { content: [] });
});

test('long bodies are kept as long as there is room, the newest first', () => {
  const log = new CallLog();
  const megabyte = Buffer.from(JSON.stringify('x'.repeat(1024 ** 2)));
  const calls = Array.from({ length: 40 }, (_, index) => begin(log, `t${index}`));
  calls.forEach((call) => call.end({ status: 'ok', result: megabyte }));
  const kept = log.list(100).map(({ tool }) => tool);
  assert.ok(kept.length >= 14 && kept.length <= 16, String(kept.length));
  assert.equal(kept.at(-1), 't39');
});

test('a call keeps what it was given, not what became of those bytes later', () => {
  const log = new CallLog();
  const chunk = Buffer.from('{"a":1}{"b":2}');
  const call = log.begin({
    client: 'c 1',
    thread: 't',
    profile: 'p',
    profilePath: '/p.yaml',
    server: 's',
    tool: 't',
    arguments: chunk.subarray(0, 7),
    requestBytes: 7,
  });
  chunk.fill(0);
  assert.deepEqual(log.show(call.id)?.arguments, { a: 1 });
});
