import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';

import { deleteConfig, setConfig } from '../../../src/core/profile/editConfig.ts';
import { addServer, removeServer } from '../../../src/core/profile/editServers.ts';
import { setTools } from '../../../src/core/profile/editTools.ts';
import { anyCatalogue } from '../../../src/core/profile/anyCatalogue.ts';
import { noCatalogues } from '../../../src/core/profile/leanEntries.ts';
import { nativeEntry, type NewEntry } from '../../../src/core/profile/newEntry.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import type { Result } from '../../../src/shared/result.ts';
import { mutated, runs } from '../../support/fuzz.ts';

/*
 * Profiles as people write them, each line with a comment that is there once. An edit must mean what was asked, and lose no line
 * but those that it is about.
 */
type Values = Record<string, unknown>;

interface Written {
  readonly text: string;
  readonly value: { servers: Values[] } & Values;
  /** The marks of the comments that belong to each server. */
  readonly marks: readonly (readonly string[])[];
}

const word = fc.constantFrom(
  'search',
  'fetch',
  'a.b',
  'list issues',
  '#1',
  'yes',
  '12',
  'x: y',
  "it's",
  '"q"',
  'é→',
  '- z',
  'long '.repeat(30).trim(),
);
const leaf = fc.oneof(word, fc.integer({ min: -5, max: 9 }), fc.boolean(), fc.constant('two\nlines\n'));
const key = fc.constantFrom('url', 'max_rows', 'paths', 'Deep', 'x-y', '9');
const config = fc.dictionary(key, fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(key, leaf, { maxKeys: 2 })), {
  maxKeys: 3,
});

const server = fc.record({
  isFlow: fc.boolean(),
  isFlowInside: fc.boolean(),
  above: fc.nat(2),
  below: fc.nat(1),
  isGap: fc.boolean(),
  config: fc.option(config, { nil: undefined }),
  tools: fc.option(fc.uniqueArray(word, { maxLength: 4 }), { nil: undefined }),
  isNamedFirst: fc.boolean(),
});

const profile = fc
  .record({
    servers: fc.array(server, { minLength: 0, maxLength: 4 }),
    indent: fc.constantFrom(0, 2, 4),
    eol: fc.constantFrom('\n', '\r\n'),
    isLast: fc.boolean(),
    isEnded: fc.boolean(),
    isBom: fc.boolean(),
  })
  .map(written);

function written({
  servers,
  indent,
  eol,
  isLast,
  isEnded,
  isBom,
}: {
  readonly servers: readonly (typeof server extends fc.Arbitrary<infer T> ? T : never)[];
  readonly indent: number;
  readonly eol: string;
  readonly isLast: boolean;
  readonly isEnded: boolean;
  readonly isBom: boolean;
}): Written {
  let count = 0;
  const lines: string[] = [`${isBom ? '\ufeff' : ''}# top`, 'version: 1 # v', 'x-team: { name: core } # team'];
  const marks: string[][] = [];
  const values: Values[] = [];
  lines.push(servers.length === 0 ? 'servers: [] # none' : 'servers: # list');
  const pad = ' '.repeat(indent);
  servers.forEach((one, index) => {
    const own: string[] = [];
    const mark = (): string => {
      count += 1;
      own.push(`# m${count}.`);
      return `# m${count}.`;
    };
    if (one.isGap && index > 0) {
      lines.push('');
    }
    for (let i = 0; i < one.above; i += 1) {
      lines.push(`${pad}${mark()}`);
    }
    const name = `s${index}`;
    const value: Values = { [one.isNamedFirst ? 'name' : 'image']: one.isNamedFirst ? name : 'x/any:1' };
    Object.assign(value, one.isNamedFirst ? { image: 'x/any:1' } : { name });
    const parts: [string, unknown][] = [];
    if (one.config !== undefined) {
      parts.push(['config', one.config]);
      value['config'] = one.config;
    }
    if (one.tools !== undefined) {
      parts.push(['tools', one.tools]);
      value['tools'] = one.tools;
    }
    value['snapshot'] = { server: { name, description: 'a text' } };
    const snapshot = `snapshot: { server: { name: ${name}, description: a text } }`;
    if (one.isFlow) {
      const inner = Object.entries(value).map(([k, v]) => `${k}: ${JSON.stringify(v)}`);
      lines.push(`${pad}- { ${inner.join(', ')} } ${mark()}`);
    } else {
      const [first, second] = Object.keys(value);
      lines.push(`${pad}- ${first}: ${String(value[first ?? ''])} ${mark()}`, `${pad}  ${second}: ${String(value[second ?? ''])}`);
      for (const [k, v] of parts) {
        lines.push(...part(k, v, one.isFlowInside, mark).map((line) => `${pad}  ${line}`));
      }
      lines.push(`${pad}  ${snapshot}`);
      if (one.below > 0) {
        lines.push(`${pad}    ${mark()}`);
      }
    }
    values.push(value);
    marks.push(own);
  });
  if (isLast) {
    lines.push('', '# after', 'wharf: { output: block } # own');
  }
  return {
    text: lines.join(eol) + (isEnded ? eol : ''),
    value: { version: 1, 'x-team': { name: 'core' }, servers: values, ...(isLast ? { wharf: { output: 'block' } } : {}) },
    marks,
  };
}

function part(name: string, value: unknown, isFlow: boolean, mark: () => string): string[] {
  const entries = Array.isArray(value) ? value.map((item) => ['', item] as const) : Object.entries(value as Values);
  if (isFlow || entries.length === 0) {
    return [`${name}: ${JSON.stringify(value)} ${mark()}`];
  }
  return [
    `${name}: ${mark()}`,
    ...entries.map(([k, item]) => `  ${k === '' ? '-' : `${JSON.stringify(k)}:`} ${JSON.stringify(item)} ${mark()}`),
  ];
}

function meant(text: string): unknown {
  return plain(parse(text));
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

function given<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.problem.message} ${result.problem.next}`);
  return result.value;
}

/** Every line of `part` is in `whole`, in its order. */
function assertLinesStay(part: readonly string[], whole: string): void {
  let at = 0;
  const lines = whole.split('\n');
  for (const line of part) {
    const found = lines.findIndex((other, index) => index >= at && other.replace(/\r$/, '') === line.replace(/\r$/, ''));
    assert.notEqual(found, -1, `the line ${JSON.stringify(line)} is lost in\n${whole}`);
    at = found + 1;
  }
}

const isOf = (marks: readonly string[]) => (line: string) => marks.some((mark) => line.includes(mark));

const entry = fc
  .record({
    name: fc.constantFrom('new', 's1'),
    description: leaf,
    env: fc.array(fc.record({ name: fc.constant('A'), value: word }), { maxLength: 2 }),
  })
  .map(({ name, description, env }): NewEntry => ({
    type: 'image',
    image: 'y/new:2',
    catalog_ref: 'team/catalog:1',
    snapshot: { server: { name, description, tools: [{ name: 'one', description: 'a # b' }], env } },
  }));

test('a server that is added is the only difference, or stands in the place of the one of its name, which keeps what its user chose', () => {
  fc.assert(
    fc.property(profile, entry, ({ text, value }, added) => {
      const name = (added as { snapshot: { server: { name: string } } }).snapshot.server.name;
      const index = value.servers.findIndex((one) => one['name'] === name);
      const result = given(addServer(text, added, 'p.yaml', noCatalogues));
      assert.equal(result.isReplaced, index !== -1);
      const { name: _old, ...kept } = value.servers[index] ?? {};
      const servers = index === -1 ? [...value.servers, added] : value.servers.with(index, { ...kept, ...added });
      assert.deepEqual(meant(result.text), plain({ ...value, servers }));
      if (index === -1) {
        assertLinesStay(
          text.split('\n').filter((line) => !line.startsWith('servers: []')),
          result.text,
        );
      }
    }),
    runs(100),
  );
});

test('a server goes with its own comments, and no other line goes', () => {
  fc.assert(
    fc.property(profile, fc.nat(3), ({ text, value, marks }, pick) => {
      const index = pick % Math.max(1, value.servers.length);
      if (value.servers.length === 0) {
        return;
      }
      const next = given(removeServer(text, `s${index}`, 'p.yaml'));
      assert.deepEqual(meant(next), plain({ ...value, servers: value.servers.toSpliced(index, 1) }));
      assert.ok(!(marks[index] ?? []).some((mark) => next.includes(mark)));
      const others = marks.filter((_, at) => at !== index).flat();
      assertLinesStay(
        text.split('\n').filter((line) => isOf(others)(line) || /# (?:v|team|after|own)$/.test(line.trim())),
        next,
      );
      assert.match(next, /servers:(?: \[\])? # list/);
    }),
    runs(120),
  );
});

test('a value of a configuration is set, and deleted again, and nothing else is touched', () => {
  fc.assert(
    fc.property(
      profile,
      fc.nat(3),
      fc.array(key, { minLength: 1, maxLength: 2 }),
      fc.oneof(leaf, fc.array(leaf, { maxLength: 2 })),
      ({ text, value, marks }, pick, path, wanted) => {
        const index = pick % Math.max(1, value.servers.length);
        const old = value.servers[index];
        if (old === undefined) {
          return;
        }
        const result = setConfig(text, `s${index}`, [[path, wanted]], { file: 'p.yaml', schemas: [] });
        const before = (old['config'] ?? {}) as Values;
        const [first = '', second] = path;
        if (second !== undefined && before[first] !== undefined && !isMap(before[first])) {
          // A key of a text or a list: whatever is there is not thrown away.
          assert.ok(!result.ok);
          return;
        }
        const next = given(result).text;
        const inner = isMap(before[first]) ? before[first] : {};
        const config = { ...before, [first]: second === undefined ? wanted : { ...inner, [second]: wanted } };
        assert.deepEqual(meant(next), plain({ ...value, servers: value.servers.with(index, { ...old, config }) }));
        const others = marks.filter((_, at) => at !== index).flat();
        assertLinesStay(text.split('\n').filter(isOf(others)), next);
        const after = meant(given(deleteConfig(next, { server: `s${index}`, path }, 'p.yaml'))) as typeof value;
        const left = after.servers[index]?.['config'] as Values | undefined;
        assert.equal(second === undefined ? left?.[first] : (left?.[first] as Values | undefined)?.[second], undefined);
      },
    ),
    runs(120),
  );
});

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

test('a list of tools becomes what was asked, and the comments beside those that stay are there', () => {
  fc.assert(
    fc.property(profile, fc.nat(3), fc.option(fc.uniqueArray(word, { maxLength: 4 })), ({ text, value, marks }, pick, tools) => {
      const index = pick % Math.max(1, value.servers.length);
      const old = value.servers[index];
      if (old === undefined) {
        return;
      }
      const next = given(setTools(text, `s${index}`, tools, 'p.yaml'));
      const { tools: before, ...others } = old as { tools?: string[] };
      const after = (meant(next) as typeof value).servers[index] as { tools?: string[] };
      assert.deepEqual(after.tools?.toSorted(), tools?.toSorted());
      assert.deepEqual({ ...after, tools: 0 }, plain({ ...others, tools: 0 }));
      const kept = new Set((before ?? []).filter((name) => tools?.includes(name) === true).map((name) => `- ${JSON.stringify(name)} #`));
      const isKept = (line: string): boolean => [...kept].some((start) => line.trim().startsWith(start)) && isOf(marks[index] ?? [])(line);
      assertLinesStay(text.split('\n').filter(isKept), next);
      assertLinesStay(text.split('\n').filter(isOf(marks.filter((_, at) => at !== index).flat())), next);
    }),
    runs(120),
  );
});

const odd = `version: 1
id: dev
servers: # all
- &one
  image: &image x/a:1 # a
  config: &values { url: "a: b", "rows": 3, list: [1, two,
      three] }
  snapshot: &snap { server: { name: a } }
  tools: [ "a", 'b' ] # two
- image: *image
  name: two

  # of two
  config: *values
  snapshot: *snap
  ? tools
  : - c # c
    - |
      d
  wharf:
    cpus: 1
-
  name: three
  catalog_ref: team/any:1
  wharf: { alias: "demo" }
x-last: >-
  folded

  text
`;
const words = [
  '&a ',
  '*a',
  '*image',
  '- ',
  ': ',
  '? ',
  '{',
  '}',
  '[',
  ']',
  '|',
  '>',
  '#',
  '"',
  "'",
  '\t',
  '\n',
  '\r\n',
  '\r',
  '  ',
  '!!str ',
  '---\n',
  '...\n',
  '~',
  '\ufeff',
  '\u0085',
  'config:',
  'tools:',
  'servers:',
  '__proto__: ',
];

test('the strange file of the next test can be read, or it would prove nothing', () => {
  assert.deepEqual(
    given(readProfile(odd, 'p.yaml', anyCatalogue)).servers.map(({ name }) => name),
    ['a', 'two', 'demo'],
  );
});

test('an edit of a strange file means what was asked and nothing else, or is refused; it never fails in another way', () => {
  fc.assert(
    fc.property(
      mutated([odd, odd.replaceAll('\n', '\r\n'), JSON.stringify(parse(odd)), JSON.stringify(parse(odd), null, 2)], words),
      fc.nat(3),
      (text, pick) => {
        const read = readProfile(text, 'p.yaml', anyCatalogue);
        const added = addServer(text, nativeEntry('new', ['node', '-v']), 'p.yaml', noCatalogues);
        assert.ok(read.ok || !added.ok);
        const server = read.ok ? read.value.servers[pick % Math.max(1, read.value.servers.length)] : undefined;
        if (!read.ok || server === undefined) {
          return;
        }
        const before = meant(text) as { servers: Values[] };
        const index = read.value.servers.indexOf(server);
        const old = before.servers[index] ?? {};
        const same = (result: Result<string>, changed: Values | null): void => {
          if (result.ok) {
            const servers = changed === null ? before.servers.toSpliced(index, 1) : before.servers.with(index, changed);
            assert.deepEqual(meant(result.value), plain({ ...before, servers }));
          }
        };
        if (added.ok) {
          assert.deepEqual((meant(added.value.text) as typeof before).servers.length, before.servers.length + 1);
        }
        same(removeServer(text, server.name, 'p.yaml'), null);
        same(setTools(text, server.name, ['b', 'x'], 'p.yaml'), { ...old, tools: ['b', 'x'] });
        const set = setConfig(text, server.name, [[['deep', 'key'], 1]], { file: 'p.yaml', schemas: [] });
        const config = isMap(old['config']) ? old['config'] : {};
        same(set.ok ? { ok: true, value: set.value.text } : set, {
          ...old,
          config: { ...config, deep: { ...(isMap(config['deep']) ? config['deep'] : {}), key: 1 } },
        });
      },
    ),
    runs(120),
  );
});
