import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { mended, readEnvelope, splitBatch } from '../../../src/node/envelope.ts';
import { findMembers, parseSpan } from '../../../src/node/jsonSpans.ts';
import { mutated, runs } from '../../support/fuzz.ts';

/** Messages of every kind, and what once was understood in two ways. */
const corpus = [
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,2,{"y":null}]},"_meta":{"progressToken":"t"}}}',
  '{"jsonrpc":"2.0","id":"a-1","result":{"content":[{"type":"text","text":"\\ud83d\\ude00 \\u0041 \\\\ud800"}],"isError":false}}',
  '{"jsonrpc":"2.0","id":-1.5e3,"error":{"code":-32601,"message":"no","data":[true,false,null]}}',
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":0.5}}',
  '{"result":{},"jsonrpc":"2.0","id":null}',
  ' {"jsonrpc" : "2.0" , "id" : 7 , "result" : null , "error" : {"code":1,"message":""} } ',
  '{"jsonrpc":"2.0","id":1,"id":2,"result":{}}',
  '{"jsonrpc":"2.0","i\\u0064":1,"result":{"__proto__":{"a":1},"__proto__":2}}',
  '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},[],3]',
  `{"jsonrpc":"2.0","id":1,"result":{"text":"${'long '.repeat(60)}\\n"}}`,
  `{"jsonrpc":"2.0","id":1,"result":${'['.repeat(119)}${']'.repeat(119)}}`,
];
const words = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\u',
  '\\ud800',
  '\\udc00',
  '"id":2,',
  '"method":"y",',
  'null',
  '1e9',
  '-',
  '\t',
  '\u0000',
  '\u2028',
  '\ufeff',
  '"__proto__":',
  '0',
  '{"jsonrpc":"2.0",',
];

const texts = mutated(corpus, words);
/** The same with a byte in it that no character has there. */
const bytes = fc.tuple(texts, fc.option(fc.tuple(fc.nat(), fc.integer({ min: 0x80, max: 0xff })))).map(([text, broken]) => {
  const buffer = Buffer.from(text);
  if (broken !== null && buffer.length > 0) {
    buffer[broken[0] % buffer.length] = broken[1];
  }
  return buffer;
});

function parsed(text: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text.toString()) };
  } catch {
    return undefined;
  }
}

test('a message that is passed on is JSON, and its parts mean the same to any other reader', (t) => {
  let passed = 0;
  fc.assert(
    fc.property(bytes, (message) => {
      const envelope = readEnvelope(message);
      if (envelope === undefined) {
        return;
      }
      passed += 1;
      const whole = parsed(message);
      assert.ok(whole, 'another reader takes it too');
      const value = whole.value as Record<string, unknown>;
      assert.equal(value['jsonrpc'], '2.0');
      if ('method' in envelope) {
        assert.equal(envelope.method, value['method']);
        assert.deepEqual(envelope.params === undefined ? undefined : parseSpan(message, envelope.params), value['params']);
        assert.ok(!Object.hasOwn(value, 'result') && !Object.hasOwn(value, 'error'));
      } else if (envelope.value.end > 0) {
        assert.deepEqual(parseSpan(message, envelope.value), value[envelope.outcome]);
      }
      assert.deepEqual('id' in envelope ? envelope.id : undefined, value['id']);
    }),
    runs(4_000),
  );
  t.diagnostic(`${passed} messages were passed on`);
});

test('what any reader takes for one plain message is not lost', () => {
  const plain = fc.record(
    {
      id: fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      method: fc.string(),
      params: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 6 })),
    },
    { requiredKeys: ['id', 'method'] },
  );
  fc.assert(
    fc.property(plain, fc.nat(3), (message, indent) => {
      const text = Buffer.from(JSON.stringify({ ...message, jsonrpc: '2.0' }, undefined, indent));
      assert.equal(readEnvelope(text)?.kind, 'request');
    }),
    runs(1_000),
  );
});

test('members are found where a parser finds them, or the object is refused', () => {
  const names = ['id', 'method', 'params', 'result', 'jsonrpc', '__proto__', 'a"b'];
  fc.assert(
    fc.property(bytes, (text) => {
      const found = findMembers(text, 0, names);
      const whole = found === undefined || found.end !== text.length ? undefined : parsed(text);
      if (found === undefined || whole === undefined) {
        assert.ok(found === undefined || found.end !== text.length, 'what was found is JSON');
        return;
      }
      names.forEach((name, index) => {
        const span = found.spans[index];
        const value = whole.value as Record<string, unknown>;
        assert.deepEqual(span === undefined ? undefined : parseSpan(text, span), Object.hasOwn(value, name) ? value[name] : undefined);
      });
    }),
    runs(2_000),
  );
});

test('mended bytes say the same as before, in whole characters', () => {
  fc.assert(
    fc.property(bytes, (message) => {
      const sound = mended(message);
      assert.ok(isUtf8(sound));
      const [before, after] = [parsed(message), parsed(sound)];
      assert.equal(before === undefined, after === undefined);
      if (before !== undefined) {
        assert.equal(JSON.stringify(after?.value), JSON.stringify(wellFormed(before.value)));
      }
    }),
    runs(2_000),
  );
});

function wellFormed(value: unknown): unknown {
  const text = JSON.stringify(value).replace(/\\\\|\\ud[89a-f]../g, (escape) => (escape === '\\\\' ? escape : '\\ufffd'));
  return JSON.parse(text) as unknown;
}

test('a batch is the list that a parser finds, in the same order', () => {
  fc.assert(
    fc.property(bytes, (message) => {
      const batch = splitBatch(message);
      if (batch !== undefined) {
        const list = parsed(message)?.value as readonly unknown[];
        assert.deepEqual(
          batch.map((one) => parsed(one)?.value),
          list.map((one) => (Array.isArray(one) ? null : one)),
        );
      }
    }),
    runs(2_000),
  );
});

test('a batch of more than a thousand messages is none, however many they are', () => {
  assert.equal(splitBatch(Buffer.from(`[${'1,'.repeat(999)}1]`))?.length, 1_000);
  assert.equal(splitBatch(Buffer.from(`[${'1,'.repeat(1_000)}1]`)), undefined);
  assert.equal(splitBatch(Buffer.from('[]')), undefined);
});
