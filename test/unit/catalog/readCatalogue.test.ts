import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import type { CatalogEntry, CatalogueContent } from '../../../src/core/catalog/entry.ts';
import { readCatalogue } from '../../../src/core/catalog/readCatalogue.ts';
import { sharedData } from '../../support/sharedData.ts';

function read(text: string): CatalogueContent {
  const result = readCatalogue(text, 'catalogue.yaml');
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function problemOf(text: string) {
  const result = readCatalogue(text, 'catalogue.yaml');
  assert.ok(!result.ok, JSON.stringify(result));
  return result.problem;
}

test("Docker's catalogue is read whole, and its definitions agree with it in all that a container has", (t) => {
  const folder = sharedData(t, 'mcp-registry');
  if (folder === undefined) {
    return;
  }
  const { title, entries, skipped } = read(readFileSync(join(folder, 'catalog-v3.yaml'), 'utf8'));
  assert.equal(title, 'Docker MCP Catalog');
  assert.deepEqual(skipped, []);
  const count = (kind: CatalogEntry['kind']): number => entries.filter((entry) => entry.kind === kind).length;
  assert.deepEqual([entries.length, count('image'), count('remote'), count('poci')], [328, 249, 76, 3]);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const names = readdirSync(join(folder, 'servers'));
  assert.equal(names.length, 328);
  for (const name of names) {
    const [defined]: readonly (CatalogEntry | undefined)[] = read(
      readFileSync(join(folder, 'servers', name, 'server.yaml'), 'utf8'),
    ).entries;
    const listed = byName.get(name);
    assert.ok(defined !== undefined && listed !== undefined, name);
    assert.deepEqual(ofContainer(defined), ofContainer(listed), name);
    assert.equal(defined.title, listed.title);
    assert.equal(defined.description, listed.description);
  }
});

/** What decides how a server runs; the tools of one that has a container for each. */
function ofContainer({ kind, name, server }: CatalogEntry): unknown {
  const keys = ['env', 'secrets', 'command', 'volumes', 'user', 'config', 'allowHosts', 'disableNetwork', 'remote', 'longLived', 'oauth'];
  const image = typeof server['image'] === 'string' ? server['image'].replace(/@sha256:.*/, '') : undefined;
  return { kind, name, image, tools: kind === 'poci' ? server['tools'] : [], ...Object.fromEntries(keys.map((key) => [key, server[key]])) };
}

test('a broken entry is left out with its reason and its line, and the others stay', () => {
  const { entries, skipped } = read(`
registry:
  good: { image: mcp/good, type: server }
  list: [1]
  twice: { image: mcp/twice, image: mcp/other }
  merged: { <<: { disableNetwork: true }, image: mcp/merged }
  "bad name": { image: mcp/bad }
  no-image: { type: server }
  odd-image: { image: "mcp/x --privileged" }
  odd-type: { type: native, image: mcp/x }
  both: { type: server, image: mcp/x, remote: { url: https://example.com/mcp } }
  odd-env: { image: mcp/x, env: [{ value: 1 }] }
  odd-command: { image: mcp/x, command: rm -rf }
  odd-network: { image: mcp/x, disableNetwork: "no" }
  plain-http: { type: remote, remote: { url: http://example.com/mcp } }
  odd-transport: { type: remote, remote: { url: https://example.com/mcp, transport_type: websocket } }
  no-container: { type: poci, tools: [{ name: run }] }
  infinite: { image: mcp/x, metadata: { stars: .inf } }
  unset: *nothing
  good: { image: mcp/again }
`);
  assert.deepEqual(
    entries.map(({ name }) => name),
    ['good'],
  );
  assert.deepEqual(
    skipped.map(({ name, why }) => `${name}: ${why}`),
    [
      'list: it is not a map of keys (line 4)',
      'twice: it has a key twice, in line 5 (line 5)',
      'merged: the merge key "<<" is not supported, write the keys out (line 6)',
      'bad name: its name is not one of up to 63 letters, digits, dots, dashes and underscores (line 7)',
      'no-image: it has no image (line 8)',
      'odd-image: "mcp/x --privileged" is not a reference of an image (line 9)',
      'odd-type: its type "native" is not server, remote or poci (line 10)',
      'both: it has an image and an address, and only one of them can be meant (line 11)',
      'odd-env: an entry of its "env" has no "name" (line 12)',
      'odd-command: its "command" is not a list of texts (line 13)',
      'odd-network: its "disableNetwork" is neither true nor false (line 14)',
      'plain-http: its address needs https; http is only for servers on this computer (line 15)',
      'odd-transport: its transport "websocket" is not known, only streamable-http and sse are (line 16)',
      'no-container: each of its tools is a container, and one names no image (line 17)',
      'infinite: it has a number that JSON cannot hold (line 18)',
      'unset: it is not a map of keys (line 19)',
      'good: it is there twice, and the first one counts (line 20)',
    ],
  );
});

test('numbers are kept as they are written where Docker reads a text', () => {
  const [entry] = read(`
name: numbers
image: mcp/numbers:1
user: 1000
command: [--port, 0080, true]
env: [{ name: MODE, value: 007 }, { name: RATIO, value: 1.10 }]
`).entries;
  assert.deepEqual(
    ['user', 'command', 'env'].map((key) => entry?.server[key]),
    [
      '1000',
      ['--port', '0080', 'true'],
      [
        { name: 'MODE', value: '007' },
        { name: 'RATIO', value: '1.10' },
      ],
    ],
  );
});

test('an entry keeps every key, has its name, and says what it is where older catalogues do not', () => {
  const { title, entries } = read(`
name: mine
registry:
  image: { image: mcp/image, upstream: https://example.com, x-team: { a: [1] }, tools: [{ name: go, description: Goes. }, { description: none }] }
  remote: { remote: { url: "https://example.com/\${TEAM}/mcp" } }
  older: { sseEndpoint: https://example.com/sse }
  poci: { tools: [{ name: run, container: { image: busybox, command: ["{{args|into}}"] } }] }
`);
  assert.equal(title, 'mine');
  assert.deepEqual(
    entries.map((entry) => [entry.kind, entry.server['type'], entry.server['name']]),
    [
      ['image', 'server', 'image'],
      ['remote', 'remote', 'remote'],
      ['remote', 'remote', 'older'],
      ['poci', 'poci', 'poci'],
    ],
  );
  assert.deepEqual(entries[0]?.server['x-team'], { a: [1] });
  assert.deepEqual(entries[0]?.tools, [{ name: 'go', description: 'Goes.' }]);
});

test('one server, a definition with its own parts, and a server.json are recognised', (t) => {
  const folder = sharedData(t, 'docker-gateway');
  if (folder === undefined) {
    return;
  }
  const file = (path: string): CatalogueContent => read(readFileSync(join(folder, path), 'utf8'));
  const [one] = file('pkg/workingset/testdata/server.yaml').entries;
  assert.deepEqual(file('pkg/workingset/testdata/server.json').entries, [one]);
  assert.deepEqual(file('pkg/workingset/testdata/legacy-catalog.yaml').entries, [one]);
  assert.equal(one?.kind === 'image' && one.image, 'myimage:latest');
  assert.match(file('pkg/workingset/testdata/invalid-type.yaml').skipped[0]?.why ?? '', /type "invalid"/);
  const [poci] = file('test/testdata/mcpregistry/server.test.json').entries;
  assert.equal(poci?.kind === 'image' && poci.image, 'jimclark106/poci:latest');
  // Nobody has to have published a file.
  assert.equal(poci?.source, undefined);
});

test('a definition has no defaults, its own variables behind the others, and the schema of its parameters', () => {
  const [entry] = read(`
name: n8n
type: server
image: mcp/n8n
about: { title: n8n, description: " Bridges. " }
run: { env: { MODE: stdio }, user: 0 }
config:
  description: Where it is.
  env: [{ name: URL, value: "{{n8n.url}}" }]
  parameters:
    type: object
    properties: { url: { type: string, default: x }, default: { type: object, properties: { a: { type: string, default: y } } } }
    required: [url]
`).entries;
  assert.deepEqual(entry?.server, {
    name: 'n8n',
    type: 'server',
    image: 'mcp/n8n',
    title: 'n8n',
    description: 'Bridges.',
    user: '0',
    env: [
      { name: 'URL', value: '{{n8n.url}}' },
      { name: 'MODE', value: 'stdio' },
    ],
    config: [
      {
        name: 'n8n',
        description: 'Where it is.',
        type: 'object',
        properties: { url: { type: 'string' }, default: { type: 'object', properties: { a: { type: 'string' } } } },
        required: ['url'],
      },
    ],
    metadata: {},
  });
});

test('a file that is no catalogue is refused with its place', () => {
  const syntax = problemOf('registry:\n  a: { image: "x }\n');
  assert.equal(syntax.code, 'WHARF_CATALOG_SYNTAX');
  assert.equal(syntax.place?.file, 'catalogue.yaml');
  assert.ok((syntax.place?.line ?? 0) >= 2);
  const json = problemOf('{"registry": {"a": }');
  assert.equal(json.code, 'WHARF_CATALOG_SYNTAX');
  assert.equal(json.place?.line, 1);
  assert.ok(json.place.column >= 20);
  for (const text of ['', 'just words', '- a\n- b\n', 'a: 1\n', '[]', '{}', 'null', '"text"', '42']) {
    assert.equal(problemOf(text).code, 'WHARF_CATALOG_SHAPE', text);
  }
});

test('a catalogue of 50 MB is refused before anything of it is read', () => {
  const from = performance.now();
  const problem = problemOf(`registry:\n${'  a: { image: x }\n'.repeat(3_000_000)}`);
  assert.equal(problem.code, 'WHARF_CATALOG_TOO_LARGE');
  assert.ok(performance.now() - from < 3_000, 'it was read');
  assert.match(problemOf(`registry: # ${' '.repeat(10 * 1024 * 1024)}`).message, /more than 10 MB of YAML/);
});

test('a bomb of aliases is refused at the place where it is too much', () => {
  const bomb = `a: &a [x]\n${Array.from({ length: 60 }, (_, n) => `b${n}: &b${n} [*a, *a]`).join('\n')}\nregistry: { a: { image: x } }\n`;
  const problem = problemOf(bomb);
  assert.equal(problem.code, 'WHARF_CATALOG_SYNTAX');
  assert.match(problem.message, /more than 100 aliases/);
  assert.ok((problem.place?.line ?? 0) > 40);
  const nested = `registry:\n  a: &a { x: [y, y, y, y, y, y, y, y, y] }\n${'bcdefghij'
    .split('')
    .map((name, at) => `  ${name}: &${name} { x: [${Array.from({ length: 9 }, () => `*${'abcdefghij'[at]}`).join(', ')}] }`)
    .join('\n')}\n  good: { image: mcp/good }\n`;
  const { entries, skipped } = read(nested);
  assert.deepEqual([entries.length, skipped.length], [1, 10]);
});
