import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse as parseWithSmol } from 'smol-toml';
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { parseToml } from '../../../src/core/toml/document.ts';
import { toPlain } from '../../../src/core/toml/plain.ts';
import type { PlainValue } from '../../../src/core/toml/plain.ts';
import { sharedData } from '../../support/sharedData.ts';

/** One form for the values of all three readers: big integers and dates as tagged text, tables without prototype. */
function common(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(common);
  }
  if (value instanceof Date) {
    return 'a date';
  }
  if (typeof value === 'bigint') {
    return Number(value);
  }
  if (typeof value === 'object' && value !== null) {
    const { form, text } = value as { form?: unknown; text?: unknown };
    if (typeof form === 'string' && typeof text === 'string') {
      return 'a date';
    }
    return new Map(Object.entries(value).map(([name, item]) => [name, common(item)]));
  }
  return Object.is(value, -0) ? 0 : value;
}

function ours(text: string): PlainValue {
  const document = parseToml(text);
  assert.deepEqual(document.errors, [], text);
  return toPlain(document.root);
}

test('the shared configurations mean the same to smol-toml and toml-eslint-parser', (t) => {
  const folder = sharedData(t, 'configs');
  for (const file of folder === undefined ? [] : readdirSync(folder)) {
    const text = readFileSync(join(folder ?? '', file), 'utf8');
    const mine = common(ours(text));
    assert.deepEqual(mine, common(parseWithSmol(text.replace(/^\uFEFF/, ''))), file);
    assert.deepEqual(mine, common(getStaticTOMLValue(parseTOML(text.replace(/^\uFEFF/, ''), { tomlVersion: '1.1' }))), file);
  }
});

const name = fc.constantFrom('a', 'b', 'c', '"a"', "'b c'", '"é"', '1', '-');
const blank = fc.constantFrom('', ' ', '\t');
const dotted = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' . '));
const scalar = fc.constantFrom(
  '1',
  '-0',
  '+1_000',
  '0x1F',
  '1.5',
  '-1e-3',
  'inf',
  'nan',
  'true',
  'false',
  '"x"',
  "'y'",
  '"\\u00e9\\t\\\\"',
  '"""\n a \\\n  b"""',
  "'''\n'x'\n'''",
  '1979-05-27',
  '07:32:00',
  '1979-05-27T07:32:00Z',
  '1979-05-27 07:32:00.5',
);
const { value } = fc.letrec<{ value: string; list: string; inline: string }>((tie) => ({
  value: fc.oneof({ weight: 5, arbitrary: scalar }, { weight: 1, arbitrary: tie('list') }, { weight: 1, arbitrary: tie('inline') }),
  list: fc
    .tuple(fc.array(tie('value'), { maxLength: 3 }), fc.constantFrom(',', ', ', ' ,\n  ', ', # c\n'), fc.boolean())
    .map(([items, comma, trailing]) => `[${items.join(comma)}${trailing && items.length > 0 ? ',' : ''}\n]`),
  inline: fc
    .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 3, selector: ([key]) => key.replace(/["']/g, '') })
    .map((entries) => `{ ${entries.map(([key, item]) => `${key} = ${item}`).join(', ')} }`),
}));
const statement = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(blank, dotted, blank, value).map(([indent, key, space, item]) => `${indent}${key}${space}=${space}${item}`),
  },
  { weight: 2, arbitrary: dotted.map((key) => `[${key}]`) },
  { weight: 1, arbitrary: dotted.map((key) => `[[ ${key} ]] # list`) },
  { weight: 1, arbitrary: fc.constantFrom('', '# comment', '  ') },
);
const text = fc.tuple(fc.array(statement, { maxLength: 8 }), fc.constantFrom('\n', '\r\n')).map(([lines, eol]) => lines.join(eol));

/** Undefined where the reader refuses the text. */
function attempt(read: () => unknown): unknown {
  try {
    return common(read());
  } catch {
    return undefined;
  }
}

test('generated documents are refused or read as smol-toml and toml-eslint-parser do', (t) => {
  let valid = 0;
  fc.assert(
    fc.property(text, (source) => {
      const document = parseToml(source);
      const mine = document.errors.length === 0 ? common(toPlain(document.root)) : undefined;
      const first = attempt(() => parseWithSmol(source));
      const second = attempt(() => getStaticTOMLValue(parseTOML(source, { tomlVersion: '1.1' })));
      valid += mine === undefined ? 0 : 1;
      // Where the two disagree with each other, neither can judge.
      if ((first === undefined) === (second === undefined)) {
        assert.deepEqual(mine, first);
        assert.deepEqual(mine, second);
      }
    }),
    { numRuns: 3000 },
  );
  t.diagnostic(`${valid} of 3000 were valid`);
  assert.ok(valid > 300);
});
