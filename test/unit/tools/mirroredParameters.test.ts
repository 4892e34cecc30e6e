import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mirroredParameters, withoutMirroring } from '../../../src/core/tools/mirroredParameters.ts';

const region = { type: 'string', 'x-mcp-header': 'Region' };

function why(schema: unknown): string {
  const mirroring = mirroredParameters(schema);
  return mirroring.kind === 'wrong' ? mirroring.why : `sound ${JSON.stringify(mirroring.parameters)}`;
}

test('parameters are found along properties, whatever they are called', () => {
  const schema = {
    type: 'object',
    properties: {
      region,
      options: { type: 'object', properties: { limit: { type: ['integer', 'null'], 'x-mcp-header': 'Limit' } } },
      'x-mcp-header': { type: 'boolean', 'x-mcp-header': 'own' },
      plain: { type: 'string', default: { 'x-mcp-header': 'data' }, enum: [{ 'x-mcp-header': 1 }] },
    },
  };
  assert.deepEqual(mirroredParameters(schema), {
    kind: 'sound',
    parameters: [
      { name: 'Region', path: ['region'] },
      { name: 'Limit', path: ['options', 'limit'] },
      { name: 'own', path: ['x-mcp-header'] },
    ],
  });
  for (const none of [undefined, null, true, [], {}, { properties: null }]) {
    assert.equal(why(none), 'sound []');
  }
});

const wrong: readonly (readonly [string, unknown, RegExp])[] = [
  ['no name', { properties: { a: { type: 'string', 'x-mcp-header': '' } } }, /HTTP does not carry/],
  ['a line end in the name', { properties: { a: { type: 'string', 'x-mcp-header': 'a\r\nb' } } }, /HTTP does not carry/],
  ['a name that is no text', { properties: { a: { type: 'string', 'x-mcp-header': 7 } } }, /HTTP does not carry/],
  ['the same name in other letters', { properties: { a: region, b: { ...region, 'x-mcp-header': 'REGION' } } }, /"region" twice/],
  ['a number', { properties: { a: { type: 'number', 'x-mcp-header': 'A' } } }, /no text, whole number or yes and no/],
  ['no type', { properties: { a: { 'x-mcp-header': 'A' } } }, /no text, whole number or yes and no/],
  ['the schema itself', { ...region }, /no plain parameter/],
  ['an item of a list', { properties: { a: { type: 'array', items: region } } }, /no plain parameter/],
  ['a choice', { anyOf: [{ properties: { a: region } }] }, /no plain parameter/],
  ['a definition', { $defs: { a: region }, properties: { b: { $ref: '#/$defs/a' } } }, /no plain parameter/],
];

for (const [name, schema, expected] of wrong) {
  test(`a tool is refused whose header is for ${name}`, () => assert.match(why(schema), expected));
}

test('clients of Wharf see no word of it, and nothing else is lost', () => {
  const plain = { name: 'plain', inputSchema: { type: 'object', properties: { a: { type: 'string' } } } };
  const inner = { properties: { 'x-mcp-header': { type: 'string' }, deep: { properties: { region } } }, const: { 'x-mcp-header': 1 } };
  const [first, second] = withoutMirroring([plain, { name: 'annotated', inputSchema: inner }]);
  assert.equal(first, plain);
  assert.deepEqual(second?.inputSchema, {
    properties: { 'x-mcp-header': { type: 'string' }, deep: { properties: { region: { type: 'string' } } } },
    const: { 'x-mcp-header': 1 },
  });
});
