import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../support/sharedData.ts';

interface Configuration {
  readonly comments: { readonly lineComment: string };
  readonly autoClosingPairs: readonly { readonly open: string; readonly close: string; readonly notIn: readonly string[] }[];
  readonly surroundingPairs: readonly (readonly [string, string])[];
  readonly wordPattern: { readonly pattern: string; readonly flags: string };
  readonly folding: { readonly markers: { readonly start: string; readonly end: string } };
  readonly indentationRules: { readonly increaseIndentPattern: string; readonly decreaseIndentPattern: string };
}

const parts = ['comments', 'autoClosingPairs', 'surroundingPairs', 'wordPattern', 'folding', 'indentationRules'];

function isConfiguration(value: unknown): value is Configuration {
  return typeof value === 'object' && value !== null && parts.every((part) => part in value);
}

const parsed: unknown = JSON.parse(await readFile(join(root, 'syntaxes', 'codexToml.language-configuration.json'), 'utf8'));
assert.ok(isConfiguration(parsed));
const configuration: Configuration = parsed;

function words(line: string): string[] {
  const { pattern, flags } = configuration.wordPattern;
  return [...line.matchAll(new RegExp(pattern, `${flags}g`))].map((match) => match[0]);
}

test('a word is a whole key, a whole quoted name without its quotes, or a word of prose', () => {
  assert.deepEqual(words('startup_timeout_sec = 30'), ['startup_timeout_sec', '30']);
  assert.deepEqual(words('[mcp_servers.codex-dev.env]'), ['mcp_servers', 'codex-dev', 'env']);
  assert.deepEqual(words('[mcp_servers."@scope/pkg.name"]'), ['mcp_servers', '@scope/pkg.name']);
  assert.deepEqual(words("model = 'gpt-5.5'"), ['model', 'gpt-5.5']);
  assert.deepEqual(words('args = ["-y","some-pkg@1.2"]'), ['args', '-y', 'some-pkg@1.2']);
  assert.deepEqual(words('text = "Über zwei Wörter"'), ['text', 'Über', 'zwei', 'Wörter']);
});

test('every kind of quote closes itself and wraps a selection', () => {
  const closing = new Map(configuration.autoClosingPairs.map((pair) => [pair.open, pair.close]));
  for (const quote of ['"', "'", '"""', "'''"]) {
    assert.equal(closing.get(quote), quote);
  }
  assert.ok(configuration.autoClosingPairs.every((pair) => pair.notIn.includes('comment')));
  assert.deepEqual(configuration.surroundingPairs.map(([open]) => open).join(''), '[{"\'');
  assert.equal(configuration.comments.lineComment, '#');
});

test('a fold starts at a table header and ends at the empty line after it', () => {
  const start = new RegExp(configuration.folding.markers.start);
  const end = new RegExp(configuration.folding.markers.end);
  for (const line of ['[a]', '[mcp_servers."@x/y"]', '  [[hooks.list]] # comment', '[ mcp_servers . x ]']) {
    assert.match(line, start);
  }
  for (const line of ['  [1, 2],', '  ["a"],', '[true]', '  [inf, nan]', 'a = [b]', '# [a]', ']']) {
    assert.doesNotMatch(line, start);
  }
  assert.match('', end);
  assert.match('   ', end);
  assert.doesNotMatch('a = 1', end);
});

test('a line that opens a bracket indents the next, and a closing bracket goes back', () => {
  const increase = new RegExp(configuration.indentationRules.increaseIndentPattern);
  const decrease = new RegExp(configuration.indentationRules.decreaseIndentPattern);
  for (const line of ['args = [', 'env = { # comment', '  { a = [']) {
    assert.match(line, increase);
  }
  for (const line of ['[table]', 'args = []', '# args = [', 'a = "["']) {
    assert.doesNotMatch(line, increase);
  }
  assert.match('  ],', decrease);
  assert.match('}', decrease);
  assert.doesNotMatch('a = 1', decrease);
});
