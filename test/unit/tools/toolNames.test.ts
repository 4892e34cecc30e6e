import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { nameTools, sanitisedToolName } from '../../../src/core/tools/toolNames.ts';

const namesOf = (...servers: readonly (readonly [string, readonly string[]])[]): string[] =>
  nameTools(servers.map(([server, tools]) => ({ server, tools }))).map(({ exposed }) => exposed);

test('a tool keeps its own name where it is free', () => {
  assert.deepEqual(namesOf(['a', ['get.user/info', 'x-y']], ['b', ['echo']]), ['get.user/info', 'x-y', 'echo']);
});

test("a later server's tool of the same name is called server__tool", () => {
  assert.deepEqual(namesOf(['a', ['echo']], ['b', ['echo', 'other']]), ['echo', 'b__echo', 'other']);
});

test('names collide when Codex would write them the same', () => {
  assert.deepEqual(namesOf(['a', ['my-tool']], ['b', ['my_tool']], ['c', ['my.tool']]), ['my-tool', 'b__my_tool', 'c__my.tool']);
  assert.deepEqual(namesOf(['a-b', ['x']], ['c', ['x']], ['c', ['x']]), ['x', 'c__x', 'c__x_2']);
  assert.deepEqual(namesOf(['a', ['a_']], ['b', ['a😀']]), ['a_', 'b__a😀']);
});

test('names are sanitised as Codex does it', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['get.user/info', 'get_user_info'],
    ['ünï', '_n_'],
    ['', '_'],
    ['a😀b', 'a_b'],
    ['A_9', 'A_9'],
  ];
  for (const [name, expected] of cases) {
    assert.equal(sanitisedToolName(name), expected);
  }
});

test('every exposed name is unique in the eyes of Codex, fits, is whole text, and leads back to its tool', () => {
  const name = fc.oneof(
    fc.constantFrom('a', 'a-', 'a_', 'a.', 'b__a', 'b', '', 'a'.repeat(200), `${'a'.repeat(110)}😀`, `${'a'.repeat(111)}b`),
    fc.string({ unit: 'grapheme', maxLength: 130 }),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ server: name, tools: fc.array(name, { maxLength: 12 }) }), { maxLength: 6 }), (servers) => {
      const named = nameTools(servers);
      assert.deepEqual(
        named.map(({ server, tool }) => [server, tool]),
        servers.flatMap(({ server, tools }) => tools.map((tool) => [server, tool])),
      );
      assert.equal(new Set(named.map(({ exposed }) => sanitisedToolName(exposed))).size, named.length);
      for (const { exposed } of named) {
        assert.ok(exposed.length <= 111 && !/\p{Surrogate}/u.test(exposed), exposed);
      }
    }),
  );
});

test('thousands of tools of one long name still fit', () => {
  const names = namesOf(['s', Array.from({ length: 1200 }, () => 'x'.repeat(150))]);
  assert.equal(new Set(names).size, 1200);
  assert.ok(names.every((name) => name.length <= 111));
});
