import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { positionAt } from '../../../src/shared/text.ts';
import { parseToml } from '../../../src/core/toml/document.ts';
import { toPlain } from '../../../src/core/toml/plain.ts';
import { tomlMarks } from './marks.ts';

function errorsOf(text: string, version: '1.0' | '1.1' = '1.1'): string[] {
  return parseToml(text, { version }).errors.map((error) => `${positionAt(text, error.range.start).line} ${error.code}`);
}

function joined(text: string): string {
  return [...parseToml(text).tokens].map((token) => text.slice(token.range.start, token.range.end)).join('');
}

/** Each is wrong by itself, on one line. `N` is replaced so that keys differ. */
const brokenLines: readonly (readonly [string, string])[] = [
  ['kN = node', 'invalid-value'],
  ['kN = "open', 'unclosed-string'],
  ["kN = 'open", 'unclosed-string'],
  ['kN =', 'expected-value'],
  ['kN', 'expected-equals'],
  ['kN: "node"', 'expected-equals'],
  ['= 1', 'expected-key'],
  ['kN = 1 2', 'expected-line-end'],
  ['kN = "C:\\Users"', 'invalid-escape'],
  ['kN = 01', 'invalid-value'],
  ['kN = 2024-02-30', 'invalid-date'],
  ['kN = [1, 2', 'unclosed-array'],
  ['kN = [1 2]', 'missing-comma'],
  ['kN = { a = 1', 'unclosed-inline-table'],
  ['kN = { a = 1, a = 2 }', 'duplicate-key'],
  ['[kN', 'unclosed-header'],
  ['[]', 'expected-key'],
  ['kN = """open', 'unclosed-string'],
  ['kN = 9223372036854775808', 'number-out-of-range'],
  ['# \u0001', 'invalid-character'],
];

test('each kind of broken line gives exactly its one error, and the lines around it are read', () => {
  for (const [line, code] of brokenLines) {
    const text = `before = 1\n${line.replace('N', '1')}\nafter = 2\n`;
    const document = parseToml(text);
    assert.deepEqual(errorsOf(text), [`2 ${code}`], line);
    assert.equal(document.root.members.get('before')?.value.kind, 'integer', line);
    const section = document.sections.at(-1);
    assert.ok(
      section?.entries.some((entry) => entry.key.parts[0]?.name === 'after'),
      line,
    );
  }
});

const opensBracket = new Set(['unclosed-array', 'unclosed-inline-table']);

test('as many independent errors as broken lines are reported, each on its line', () => {
  const mixed = fc.array(fc.oneof(fc.constantFrom(...brokenLines), fc.constant(['ok_N = 1', ''] as const)), { maxLength: 30 });
  fc.assert(
    fc.property(mixed, fc.constantFrom('\n', '\r\n'), (lines, eol) => {
      // A second multi-line quote would close the first, so only one such line is independent of the others.
      const seen = lines.findIndex(([line]) => line.includes('"""'));
      // Behind an open bracket only a line that is surely a statement is independent of it.
      const kept = lines
        .filter(([line], index) => index === seen || !line.includes('"""'))
        .flatMap((line) => (opensBracket.has(line[1]) ? [line, ['ok_N = 1', ''] as const] : [line]));
      const text = kept.map(([line], index) => line.replace('N', String(index)) + eol).join('');
      const expected = kept.flatMap(([, code], index) => (code === '' ? [] : [`${index + 1} ${code}`]));
      assert.deepEqual(errorsOf(text), expected);
      assert.equal(joined(text), text);
    }),
    { numRuns: 300 },
  );
});

test('any text is read without throwing and every character belongs to a token', () => {
  const pieces = fc.constantFrom(...tomlMarks, 'a', '1', 'é', '\\u12');
  const noise = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(noise, fc.string({ unit: 'binary' })), fc.constantFrom('1.0' as const, '1.1' as const), (text, version) => {
      const document = parseToml(text, { version });
      assert.equal(joined(text), text);
      for (const error of document.errors) {
        assert.ok(error.range.start >= 0 && error.range.start <= error.range.end && error.range.end <= text.length);
      }
      toPlain(document.root);
    }),
    { numRuns: 2000 },
  );
});

test('a bracket that is never closed ends where the next statement begins', () => {
  const text =
    '[mcp_servers.a]\nargs = ["x",\n  "y"\nstartup_timeout_sec = 3\n[mcp_servers.b]\nenv = {\n  A = "1",\n[mcp_servers.c]\ncommand = "c"\n';
  assert.deepEqual(errorsOf(text), ['2 unclosed-array', '6 unclosed-inline-table']);
  const { root } = parseToml(text);
  const servers = toPlain(root) as { mcp_servers: { a: { args: string[]; startup_timeout_sec: number }; c: { command: string } } };
  assert.deepEqual([...servers.mcp_servers.a.args], ['x', 'y']);
  assert.equal(servers.mcp_servers.a.startup_timeout_sec, 3);
  assert.equal(servers.mcp_servers.c.command, 'c');
});

test('a missing comma in an inline table of several lines is one error, and all keys are read', () => {
  const text = 'env = {\n  A = "1"\n  B = "2"\n}\nnext = 1\n';
  assert.deepEqual(errorsOf(text), ['3 missing-comma']);
  assert.deepEqual([...parseToml(text).root.members.keys()], ['env', 'next']);
});

test('a missing comma in an array of several lines is one error, and all items are read', () => {
  const text = 'args = [\n  "a"\n  "b",\n]\nnext = 1\n';
  assert.deepEqual(errorsOf(text), ['3 missing-comma']);
  assert.deepEqual(toPlain(parseToml('a = [[1],\n[2]\n,[3]]\n').root), Object.assign(Object.create(null), { a: [[1], [2], [3]] }));
});

test('a carriage return alone is an error on every line, and the keys are read', () => {
  const text = 'a = 1\rb = 2\r';
  assert.deepEqual(
    parseToml(text).errors.map((error) => error.code),
    ['bare-carriage-return', 'bare-carriage-return'],
  );
  assert.deepEqual([...parseToml(text).root.members.keys()], ['a', 'b']);
});

test('what only TOML 1.1 allows is refused for 1.0 with a word about it', () => {
  for (const text of ['a = { b = 1, }', 'a = {\n b = 1 }', 'a = "\\e"', 'a = "\\x41"', 'a = 07:32', 'a = 2024-01-01 07:32']) {
    assert.deepEqual(errorsOf(text), [], text);
    assert.deepEqual(errorsOf(text, '1.0'), ['1 needs-toml-1.1'], text);
  }
});

test('nesting that would exhaust the stack is an error', () => {
  const deep = 50_000;
  const texts = [
    `a = ${'['.repeat(deep)}`,
    `a = ${'['.repeat(deep)}${']'.repeat(deep)}\nb = 1`,
    `a = ${'{a='.repeat(deep)}`,
    `a = ${'[\n'.repeat(deep)}`,
    `${'a.'.repeat(deep)}b = 1`,
    `[${'a.'.repeat(deep)}b]\nc = 1`,
    `a = ${'{a.a.a.a='.repeat(deep)}`,
  ];
  for (const text of texts) {
    const document = parseToml(text);
    assert.ok(
      document.errors.some((error) => error.code === 'too-deep'),
      text.slice(0, 20),
    );
    assert.equal(joined(text).length, text.length);
    toPlain(document.root);
  }
  assert.deepEqual(errorsOf(`a = ${'['.repeat(120)}${']'.repeat(120)}`), []);
});

test('long broken text is read in time that grows with its length', () => {
  const size = 300_000;
  const units = [
    'a = """\\"""\n',
    "'''\n",
    '[',
    '[a\n',
    'a = [\n',
    'a = {\n',
    '"',
    'a = "\\',
    '#\r',
    'a = [1,\n[2\n',
    '{a=[',
    '\\u',
    'a.',
    'a = "x\n',
    ' ',
    '{},',
    '{},\n',
    'a.b.c = 1\n',
  ];
  for (const unit of units) {
    const text = `a = [${unit.repeat(Math.ceil(size / unit.length))}`.slice(unit.includes('{}') ? 0 : 5);
    const start = performance.now();
    parseToml(text);
    assert.ok(performance.now() - start < 20_000, `${JSON.stringify(unit)} took ${Math.round(performance.now() - start)} ms`);
  }
});
