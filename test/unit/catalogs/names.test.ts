import assert from 'node:assert/strict';
import { test } from 'node:test';

import { catalogueName } from '../../../src/core/catalog/catalogueName.ts';
import { isPullDue, parsePullPolicy } from '../../../src/core/catalog/pullPolicy.ts';
import { readSourceList } from '../../../src/core/catalog/sourceList.ts';

const named = (text: string) => catalogueName(text, (path) => `/abs/${path.replace(/^\.\//, '')}`);

test('a catalogue has one name, as Docker keeps it', () => {
  for (const [given, kind, ref] of [
    ['mcp/docker-mcp-catalog', 'artifact', 'mcp/docker-mcp-catalog:latest'],
    ['docker.io/mcp/docker-mcp-catalog:1', 'artifact', 'mcp/docker-mcp-catalog:1'],
    ['index.docker.io/library/catalog', 'artifact', 'catalog:latest'],
    ['Registry.example:443/team/catalog:2', 'artifact', 'registry.example/team/catalog:2'],
    ['localhost:5000/team/catalog', 'artifact', 'localhost:5000/team/catalog:latest'],
    ['oci://ghcr.io/team/catalog', 'artifact', 'ghcr.io/team/catalog:latest'],
    [`ghcr.io/team/catalog@sha256:${'a'.repeat(64)}`, 'artifact', `ghcr.io/team/catalog@sha256:${'a'.repeat(64)}`],
    ['https://Catalog.example/mcp/catalog.yaml', 'address', 'https://catalog.example/mcp/catalog.yaml'],
    ['registry.modelcontextprotocol.io', 'registry', 'registry.modelcontextprotocol.io'],
    ['https://registry.example/v0/servers', 'registry', 'registry.example'],
    ['127.0.0.1:8080', 'registry', '127.0.0.1:8080'],
    ['./team.yaml', 'path', '/abs/team.yaml'],
    ['file://team.yaml', 'path', '/abs/team.yaml'],
    ['builtin', 'builtIn', 'builtin'],
  ] as const) {
    const name = named(given);
    assert.ok(name.ok, given);
    assert.deepEqual([name.value.kind, name.value.ref], [kind, ref], given);
  }
});

test('what could be another thing for a shell, a terminal or a reader of addresses is no name', () => {
  for (const given of [
    '',
    'team/catalog;rm -rf ~',
    '$(id)/catalog',
    'team/`id`',
    'team/catalog\nother',
    'team/\u001b[2Jcatalog.yaml',
    'http://catalog.example/catalog.yaml',
    'https://ada:secret@catalog.example/catalog.yaml',
    'ftp://catalog.example/catalog.yaml',
    'https://catalog.example/#part',
    `team/${'x'.repeat(2000)}`,
  ]) {
    const name = named(given);
    assert.equal(name.ok ? name.value.kind : name.problem.code, 'WHARF_CATALOG_REFERENCE', given);
  }
});

test('"--pull" has Docker\'s words', () => {
  const due = (text: string, ageMs: number | null) => isPullDue(parsePullPolicy(text) ?? [], ageMs);
  const hour = 3_600_000;
  for (const [text, absent, fresh, old] of [
    ['never', false, false, false],
    ['always', true, true, true],
    ['missing', true, false, false],
    ['initial', true, false, false],
    ['exists', false, true, true],
    ['6h', true, false, true],
    ['exists@6h', false, false, true],
    ['initial+exists@6h', true, false, true],
    ['1d', true, false, false],
  ] as const) {
    assert.deepEqual([due(text, null), due(text, hour), due(text, 7 * hour)], [absent, fresh, old], text);
  }
  for (const text of ['', 'sometimes', 'always@6h', 'exists@', 'exists@soon', '6', '6h+', 'exists@1h@2h']) {
    assert.equal(parsePullPolicy(text), undefined, text);
  }
});

test('the list of catalogues says where each comes from, and a line that is none is named', () => {
  const list = readSourceList(
    'sources:\n  - team/catalog\n  - url: https://x.example/c.yaml\n  - community: registry.example\n',
    'catalogs.yaml',
  );
  assert.ok(list.ok);
  assert.deepEqual(
    list.value.map(({ kind, text }) => [kind, text]),
    [
      ['ref', 'team/catalog'],
      ['url', 'https://x.example/c.yaml'],
      ['community', 'registry.example'],
    ],
  );
  assert.deepEqual(readSourceList('', 'catalogs.yaml'), { ok: true, value: [] });
  for (const [text, line] of [
    ['sources: team', 1],
    ['sources:\n  - { ref: a/b, url: https://x.example/y }', 2],
    ['sources:\n  - ref: a/b\n  - other: x', 3],
    ['sources:\n  - ref: 7', 2],
    ['order: []', 1],
    ['version: 2', 1],
    ['sources: [', 1],
    [`a: &a [1]\nsources: [${'*a, '.repeat(200)}]`, 2],
  ] as const) {
    const read = readSourceList(text, 'catalogs.yaml');
    assert.ok(!read.ok, text);
    assert.deepEqual([read.problem.code, read.problem.place?.line], ['WHARF_CATALOG_ORDER', line], text);
  }
});
