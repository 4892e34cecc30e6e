import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseToml } from '../../../src/core/toml/document.ts';
import type { DateTimeForm, TomlVersion, ValueNode } from '../../../src/core/toml/syntax.ts';
import type { TomlTable, TomlValue } from '../../../src/core/toml/table.ts';
import { sharedData } from '../../support/sharedData.ts';

const versions: readonly (readonly [TomlVersion, string])[] = [
  ['1.0', 'files-toml-1.0.0'],
  ['1.1', 'files-toml-1.1.0'],
];

const dateTypes: Readonly<Record<DateTimeForm, string>> = {
  offsetDateTime: 'datetime',
  localDateTime: 'datetime-local',
  localDate: 'date-local',
  localTime: 'time-local',
};

/** The value in the form of toml-test's JSON, with floats and times in one spelling. */
function tagged(value: TomlValue | ValueNode): unknown {
  switch (value.kind) {
    case 'table':
      return taggedTable(value);
    case 'inlineTable':
      return taggedTable(value.table);
    case 'tableArray':
      return value.tables.map(taggedTable);
    case 'array':
      return value.items.map(tagged);
    case 'boolean':
      return { type: 'bool', value: String(value.value) };
    case 'dateTime':
      return { type: dateTypes[value.form], value: oneSpelling(value.value) };
    case 'invalid':
      return { type: 'invalid' };
    default:
      return { type: value.kind, value: String(value.value) };
  }
}

function taggedTable(table: TomlTable): unknown {
  return Object.fromEntries([...table.members].map(([name, member]) => [name, tagged(member.value)]));
}

function oneSpelling(time: string): string {
  return time.replace(/\.(\d+?)0*(?=$|Z|[+-])/, '.$1').replace(/\+00:00$/, 'Z');
}

function expected(json: unknown): unknown {
  if (Array.isArray(json)) {
    return json.map(expected);
  }
  const entries = Object.entries(json as Record<string, unknown>);
  const { type, value } = json as { type?: unknown; value?: unknown };
  if (entries.length === 2 && typeof type === 'string' && typeof value === 'string') {
    if (type === 'float') {
      return { type, value: String(Number(value.replace(/inf$/, 'Infinity'))) };
    }
    return { type, value: type.includes('time') || type.includes('date') ? oneSpelling(value) : value };
  }
  return Object.fromEntries(entries.map(([name, item]) => [name, expected(item)]));
}

/** The text of a file, or undefined where it is not UTF-8: no text, so nothing for a parser of texts. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

for (const [version, list] of versions) {
  test(`every file of toml-test for TOML ${version} is read with its values or refused`, (t) => {
    const folder = sharedData(t, 'toml-test');
    if (folder === undefined) {
      return;
    }
    const files = readFileSync(join(folder, list), 'utf8')
      .split('\n')
      .filter((name) => name.endsWith('.toml'));
    const counts = { valid: 0, invalid: 0, notText: 0 };
    const wrong: string[] = [];
    for (const name of files) {
      const text = decode(readFileSync(join(folder, name)));
      if (text === undefined) {
        counts.notText += 1;
        continue;
      }
      const document = parseToml(text, { version });
      assert.equal([...document.tokens].map((token) => text.slice(token.range.start, token.range.end)).join(''), text, name);
      if (name.startsWith('invalid/')) {
        counts.invalid += 1;
        if (document.errors.length === 0) {
          wrong.push(`${name}: accepted`);
        }
        continue;
      }
      counts.valid += 1;
      if (document.errors.length > 0) {
        wrong.push(`${name}: ${document.errors[0]?.message ?? ''}`);
        continue;
      }
      const json: unknown = JSON.parse(readFileSync(join(folder, name.replace(/toml$/, 'json')), 'utf8'));
      assert.deepEqual(tagged(document.root), expected(json), name);
    }
    assert.deepEqual(wrong, []);
    t.diagnostic(`${counts.valid} valid, ${counts.invalid} invalid, ${counts.notText} not UTF-8`);
    assert.ok(counts.valid > 200 && counts.invalid > 450);
  });
}
