import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { builtInContent } from '../../../src/core/catalog/builtIn.ts';
import { catalogueJson, readCatalogueJson } from '../../../src/core/catalog/catalogueJson.ts';
import type { CatalogueContent } from '../../../src/core/catalog/entry.ts';
import { readCatalogue } from '../../../src/core/catalog/readCatalogue.ts';
import { sharedData } from '../../support/sharedData.ts';

function read(text: string): CatalogueContent {
  const result = readCatalogueJson(text, 'team/catalogue:1');
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

/** As Go's encoder writes it: zero values that are no pointers, structs in their order, maps sorted, `<>&` escaped. */
const zeroTool = '"container":{"image":"","command":null,"volumes":null},"parameters":{"type":"","properties":null,"required":null}';
const pushed = [
  '{"title":"R\\u0026D \\u003ctools\\u003e","servers":[',
  '{"type":"image","tools":["search"],"image":"mcp/web:1@sha256:',
  '0'.repeat(64),
  '","snapshot":{"server":{"name":"web","type":"server","image":"mcp/web:1@sha256:',
  '0'.repeat(64),
  '","description":"Searches.","longLived":true,"remote":{},"secrets":[{"name":"web.key","env":"KEY"}],',
  '"env":[{"name":"A","value":"{{web.a}}"}],"command":["run"],',
  `"tools":[{"name":"search","description":"","arguments":[{"name":"q","type":"array","items":{"type":"string"},"desc":""}],${zeroTool}}],`,
  '"config":[{"description":"d","name":"web","properties":{"a":{"type":"string"}},"type":"object"}],"metadata":{"stars":3,"category":"web"}}}},',
  '{"type":"remote","endpoint":"https://mcp.example.com/mcp","snapshot":{"server":{"name":"far","type":"remote","image":"",',
  '"remote":{"url":"https://mcp.example.com/mcp","transport_type":"streamable-http","headers":{"A":"1","B":"2"}}}}},',
  '{"type":"registry","source":"https://registry.example.com/v0/servers/a%2Fb/versions/1.0.0","snapshot":{"server":{"name":"a-b","type":"server","image":"mcp/b:1","remote":{}}}},',
  '{"type":"image","image":"busybox","snapshot":{"server":{"name":"run","type":"poci","image":"","remote":{},"tools":[{"name":"sh","description":"Runs.",',
  '"container":{"image":"busybox","command":["{{args|into}}"],"volumes":null},',
  '"parameters":{"type":"object","properties":{"args":{"type":"array","description":"words","items":{"type":"string"}}},"required":["args"]}}]}}}]}',
].join('');

test("what Docker's gateway pushed is read, and written again byte by byte", () => {
  const content = read(pushed);
  assert.deepEqual(content.skipped, []);
  assert.equal(content.title, 'R&D <tools>');
  assert.deepEqual(
    content.entries.map(({ kind, name, source, onlyTools }) => [kind, name, source, onlyTools]),
    [
      ['image', 'web', undefined, ['search']],
      ['remote', 'far', undefined, undefined],
      ['image', 'a-b', 'https://registry.example.com/v0/servers/a%2Fb/versions/1.0.0', undefined],
      ['poci', 'run', undefined, undefined],
    ],
  );
  assert.equal(catalogueJson(content), pushed);
});

test("Docker's whole catalogue is kept without a loss", (t) => {
  const folder = sharedData(t, 'mcp-registry');
  if (folder === undefined) {
    return;
  }
  const given = readCatalogue(readFileSync(join(folder, 'catalog-v3.yaml'), 'utf8'), 'catalog-v3.yaml');
  assert.ok(given.ok);
  const json = catalogueJson(given.value);
  const kept = read(json);
  assert.deepEqual(kept.skipped, []);
  assert.equal(catalogueJson(kept), json);
  const lean = ({ entries }: CatalogueContent): unknown =>
    entries.map(({ kind, name, title, description, tools, server }) => [
      kind,
      name,
      title,
      description,
      tools,
      server['secrets'],
      server['config'],
    ]);
  assert.deepEqual(lean(kept), lean(given.value));
});

test("a registry's image that Docker joined with its version by an @ is run by its tag, and kept as it was pushed", () => {
  const json =
    '{"title":"x","servers":[{"type":"registry","source":"https://registry.example.com/v0/servers/a%2Fb/versions/1.0.0","snapshot":{"server":{"name":"a-b","type":"server","image":"ghcr.io/a/b@1.0.0","remote":{}}}}]}';
  const content = read(json);
  const [entry] = content.entries;
  assert.equal(entry?.kind === 'image' && entry.image, 'ghcr.io/a/b:1.0.0');
  assert.equal(catalogueJson(content), json);
});

test('an entry without a snapshot is what it names', () => {
  const { entries } = read(
    JSON.stringify({
      servers: [
        { type: 'image', image: 'ghcr.io/team/everything:1.2' },
        { type: 'remote', endpoint: 'https://mcp.context7.com/mcp' },
      ],
    }),
  );
  assert.deepEqual(
    entries.map((entry) => [entry.name, entry.kind === 'image' ? entry.image : entry.kind === 'remote' && entry.endpoint]),
    [
      ['everything', 'ghcr.io/team/everything:1.2'],
      ['context7', 'https://mcp.context7.com/mcp'],
    ],
  );
});

test('an entry that says one thing and means another is left out', () => {
  const server = { name: 'a', type: 'server', image: 'mcp/a', remote: {} };
  const remote = { name: 'r', type: 'remote', remote: { url: 'https://example.com/mcp' } };
  const { entries, skipped } = read(
    JSON.stringify({
      title: 'x',
      servers: [
        { type: 'image', image: 'mcp/other', snapshot: { server } },
        { type: 'image', image: 'mcp/a', snapshot: { server } },
        { type: 'remote', endpoint: 'https://evil.example.com/mcp', snapshot: { server: remote } },
        { type: 'remote', endpoint: 'https://example.com/mcp', snapshot: { server: { ...server, name: 'b' } } },
        { type: 'image', image: 'mcp/a', snapshot: { server: { ...remote, name: 'c' } } },
        { type: 'registry', source: 'file:///etc/passwd', snapshot: { server: { ...server, name: 'd' } } },
        { type: 'image', image: 'mcp/a; id', snapshot: { server: { ...server, name: 'e' } } },
        { type: 'image', image: 'mcp/a', tools: 'all', snapshot: { server: { ...server, name: 'f' } } },
        { type: 'image', snapshot: { server: { name: 'g', ['__proto__x']: 1 } } },
        'text',
        null,
      ],
    }),
  );
  // What the entry itself names is what runs.
  assert.deepEqual(
    entries.map((entry) => [entry.name, entry.kind === 'image' && entry.image]),
    [['a', 'mcp/other']],
  );
  assert.equal(skipped.length, 10);
  assert.ok(skipped.every(({ why }) => why !== ''));
});

test('JSON that is none, no catalogue, too long or too deep is refused or left out', () => {
  const problem = (text: string) => {
    const result = readCatalogueJson(text, 'team/catalogue:1');
    assert.ok(!result.ok);
    return result.problem;
  };
  assert.equal(problem('{"title":"x",\n"servers":[}').code, 'WHARF_CATALOG_SYNTAX');
  assert.equal(problem('{"title":"x",\n"servers":[}').place?.line, 2);
  assert.equal(problem('[]').code, 'WHARF_CATALOG_SHAPE');
  assert.equal(problem('{"servers":{}}').code, 'WHARF_CATALOG_SHAPE');
  assert.equal(problem(' '.repeat(17 * 1024 * 1024)).code, 'WHARF_CATALOG_TOO_LARGE');
  assert.equal(problem(`{"servers":[${'0,'.repeat(60_000)}0]}`).code, 'WHARF_CATALOG_TOO_LARGE');
  const deep = `{"servers":[{"type":"image","image":"mcp/a","snapshot":{"server":{"name":"a","type":"server","image":"mcp/a","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}}]}`;
  assert.match(read(deep).skipped[0]?.why ?? '', /maps and lists in each other/);
  assert.match(
    read('{"servers":[{"type":"image","image":"mcp/a","snapshot":{"server":{"name":"a","image":"mcp/a","__proto__":{"user":"0"}}}}]}')
      .skipped[0]?.why ?? '',
    /__proto__/,
  );
});

test('what is a part of Wharf itself is in no catalogue that somebody else reads', () => {
  const { skipped, entries } = read(catalogueJson(builtInContent()));
  assert.deepEqual(
    skipped.map(({ name }) => name),
    ['demo'],
  );
  assert.equal(entries.length, builtInContent().entries.length - 1);
});
