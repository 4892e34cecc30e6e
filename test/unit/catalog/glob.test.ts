import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isGlob, matchesGlob, matchNames } from '../../../src/core/catalog/glob.ts';

/** Of Go's own test of path.Match: what matches, what does not, and what is no pattern. */
const cases: readonly (readonly [glob: string, name: string, matches: boolean | 'bad'])[] = [
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'abc', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['a?b', 'a/b', false],
  ['a*b', 'a/b', false],
  ['[\\]a]', ']', true],
  ['[\\-]', '-', true],
  ['[x\\-]', 'x', true],
  ['[x\\-]', 'z', false],
  ['[\\-x]', '-', true],
  ['[]a]', ']', 'bad'],
  ['[-]', '-', 'bad'],
  ['[x-]', 'x', 'bad'],
  ['[-x]', 'x', 'bad'],
  ['\\', 'a', 'bad'],
  ['[a-b-c]', 'a', 'bad'],
  ['[', 'a', 'bad'],
  ['[^', 'a', 'bad'],
  ['[^bc', 'a', 'bad'],
  ['a[', 'a', 'bad'],
  ['a[', 'ab', 'bad'],
  ['*x', 'xxx', true],
];

test("patterns match as in Go's path.Match", () => {
  for (const [glob, name, matches] of cases) {
    assert.equal(isGlob(glob), matches !== 'bad', glob);
    assert.equal(matchesGlob(glob, name), matches === true, `${glob} and ${name}`);
  }
});

test('the names come in their own order, once, and patterns that match none are told', () => {
  const names = ['github-official', 'github-chat', 'grafana', 'SQLite', 'slack'];
  assert.deepEqual(matchNames(['slack', 'git*', '*-official', 'nope', 'sqlite'], names), {
    names: ['github-official', 'github-chat', 'slack'],
    unmatched: ['nope', 'sqlite'],
  });
  assert.deepEqual(matchNames(['*'], names), { names, unmatched: [] });
  assert.deepEqual(matchNames(['*'], []), { names: [], unmatched: ['*'] });
});

test('a pattern of stars ends soon', () => {
  const from = performance.now();
  assert.equal(matchesGlob('*a'.repeat(1_000) + 'b', 'a'.repeat(2_000)), false);
  assert.ok(performance.now() - from < 3_000);
});
