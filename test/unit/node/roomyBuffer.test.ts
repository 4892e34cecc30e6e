import assert from 'node:assert/strict';
import { test } from 'node:test';
import { between, joined } from '../../../src/node/roomyBuffer.ts';

const head = Buffer.from('{"id":1,"result":');
const tail = Buffer.from('}');

test('pieces are put together byte for byte', () => {
  assert.equal(joined([Buffer.from('ab'), Buffer.from('c')]).toString(), 'abc');
});

test('a part of what was put together is framed where it lies, and is itself not changed', () => {
  const whole = joined([Buffer.from('{"result":{"a"'), Buffer.from(':1},"jsonrpc":"2.0","id":77}')]);
  const value = whole.subarray(10, 17);
  const framed = between(head, value, tail);
  assert.equal(framed.toString(), '{"id":1,"result":{"a":1}}');
  assert.equal(framed.buffer, whole.buffer);
  assert.equal(value.toString(), '{"a":1}');
});

test('what was framed once and is still on its way is not written over by a second time', () => {
  const value = joined([Buffer.from('[1'), Buffer.from(',2]')]);
  const first = between(head, value, tail);
  const second = between(Buffer.from('{"id":22222,"error":'), value, tail);
  assert.equal(first.toString(), '{"id":1,"result":[1,2]}');
  assert.equal(second.toString(), '{"id":22222,"error":[1,2]}');
});

test('other bytes are copied, and what lies around them stays', () => {
  const shared = Buffer.from('xxxxxxxxxxxxxxxxxxxxxxxx[1]yyyy');
  assert.equal(between(head, shared.subarray(24, 27), tail).toString(), '{"id":1,"result":[1]}');
  assert.equal(shared.toString(), 'xxxxxxxxxxxxxxxxxxxxxxxx[1]yyyy');
});

test('a head that is longer than the room is no trouble', () => {
  const long = Buffer.from(`{"id":"${'i'.repeat(5_000)}","result":`);
  assert.equal(between(long, joined([Buffer.from('1'), Buffer.from('2')]), tail).toString(), `${long.toString()}12}`);
});
