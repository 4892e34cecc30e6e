import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseDuration, parseMemory, parseTimeout } from '../../../src/core/profile/units.ts';

test('durations have the units of the command line, and a bare number is seconds', () => {
  const cases: readonly [unknown, number | undefined][] = [
    ['2s', 2000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['250ms', 250],
    ['1.5 s', 1500],
    ['2S', 2000],
    [30, 30_000],
    ['30', 30_000],
    ['0s', undefined],
    ['-1s', undefined],
    ['s', undefined],
    ['', undefined],
    ['2 weeks', undefined],
    [null, undefined],
    [true, undefined],
    ['1s2', undefined],
  ];
  for (const [value, expected] of cases) {
    assert.equal(parseDuration(value), expected, String(value));
  }
});

test('a time-out is a duration of at most a day, as timers hold no more', () => {
  assert.deepEqual([parseTimeout('24h'), parseTimeout('86401s'), parseTimeout('x')], [86_400_000, undefined, undefined]);
});

test("sizes have Docker's units, are whole bytes, a bare number is bytes, and no container has less than 6 MB", () => {
  const cases: readonly [unknown, number | undefined][] = [
    ['512m', 512 * 1024 ** 2],
    ['2Gb', 2 * 1024 ** 3],
    ['6144k', 6 * 1024 ** 2],
    ['6291455b', undefined],
    [512, undefined],
    [6291456, 6291456],
    ['6144.0001k', 6 * 1024 ** 2],
    ['2x', undefined],
    [0, undefined],
    ['-1g', undefined],
    [[], undefined],
    [Number.NaN, undefined],
  ];
  for (const [value, expected] of cases) {
    assert.equal(parseMemory(value), expected, String(value));
  }
});
