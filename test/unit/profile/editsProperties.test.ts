import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { deleteConfig, setConfig } from '../../../src/core/profile/editConfig.ts';
import { addServer, removeServer } from '../../../src/core/profile/editServers.ts';
import { setTools } from '../../../src/core/profile/editTools.ts';
import { noCatalogues } from '../../../src/core/profile/leanEntries.ts';
import type { NewEntry } from '../../../src/core/profile/newEntry.ts';
import { runs } from '../../support/fuzz.ts';
import { given, isMap, key, leaf, meant, plain, profile, word, type Values } from './writtenProfiles.ts';

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
    image: 'x/any:2',
    catalog_ref: 'team/catalog:1',
    snapshot: { server: { name, description, tools: [{ name: 'one', description: 'a # b' }], ...(name === 'new' ? { env } : {}) } },
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
