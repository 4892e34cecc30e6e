import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { mended, readEnvelope, responseOf, splitBatch } from '../../../src/node/envelope.ts';
import { findMembers, skipValue } from '../../../src/node/jsonSpans.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('of every JSON value exactly its bytes are found, whatever stands behind it', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ' ', ',', '}', ']'), (json, behind) => {
      const text = Buffer.from(json + behind);
      assert.equal(skipValue(text, 0), Buffer.byteLength(json.trimEnd()));
    }),
    { numRuns: 2_000 },
  );
});

test('what was damaged is read only where it is still JSON', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', 'x', ',', ':', '"', '{', ']', 'NaN', '\\', '01', '-', '.5', '\t', '1e'),
      (json, at, by) => {
        const place = at % (json.length + 1);
        const damaged = json.slice(0, place) + by + json.slice(place + 1);
        const text = Buffer.from(damaged.trim());
        if (skipValue(text, 0) === text.length && text.length < 100) {
          assert.ok(isJson(text.toString()), text.toString());
        }
      },
    ),
    { numRuns: 20_000 },
  );
});

test('the members of an object are those that a parser gives', () => {
  const names = ['a', 'b', 'c d', 'e/f'];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (value) => {
      const text = Buffer.from(JSON.stringify(value, undefined, 1));
      const parsed = new Map(Object.entries(JSON.parse(text.toString()) as Record<string, unknown>));
      const found = findMembers(text, 0, names);
      assert.ok(found);
      for (const [index, name] of names.entries()) {
        const span = found.spans[index];
        const got: unknown = span === undefined ? undefined : JSON.parse(text.toString('utf8', span.start, span.end));
        assert.deepEqual(got, parsed.get(name));
      }
    }),
    { numRuns: 1_000 },
  );
});

const unreadable = [
  'not json',
  '{"jsonrpc":"2.0","id":1,"result":{oops}}',
  '{"jsonrpc":"2.0","id":1,"result":{"a":NaN}}',
  '{"jsonrpc":"2.0","id":1,"result":{"a":-Infinity}}',
  '{"jsonrpc":"2.0","id":1,"result":{"a":01}}',
  '{"jsonrpc":"2.0","id":1,"result":{"a":[1,]}}',
  '{"jsonrpc":"2.0","id":1,"result":{"a" 1}}',
  '{"jsonrpc":"2.0","id":1,"result":{"a":"\\x"}}',
  '{"jsonrpc":"2.0","id":1,"result":{}}{}',
  '{"jsonrpc":"2.0","id":1,"id":2,"result":{}}',
  '{"jsonrpc":"2.0","id":1,"i\\u0064":2,"result":{}}',
  '{"jsonrpc":"1.0","id":1,"result":{}}',
  '{"jsonrpc":"2.0","id":{},"method":"x"}',
  '{"jsonrpc":"2.0","id":1,"method":"x","result":{}}',
];

for (const text of unreadable) {
  test(`${text} is no message`, () => {
    assert.equal(readEnvelope(Buffer.from(text)), undefined);
  });
}

test('the id may stand behind the result, and keys may be written with escapes', () => {
  const text = Buffer.from('{ "result" : {"a":[1,{"id":9}]} , "jsonrpc":"2.0", "\\u0069d" : "x" }');
  const envelope = readEnvelope(text);
  assert.ok(envelope?.kind === 'response');
  assert.equal(envelope.id, 'x');
  assert.equal(text.toString('utf8', envelope.value.start, envelope.value.end), '{"a":[1,{"id":9}]}');
});

test('a message that is nested deeper than Codex reads is none, however deep', () => {
  const nested = (levels: number): string => `{"jsonrpc":"2.0","id":1,"result":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  assert.equal(readEnvelope(Buffer.from(nested(120)))?.kind, 'response');
  for (const levels of [121, 128, 100_000]) {
    assert.equal(readEnvelope(Buffer.from(nested(levels))), undefined);
  }
});

test('what no string may hold is found wherever it stands in a long one', () => {
  const plain = 'größe '.repeat(200);
  for (const wrong of ['\t', '\u0000', '\u001b[1m', '\\x1b', '\\u12g4', '\\']) {
    for (let at = 0; at < 12; at++) {
      for (const [before, behind] of [
        [plain, plain],
        [plain, ''],
        ['', plain],
      ] as const) {
        const text = `{"jsonrpc":"2.0","id":1,"result":{"a":"${before}${'x'.repeat(at)}${wrong}${behind}"}}`;
        assert.equal(readEnvelope(Buffer.from(text)), undefined, JSON.stringify(text.slice(-60)));
      }
    }
  }
  for (const right of ['\\t', '\\"', '\\\\', '\\u12a4', '\u007f']) {
    const text = `{"jsonrpc":"2.0","id":1,"result":{"a":"${plain}${right}${plain}${right}"}}`;
    assert.equal(readEnvelope(Buffer.from(text))?.kind, 'response', right);
  }
});

test('halves of characters are mended, and what is sound stays byte for byte', () => {
  const cut = Buffer.from([...Buffer.from('{"a":"'), 0xe2, 0x82, ...Buffer.from('"}')]);
  assert.deepEqual(JSON.parse(mended(cut).toString()), { a: '\ufffd' });
  assert.deepEqual(JSON.parse(mended(Buffer.from('{"a":"\\ud83d!"}')).toString()), { a: '\ufffd!' });
  const sound = Buffer.from('{"a":"\\ud83d\\ude00 €"}');
  assert.equal(mended(sound), sound);
});

test('a response is put around bytes, and a batch is taken apart', () => {
  assert.equal(responseOf('a"b', 'result', Buffer.from('{}')).toString(), '{"jsonrpc":"2.0","id":"a\\"b","result":{}}');
  assert.deepEqual(splitBatch(Buffer.from('[{"a":1},[2],3]'))?.map(String), ['{"a":1}', 'null', '3']);
  assert.equal(splitBatch(Buffer.from('[]')), undefined);
});
