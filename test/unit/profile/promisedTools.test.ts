import assert from 'node:assert/strict';
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import type { McpTool } from '../../../src/shared/mcp.ts';
import { sharedData } from '../../support/sharedData.ts';
import { refusalOf, serverOf } from './entries.ts';

function promised(tools: unknown): readonly McpTool[] {
  return serverOf({ image: 'mcp/x', snapshot: { server: { name: 'x', tools } } }).promisedTools;
}

test("a catalogue's tools are promised as a server would list them", () => {
  const tools = [
    {
      name: 'search',
      description: 'Finds things.',
      arguments: [
        { name: 'query', type: 'string', desc: 'What to find.' },
        { name: 'tags', type: 'array', items: { type: 'string' }, desc: 'Narrow it.', optional: true },
        { name: 'odd', type: 'str' },
      ],
      annotations: { title: 'Search', readOnlyHint: true },
      container: {},
      parameters: {},
    },
    { name: 'ping' },
  ];
  assert.deepEqual(promised(tools), [
    {
      name: 'search',
      description: 'Finds things.',
      inputSchema: {
        type: 'object',
        properties: {
          query: { type: 'string', description: 'What to find.' },
          tags: { type: 'array', items: { type: 'string' }, description: 'Narrow it.' },
          odd: {},
        },
      },
      annotations: { title: 'Search', readOnlyHint: true },
    },
    { name: 'ping', inputSchema: { type: 'object', properties: {} } },
  ]);
});

test('a schema that is written out is taken as it is', () => {
  const schema = { type: 'object', properties: { args: { type: 'array' } }, required: ['args'] };
  assert.deepEqual(
    promised([
      { name: 'a', parameters: schema },
      { name: 'b', inputSchema: schema, parameters: { type: '', properties: {} } },
    ]).map(({ inputSchema }) => inputSchema),
    [schema, schema],
  );
});

test('tools without a name are passed over, of two of one name the first counts, and 500 are enough', () => {
  const odd = [
    { description: 'x' },
    { name: 5 },
    { name: '' },
    'text',
    null,
    [],
    { name: 'a', arguments: [null, { type: 'string' }, 'x'] },
  ];
  assert.deepEqual(promised([...odd, { name: 'a', description: 'later' }]), [
    { name: 'a', inputSchema: { type: 'object', properties: {} } },
  ]);
  assert.equal(promised(Array.from({ length: 600 }, (_, index) => ({ name: `t${index}` }))).length, 500);
  assert.deepEqual([promised(undefined), promised(null), promised([])], [[], [], []]);
});

test('what should be a list and is none is refused at its place', () => {
  const entry = (tools: unknown): object => ({ image: 'mcp/x', snapshot: { server: { tools } } });
  assert.match(refusalOf(entry({ a: 1 }), '{"a"'), /"tools" is not a list/);
  assert.match(refusalOf(entry([{ name: 'x', arguments: 'query' }]), '"query"'), /"arguments" is not a list/);
});

test("every list of tools of Docker's registry gives a usable tool for each name", (t) => {
  const folder = sharedData(t, 'mcp-registry');
  if (folder === undefined) {
    return;
  }
  const servers = join(folder, 'servers');
  const files = readdirSync(servers)
    .map((name) => join(servers, name, 'tools.json'))
    .filter((path) => existsSync(path));
  let count = 0;
  for (const file of files) {
    const tools = JSON.parse(readFileSync(file, 'utf8')) as { name: string }[];
    const names = promised(tools).map((tool) => {
      assert.equal((tool.inputSchema as { type: string }).type, 'object', `${file} ${tool.name}`);
      return tool.name;
    });
    assert.deepEqual(names, [...new Set(tools.map(({ name }) => name))], file);
    count += names.length;
  }
  assert.ok(count > 700, String(count));
});
