import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { applyEdits, positionAt, type TextEdit } from '../../../src/shared/text.ts';

test('edits change what they name and nothing else, in whatever order they are given', () => {
  const edits: TextEdit[] = [
    { range: { start: 8, end: 8 }, newText: '!' },
    { range: { start: 0, end: 1 }, newText: 'J' },
    { range: { start: 2, end: 4 }, newText: '' },
  ];
  assert.equal(applyEdits('hello yo', edits), 'Jeo yo!');
  assert.equal(applyEdits('hello yo', edits.toReversed()), 'Jeo yo!');
  assert.equal(applyEdits('same', []), 'same');
});

test('two insertions at one place keep their order, before a replacement that begins there', () => {
  const at = { start: 1, end: 1 };
  const edits = [
    { range: { start: 1, end: 2 }, newText: 'B' },
    { range: at, newText: '1' },
    { range: at, newText: '2' },
  ];
  assert.equal(applyEdits('abc', edits), 'a12Bc');
});

test('edits that overlap are a bug', () => {
  const edits = [
    { range: { start: 0, end: 3 }, newText: '' },
    { range: { start: 2, end: 4 }, newText: '' },
  ];
  assert.throws(() => applyEdits('abcdef', edits), /overlap/);
});

test('edits that replace every piece by itself give the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(50)), (text, cuts) => {
      const at = cuts.filter((cut) => cut <= text.length).sort((a, b) => a - b);
      const edits = at.slice(1).map((end, index) => {
        const start = at[index] ?? 0;
        return { range: { start, end }, newText: text.slice(start, end) };
      });
      assert.equal(applyEdits(text, edits), text);
    }),
  );
});

test('line and column count from 1, in UTF-16 units, over both kinds of line end', () => {
  const text = 'a\r\nb😀c\n\nd';
  const cases: readonly (readonly [number, number, number])[] = [
    [0, 1, 1],
    [1, 1, 2],
    [3, 2, 1],
    [6, 2, 4],
    [8, 3, 1],
    [9, 4, 1],
    [10, 4, 2],
  ];
  for (const [offset, line, column] of cases) {
    assert.deepEqual(positionAt(text, offset), { line, column }, String(offset));
  }
  assert.deepEqual(positionAt('', 0), { line: 1, column: 1 });
});
