import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { writeKey, writeNumber, writeString, writeValue } from '../../../src/core/codexConfig/newText.ts';
import { parseToml } from '../../../src/core/toml/document.ts';
import { toPlain } from '../../../src/core/toml/plain.ts';

function readBack(text: string): unknown {
  const document = parseToml(text, { version: '1.0' });
  assert.deepEqual(document.errors, [], text);
  return toPlain(document.root);
}

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('"', "'", '\\', '\n', '\r', '\t', '\u0000', '\u001B', '\u007F', '\u0085', 'é', 'x') }),
);

test('every string and name is read back as it was, on one line', () => {
  fc.assert(
    fc.property(anyText, anyText, fc.constantFrom('basic' as const, 'literal' as const, undefined), (name, value, form) => {
      const text = `${writeKey(name)} = ${writeString(value, form)}`;
      assert.deepEqual(readBack(text), Object.assign(Object.create(null), { [name]: value }));
      assert.doesNotMatch(text, /[\r\n]/);
    }),
    { numRuns: 2000 },
  );
});

test('lists, tables and numbers are read back as they were', () => {
  fc.assert(
    fc.property(
      fc.array(anyText),
      fc.dictionary(anyText, anyText),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (list, table, number) => {
        const read = readBack(`a = ${writeValue(list)}\nb = ${writeValue(table)}\nc = ${writeNumber(number)}`) as Record<string, unknown>;
        assert.deepEqual(read['a'], list);
        assert.deepEqual({ ...(read['b'] as object) }, { ...table });
        assert.equal(read['c'], number === 0 ? 0 : number);
      },
    ),
    { numRuns: 1000 },
  );
  assert.equal(writeNumber(1000), '1000');
  assert.throws(() => writeNumber(Number.NaN), RangeError);
});
