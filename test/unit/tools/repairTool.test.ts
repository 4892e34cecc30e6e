import assert from 'node:assert/strict';
import { test } from 'node:test';

import { repairTool } from '../../../src/core/tools/repairTool.ts';

const inputSchema = { type: 'object', properties: { a: { type: 'string' } } };

test('a sound tool is passed on as it is, unknown keys and null included', () => {
  const tools: readonly Record<string, unknown>[] = [
    { name: 'a', inputSchema },
    { name: 'a', inputSchema: {}, future: [1] },
    {
      name: 'a',
      title: 'A',
      description: 'does a',
      inputSchema,
      outputSchema: { type: 'object' },
      annotations: { title: 'A', readOnlyHint: true, destructiveHint: false, own: 'x' },
      icons: [{ src: 'data:x' }],
      _meta: { a: 1 },
    },
    { name: 'a', title: null, description: null, inputSchema, outputSchema: null, annotations: { title: null, readOnlyHint: null } },
    { name: 'a', inputSchema, annotations: null },
  ];
  for (const tool of tools) {
    assert.deepEqual(repairTool(tool), { tool, repairs: [] });
  }
});

test('a tool without a usable input schema gets one that takes anything', () => {
  for (const wrong of [{}, { inputSchema: true }, { inputSchema: null }, { inputSchema: [] }, { inputSchema: 'object' }]) {
    const repaired = repairTool({ name: 'a', ...wrong });
    assert.deepEqual(repaired, { tool: { name: 'a', inputSchema: { type: 'object' } }, repairs: ['it had no input schema'] });
  }
});

const wrongKeys: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>, string])[] = [
  [
    'an annotation that is a text',
    { annotations: { readOnlyHint: 'yes', title: 'A' } },
    { annotations: { title: 'A' } },
    'its readOnlyHint was not true or false',
  ],
  ['annotations that are a list', { annotations: [] }, {}, 'its annotations was not an object'],
  ['a title that is a number', { title: 5 }, {}, 'its title was not a text'],
  ['a description that is an object', { description: {} }, {}, 'its description was not a text'],
  ['an output schema that is true', { outputSchema: true }, {}, 'its outputSchema was not an object'],
  ['an icon without a source', { icons: [{ href: 'x' }] }, {}, 'its icons was not a list of icons'],
];
for (const [what, keys, kept, repair] of wrongKeys) {
  test(`a tool with ${what} loses that and nothing else`, () => {
    const sound = { name: 'a', inputSchema, future: 1 };
    assert.deepEqual(repairTool({ ...sound, ...keys }), { tool: { ...sound, ...kept }, repairs: [repair] });
  });
}

test('what has no name is no tool', () => {
  for (const listed of [null, 'a', 5, [], {}, { name: 5 }, { name: null, inputSchema }]) {
    assert.equal(repairTool(listed), undefined);
  }
});

test('what the server listed stays untouched', () => {
  const listed = Object.freeze({ name: 'a', annotations: Object.freeze({ readOnlyHint: 1 }) });
  assert.equal(repairTool(listed)?.repairs.length, 2);
});
