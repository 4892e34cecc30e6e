import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseEnvFile } from '../../../src/core/secrets/envFile.ts';

function pairs(text: string, shellForm: boolean): readonly (readonly [string, string])[] {
  return parseEnvFile(text, { shellForm }).entries.map(({ name, value }) => [name, value]);
}

test("Docker's file of secrets is read as Docker reads it: dotted names, comments, no quoting", () => {
  const text = '# a comment\ngithub.personal_access_token=abc=def\r\n\n  KEY = "quoted"\nEMPTY=\n';
  assert.deepEqual(pairs(text, false), [
    ['github.personal_access_token', 'abc=def'],
    ['KEY', '"quoted"'],
    ['EMPTY', ''],
  ]);
});

test('a line that is none is named by its number and nothing else', () => {
  assert.deepEqual(parseEnvFile('A=1\nnonsense\n=x\nexport B=2\n', { shellForm: false }).badLines, [2, 3, 4]);
  assert.deepEqual(parseEnvFile('A=1\nnonsense\nexport B=2\n', { shellForm: true }).badLines, [2]);
});

test('what is written for a shell can be imported, and what was left out of it is told', () => {
  const { entries } = parseEnvFile(`\ufeffexport A="b c"\nB='d'\nC="e'\nD=f g\n`, { shellForm: true });
  assert.deepEqual(
    entries.map(({ name, value, line, trimmed }) => [name, value, line, trimmed]),
    [
      ['A', 'b c', 1, true],
      ['B', 'd', 2, true],
      ['C', `"e'`, 3, false],
      ['D', 'f g', 4, false],
    ],
  );
});
