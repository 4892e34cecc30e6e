import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseToml } from '../../../src/core/toml/document.ts';
import { sameTable, sameValue, toPlain } from '../../../src/core/toml/plain.ts';
import { memberAt, mentionedPart } from '../../../src/core/toml/table.ts';
import type { TextRange } from '../../../src/shared/text.ts';
import type { TomlDocument } from '../../../src/core/toml/document.ts';

const styles: Readonly<Record<string, string>> = {
  table: '[mcp_servers.a]\ncommand = "x"\n[mcp_servers.a.env]\nK = "v"\n',
  'sub-table first': '[mcp_servers.a.env]\nK = "v"\n[mcp_servers.a]\ncommand = "x"\n',
  'dotted keys': 'mcp_servers.a.command = "x"\nmcp_servers.a.env.K = "v"\n',
  'dotted keys under a header': '[mcp_servers]\na.command = "x"\na.env.K = "v"\n',
  'inline table': 'mcp_servers.a = { command = "x", env.K = "v" }\n',
  'inline table of all': 'mcp_servers = { a = { command = "x", env = { K = "v" } } }\n',
  'quoted names': '[ "mcp_servers" . \'a\' ]\n"command" = \'x\'\nenv = { "K" = """v""" }\n',
};

function slice(document: TomlDocument, range: TextRange | undefined): string {
  return range === undefined ? '' : document.text.slice(range.start, range.end);
}

test('a server has the same values and findable keys however it is written', () => {
  const model = parseToml(styles['table'] ?? '');
  for (const [style, text] of Object.entries(styles)) {
    const document = parseToml(text);
    assert.deepEqual(document.errors, [], style);
    assert.ok(sameTable(document.root, model.root), style);
    const command = memberAt(document.root, ['mcp_servers', 'a', 'command']);
    const variable = memberAt(document.root, ['mcp_servers', 'a', 'env', 'K']);
    assert.match(slice(document, command?.entry?.value.range), /^["']x["']$/, style);
    assert.match(slice(document, command?.entry?.range), /command"? = ["']x["']$/, style);
    assert.match(slice(document, variable?.entry?.value.range), /v/, style);
    const server = memberAt(document.root, ['mcp_servers', 'a']);
    for (const mention of server?.mentions ?? []) {
      assert.match(slice(document, mentionedPart(mention).range), /^['"]?a['"]?$/, style);
    }
  }
});

test('a table knows the header that defined it, and every place that names it', () => {
  const text = '[a.b.c]\nx = 1\n[a.b]\ny = 2\n[a]\nd.e = 3\nd.f = 4\n[[list]]\n[list.sub]\n[[list]]\n';
  const document = parseToml(text);
  assert.deepEqual(document.errors, []);
  const table = memberAt(document.root, ['a', 'b']);
  assert.equal(table?.value.kind === 'table' && slice(document, table.value.header?.range), '[a.b]');
  assert.equal(table?.mentions.length, 2);
  assert.equal(memberAt(document.root, ['a'])?.mentions.length, 3);
  assert.equal(memberAt(document.root, ['a', 'd'])?.mentions.length, 2);
  const list = document.root.members.get('list');
  assert.equal(list?.value.kind === 'tableArray' && list.value.tables.length, 2);
  assert.equal(memberAt(document.root, ['a', 'nothing', 'x']), undefined);
});

test('the token at an offset is found, with byte order mark and CRLF', () => {
  const text = '\uFEFFa = 1 # c\r\n"b" = [ ]\r\n';
  const { tokens } = parseToml(text);
  const kinds = [...tokens].map((token) => token.kind);
  const line = 'bom bareKey whitespace equals whitespace scalar whitespace comment newline';
  assert.deepEqual(kinds, `${line} string whitespace equals whitespace openBracket whitespace closeBracket newline`.split(' '));
  for (let offset = 0; offset < text.length; offset += 1) {
    const token = tokens.atOffset(offset);
    assert.ok(token !== undefined && token.range.start <= offset && offset < token.range.end);
  }
  assert.equal(tokens.atOffset(text.length), undefined);
});

test('numbers keep every digit and equal values of different types stay different', () => {
  const plain = toPlain(parseToml('small = 1_000\nbig = 9223372036854775807\nlow = -9223372036854775808\nhex = 0xDEAD_BEEF\nf = 1e3').root);
  assert.deepEqual(
    { ...(plain as object) },
    { small: 1000, big: 9223372036854775807n, low: -9223372036854775808n, hex: 0xdeadbeef, f: 1000 },
  );
  const values = parseToml('a = 1\nb = 1.0\nc = 1\nd = [1, {x = 1}]\ne = [1, { x = 1 }]\nf = [1]\ng = 2024-01-01\nh = "2024-01-01"').root
    .members;
  const same = (left: string, right: string): boolean => {
    const [a, b] = [values.get(left)?.value, values.get(right)?.value];
    return a !== undefined && b !== undefined && sameValue(a, b);
  };
  assert.deepEqual(
    [same('a', 'c'), same('a', 'b'), same('d', 'e'), same('d', 'f'), same('g', 'h'), same('a', 'f')],
    [true, false, true, false, false, false],
  );
});

test('a name such as __proto__ is an ordinary key', () => {
  const { root } = parseToml('__proto__.polluted = 1\nconstructor = 2\n[toString]\nx = 3\n');
  assert.deepEqual([...root.members.keys()], ['__proto__', 'constructor', 'toString']);
  assert.equal(Object.getPrototypeOf(toPlain(root)), null);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('a half-written key is no member yet, and a key without a readable value is one', () => {
  const document = parseToml('[mcp_servers.a]\ncomm\nargs =\n');
  assert.deepEqual(
    [...(memberAt(document.root, ['mcp_servers', 'a'])?.value.kind === 'table' ? (document.sections[1]?.table.members.keys() ?? []) : [])],
    ['args'],
  );
  assert.equal(document.sections[1]?.entries[0]?.key.parts[0]?.name, 'comm');
});
