import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invalid, loadGrammar, tokenise, type Token } from './grammar.ts';

const grammar = await loadGrammar();

/** The scopes of the `nth` token with exactly this text. */
function scopesOf(source: string, text: string, nth = 0): readonly string[] {
  const tokens = tokenise(grammar, source);
  const found = tokens.filter((token) => token.text === text)[nth];
  assert.ok(found !== undefined, `no token ${JSON.stringify(text)} in ${JSON.stringify(tokens.map((token) => token.text))}`);
  return found.scopes;
}

function assertScope(source: string, text: string, scope: string, nth = 0): void {
  const scopes = scopesOf(source, text, nth);
  assert.ok(scopes.includes(scope), `${JSON.stringify(text)} in ${JSON.stringify(source)} has ${scopes.join(' ')}, not ${scope}`);
}

function assertNoScope(source: string, text: string, prefix: string, nth = 0): void {
  const scopes = scopesOf(source, text, nth);
  assert.ok(!scopes.some((scope) => scope.startsWith(prefix)), `${JSON.stringify(text)} has ${scopes.join(' ')}`);
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map((token) => token.text).join('');
}

test('a comment runs to the end of its line, alone or after a value', () => {
  assertScope('# alone', ' alone', 'comment.line.number-sign');
  assertScope('# alone', '#', 'punctuation.definition.comment');
  assertScope('a = 1 # after', ' after', 'comment.line.number-sign');
  assertScope('[a] # after', ' after', 'comment.line.number-sign');
  assertScope('# one\nb = 2', 'b', 'support.type.property-name');
});

test('a # inside a string starts no comment', () => {
  for (const value of ['"a # b"', "'a # b'", '"""a # b"""', "'''a # b'''", '"""\na # b\n"""']) {
    const tokens = tokenise(grammar, `key = ${value}\nnext = 1`);
    assert.ok(!tokens.some((token) => token.scopes.some((scope) => scope.startsWith('comment'))), value);
    assert.deepEqual(invalid(tokens), [], value);
  }
});

test('bare, quoted and dotted keys are property names', () => {
  const source = 'bare-key_1.second . "a.b".\'c d\' = 1';
  for (const key of ['bare-key_1', 'second', 'a.b', 'c d']) {
    assertScope(source, key, 'support.type.property-name');
  }
  assertScope(source, 'a.b', 'string.quoted.double.key');
  assertScope(source, 'c d', 'string.quoted.single.key');
  assertScope(source, '.', 'punctuation.separator.dot');
  assertScope(source, '=', 'keyword.operator.assignment');
  assertScope('1234 = "digits are a key too"', '1234', 'support.type.property-name');
  assertScope('"a\\tb" = 1', '\\t', 'constant.character.escape');
});

test('a key that is still being typed is a key and no mistake', () => {
  assertScope('startup_tim', 'startup_tim', 'support.type.property-name');
  assert.deepEqual(invalid(tokenise(grammar, 'startup_tim')), []);
});

test('tables and arrays of tables have scopes of their own', () => {
  assertScope('[mcp_servers.github]', 'github', 'entity.name.section.table');
  assertScope('[mcp_servers.github]', '[', 'punctuation.definition.table.begin');
  assertScope('[mcp_servers.github]', ']', 'punctuation.definition.table.end');
  assertScope('  [ mcp_servers . "@scope/pkg" ]', '@scope/pkg', 'entity.name.section.table');
  assertScope('[[hooks.list]]', 'list', 'entity.name.section.array-of-tables');
  assertScope('[[hooks.list]]', '[[', 'punctuation.definition.array-of-tables.begin');
  assertScope('[[hooks.list]]', ']]', 'punctuation.definition.array-of-tables.end');
  assertNoScope('[[hooks.list]]', 'list', 'entity.name.section.table');
  assertScope('["a # b"] # c', 'a # b', 'entity.name.section.table');
});

test('the four kinds of strings are told apart', () => {
  assertScope('a = "basic"', 'basic', 'string.quoted.double.basic');
  assertScope("a = 'literal'", 'literal', 'string.quoted.single.literal');
  assertScope('a = """\nblock\n"""', 'block', 'string.quoted.triple.basic.block');
  assertScope("a = '''\nblock\n'''", 'block', 'string.quoted.triple.literal.block');
  assertScope('a = ""', '"', 'punctuation.definition.string.begin');
  assertScope('a = ""', '"', 'punctuation.definition.string.end', 1);
});

test('every escape of TOML 1.1 is an escape, and no other', () => {
  for (const escape of ['\\b', '\\t', '\\n', '\\f', '\\r', '\\e', '\\"', '\\\\', '\\x41', '\\u00e9', '\\U0001F44B', '\\U0010FFFF']) {
    assertScope(`a = "x${escape}y"`, escape, 'constant.character.escape');
    assertScope(`a = """x${escape}y"""`, escape, 'constant.character.escape');
  }
  for (const escape of ['\\q', '\\U', '\\u12', '\\xZ', '\\uD800', '\\U0000DFFF', '\\U00110000']) {
    const bad = invalid(tokenise(grammar, `a = "${escape} "`));
    assert.ok(bad.length === 1 && escape.startsWith(bad[0]?.text ?? '?'), `${escape}: ${JSON.stringify(bad)}`);
  }
  assert.deepEqual(invalid(tokenise(grammar, "a = 'C:\\Users\\q'")), [], 'a literal string has no escapes');
  assertScope('a = """x \\  \n y"""', '\\', 'constant.character.escape.line-continuation');
});

test('quotes inside and at the end of a block string belong to it', () => {
  for (const [source, content] of [
    ['a = """one "two" ""three"""""', 'one "two" ""three'],
    ["a = '''one 'two' ''three'''''", "one 'two' ''three"],
    ['a = """"x""""', '"x'],
  ] as const) {
    const tokens = tokenise(grammar, `${source}\nb = 1`);
    assert.ok(textOf(tokens.filter((token) => token.scopes[0]?.startsWith('string.quoted.triple'))).includes(content), source);
    assert.deepEqual(invalid(tokens), [], source);
    assert.ok(
      tokens.some((token) => token.text === 'b' && token.scopes.includes('support.type.property-name')),
      source,
    );
  }
  assert.equal(textOf(invalid(tokenise(grammar, 'a = """x""""""'))), '"', 'a sixth quote is one too many');
});

test('a key after a multi-line string is a key', () => {
  for (const quotes of ['"""', "'''"]) {
    assertScope(
      `a = ${quotes}\n[not.a.table]\nnot = "a key"\n${quotes}\nstartup_timeout_sec = 30`,
      'startup_timeout_sec',
      'support.type.property-name',
    );
    assertScope(`a = ${quotes}\n[not.a.table]\n${quotes}\n[real]`, 'real', 'entity.name.section.table');
  }
});

test('an unterminated string does not leak past its line', () => {
  for (const source of ['a = "open', "a = 'open", 'a = ["open', 'a = { b = "open', 'a = "open \\', '[mcp_servers."open', '"open']) {
    const tokens = tokenise(grammar, `${source}\n[next]\nb = 1`);
    const later = tokens.filter((token) => token.line > 0);
    assert.ok(!later.some((token) => token.scopes.some((scope) => scope.startsWith('string'))), source);
    assert.ok(
      later.some((token) => token.text === 'next' && token.scopes.includes('entity.name.section.table')),
      source,
    );
    assert.ok(
      later.some((token) => token.text === 'b' && token.scopes.includes('support.type.property-name')),
      source,
    );
  }
});

test('an unclosed array or inline table ends at the next table header, and an array at the next key', () => {
  for (const open of ['a = [1, 2', 'a = [[1, [2', 'a = { b = 1,', 'a = [{ b = [1,', 'a = { b = [', 'a = { b =']) {
    const tokens = tokenise(grammar, `${open}\n\n[mcp_servers.x]\ncommand = "node"`);
    assert.ok(
      tokens.some(
        (token) =>
          token.text === 'x' &&
          token.scopes.join(' ') === 'meta.table support.type.property-name.table entity.name.type.table entity.name.section.table',
      ),
      open,
    );
    assert.deepEqual(scopesOf(`${open}\n\n[mcp_servers.x]\ncommand = "node"`, 'command'), ['support.type.property-name'], open);
  }
  assert.deepEqual(scopesOf('args = ["-y", "pkg"\nenabled = true', 'enabled'), ['support.type.property-name']);
});

test('integers in every base are numbers', () => {
  for (const value of ['0', '+99', '-17', '1_000', '-0']) {
    assertScope(`a = ${value}`, value, 'constant.numeric.integer.decimal');
  }
  assertScope('a = 0xDEAD_beef', '0xDEAD_beef', 'constant.numeric.integer.hex');
  assertScope('a = 0o755', '0o755', 'constant.numeric.integer.octal');
  assertScope('a = 0b1101_0110', '0b1101_0110', 'constant.numeric.integer.binary');
});

test('floats, inf and nan are numbers', () => {
  for (const value of ['1.0', '-0.01', '5e+22', '6.626e-34', '224_617.445_991', '0e0']) {
    assertScope(`a = ${value}`, value, 'constant.numeric.float');
  }
  for (const sign of ['', '+', '-']) {
    assertScope(`a = ${sign}inf`, `${sign}inf`, 'constant.numeric.inf');
    assertScope(`a = ${sign}nan`, `${sign}nan`, 'constant.numeric.nan');
  }
});

test('dates and times are one token of their kind, with or without seconds', () => {
  for (const value of ['1979-05-27T07:32:00Z', '1979-05-27 00:32:00.999-07:00', '1979-05-27t07:32z', '1979-05-27T07:32+01:00']) {
    assertScope(`a = ${value}`, value, 'constant.numeric.date-time.offset');
  }
  for (const value of ['1979-05-27T07:32:00', '1979-05-27 07:32']) {
    assertScope(`a = ${value}`, value, 'constant.numeric.date-time.local');
  }
  assertScope('a = 1979-05-27', '1979-05-27', 'constant.numeric.date.local');
  assertScope('a = 1979-05-27 # a day', '1979-05-27', 'constant.numeric.date.local');
  assertScope('a = 07:32', '07:32', 'constant.numeric.time.local');
  assertScope('a = 07:32:00.5', '07:32:00.5', 'constant.numeric.time.local');
});

test('booleans are language constants', () => {
  assertScope('a = true', 'true', 'constant.language.boolean');
  assertScope('a = [false]', 'false', 'constant.language.boolean');
  assertScope('true = 1', 'true', 'support.type.property-name');
});

test('arrays and inline tables go over many lines with comments between', () => {
  const source = 'env = { # first\n  A = "1", # second\n\n  "B.c".d = [\n    1, # third\n    [true],\n    { x = 2 },\n  ],\n}\nnext = 1';
  const tokens = tokenise(grammar, source);
  assert.deepEqual(invalid(tokens), []);
  for (const key of ['A', 'B.c', 'd', 'x']) {
    assertScope(source, key, 'support.type.property-name');
    assertScope(source, key, 'meta.inline-table');
  }
  for (const comment of [' first', ' second', ' third']) {
    assertScope(source, comment, 'comment.line.number-sign');
  }
  assertScope(source, 'true', 'meta.array');
  assertScope(source, '{', 'punctuation.definition.inline-table.begin');
  assertScope(source, '}', 'punctuation.definition.inline-table.end', 1);
  assertScope(source, ',', 'punctuation.separator.inline-table');
  assertScope(source, ',', 'punctuation.separator.array', 1);
  assert.deepEqual(scopesOf(source, 'next'), ['support.type.property-name']);
});

test('an array of numbers or words at the start of a line is no table header', () => {
  const source = 'a = [\n[1],\n[true],\n[inf],\n["x"],\n]\nb = 1';
  assert.ok(!tokenise(grammar, source).some((token) => token.scopes.some((scope) => scope.startsWith('entity'))));
  assert.deepEqual(scopesOf(source, 'b'), ['support.type.property-name']);
});

test('what follows a value or a header on its line is marked invalid', () => {
  for (const [source, bad] of [
    ['a = 1 b = 2', 'b=2'],
    ['a = "x" y', 'y'],
    ['a = "x""y"', '"y"'],
    ['a = [1] ]', ']'],
    ['a = {} b', 'b'],
    ['a = """x""" y # c', 'y'],
    ['a = [\n1\n] y', 'y'],
    ['[a] b = 1', 'b=1'],
    ['[a]]', ']'],
    ['[[a]', ']'],
    ['a = { b = 1 c, d = 2 }', 'c'],
  ] as const) {
    assert.equal(textOf(invalid(tokenise(grammar, source))), bad, source);
  }
});

test('text that is no TOML value or key is marked invalid', () => {
  for (const [source, bad] of [
    ['command = node', 'node'],
    ['a = 012', '012'],
    ['a = 1__0', '1__0'],
    ['a = 1.', '1.'],
    ['a = True', 'True'],
    ['a = 1979-13-01', '1979-13-01'],
    ['a = [yes, 1]', 'yes'],
    ['command: "node"', 'command:"node"'],
    ['two words = 1', 'two'],
    ['naïve = 1', 'naïve'],
    ['a = "x\u0001y"', '\u0001'],
  ] as const) {
    assert.equal(textOf(invalid(tokenise(grammar, source))), bad, source);
  }
});
