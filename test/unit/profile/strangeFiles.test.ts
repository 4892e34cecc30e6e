import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';

import { anyCatalogue } from '../../../src/core/profile/anyCatalogue.ts';
import { setConfig } from '../../../src/core/profile/editConfig.ts';
import { addServer, removeServer } from '../../../src/core/profile/editServers.ts';
import { setTools } from '../../../src/core/profile/editTools.ts';
import { noCatalogues } from '../../../src/core/profile/leanEntries.ts';
import { nativeEntry } from '../../../src/core/profile/newEntry.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import type { Result } from '../../../src/shared/result.ts';
import { mutated, runs } from '../../support/fuzz.ts';
import { given, isMap, meant, plain, type Values } from './writtenProfiles.ts';

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
