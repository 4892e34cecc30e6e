import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';

import { catalogueJson, readCatalogueJson } from '../../../src/core/catalog/catalogueJson.ts';
import { readRegistryPage, readRegistryServer } from '../../../src/core/catalog/communityRegistry.ts';
import type { CatalogueContent } from '../../../src/core/catalog/entry.ts';
import { isGlob, matchesGlob, matchNames } from '../../../src/core/catalog/glob.ts';
import { readImageLabel } from '../../../src/core/catalog/imageLabel.ts';
import { isPypiVersion } from '../../../src/core/catalog/packageNames.ts';
import { readCatalogue } from '../../../src/core/catalog/readCatalogue.ts';
import { searchOf } from '../../../src/core/catalog/search.ts';
import { parseServerReference } from '../../../src/core/catalog/serverReference.ts';
import type { Result } from '../../../src/shared/result.ts';
import { mutated, runs } from '../../support/fuzz.ts';
import { sharedData } from '../../support/sharedData.ts';

/** Far beyond what any of these texts takes: whoever needs it hangs. */
const hangMs = 5_000;

const image = { name: 'web', type: 'server', image: 'mcp/web:1', env: [{ name: 'A', value: '{{web.a}}' }], tools: [{ name: 'go' }] };
const remote = { name: 'far', type: 'remote', remote: { url: 'https://mcp.example.com/mcp', headers: { A: '${KEY}' } } };
const poci = { name: 'run', type: 'poci', tools: [{ name: 'sh', container: { image: 'busybox', command: ['{{args|into}}'] } }] };
const payload = JSON.stringify({
  title: 'Team',
  servers: [
    { type: 'image', image: 'mcp/web:1', tools: ['go'], snapshot: { server: image } },
    { type: 'remote', endpoint: 'https://mcp.example.com/mcp', snapshot: { server: remote } },
    { type: 'image', image: 'busybox', snapshot: { server: poci } },
    { type: 'registry', source: 'https://registry.example.com/v0/servers/a%2Fb/versions/1', snapshot: { server: { ...image, name: 'b' } } },
  ],
});
const page = JSON.stringify({
  servers: [
    {
      server: {
        name: 'io.github.team/tool',
        version: '1.0.0',
        packages: [
          {
            registryType: 'oci',
            identifier: 'team/tool',
            version: '1',
            transport: { type: 'stdio' },
            runtimeArguments: [{ type: 'named', name: '--mount', value: 'src={a},dst=/b', variables: { a: { isRequired: true } } }],
            environmentVariables: [{ name: 'KEY', isSecret: true }],
          },
        ],
      },
    },
    {
      name: 'a/far',
      version: '1.0.0',
      remotes: [{ type: 'sse', url: 'https://{x}.example.com', variables: { x: {} }, headers: [{ name: 'A', isSecret: true }] }],
    },
  ],
  metadata: { nextCursor: 'c' },
});
const yaml = `version: 3
name: team
registry:
  web: &web { type: server, image: "mcp/web:1", user: 1000, command: [run], volumes: ["{{web.paths|volume|into}}"], config: [{ name: web, type: object }] }
  again: *web
  far: { type: remote, remote: { url: https://mcp.example.com/mcp, transport_type: sse }, oauth: { providers: [{ provider: far }] } }
`;
const words = [
  '&a ',
  '*a',
  '*web',
  '<<: ',
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '|',
  '!!binary ',
  '---\n',
  '\t',
  '"',
  "'",
  '\u0000',
  '\ufeff',
  '~',
  '1e999',
  '.nan',
].concat([
  'registry:',
  'servers:',
  'snapshot:',
  'type:',
  'null',
  '[]',
  '{}',
  '"__proto__":{},',
  '__proto__: ',
  'constructor: ',
  '\\ud800',
  '\n',
  '  ',
  ',',
]);

/** Proves that it came to an end in time: with a value, or with a problem that can be shown. */
function ended<T>(read: () => Result<T>): T | undefined {
  const from = performance.now();
  const result = read();
  assert.ok(performance.now() - from < hangMs, 'it took too long');
  if (result.ok) {
    return result.value;
  }
  assert.match(result.problem.code, /^WHARF_[A-Z_]+$/);
  assert.doesNotMatch(result.problem.message, /\p{Cs}/u);
  return undefined;
}

/** What goes on from here has a sound name, something to run, and survives being kept. */
function assertSound(content: CatalogueContent | undefined): void {
  for (const entry of content?.entries ?? []) {
    assert.match(entry.name, /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);
    assert.equal(entry.server['name'], entry.name);
    assert.ok(entry.kind !== 'remote' || /^https?:\/\/|\{\{|\$/.test(entry.endpoint), JSON.stringify(entry));
  }
  if (content !== undefined) {
    const json = catalogueJson(content);
    const kept = ended(() => readCatalogueJson(json, 'kept'));
    assert.deepEqual(
      kept?.entries.map(({ name, kind }) => [name, kind]),
      content.entries.map(({ name, kind }) => [name, kind]),
    );
    assert.equal(kept === undefined ? '' : catalogueJson(kept), json);
    searchOf(content.entries)('web a', 5);
  }
}

function seeds(t: TestContext): readonly string[] {
  const folder = sharedData(t, 'docker-gateway');
  const files = folder === undefined ? [] : readdirSync(join(folder, 'test/testdata/mcpregistry'));
  return [yaml, payload, page, ...files.map((name) => readFileSync(join(folder ?? '', 'test/testdata/mcpregistry', name), 'utf8'))];
}

const anyText = fc
  .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 60 })
  .map((parts) => parts.join(''));

test('a catalogue that was sound once is read or refused, and what is read can be kept', (t) => {
  let read = 0;
  fc.assert(
    fc.property(mutated(seeds(t), words), (text) => {
      const content = ended(() => readCatalogue(text, 'catalogue.yaml'));
      assertSound(content);
      read += content?.entries.length ?? 0;
    }),
    runs(300),
  );
  assert.ok(read > 0, 'nothing was read at all: the property says nothing');
});

test('what a registry of artefacts or of the community has is read or refused', () => {
  fc.assert(
    fc.property(mutated([payload], words), (text) => assertSound(ended(() => readCatalogueJson(text, 'team/catalogue:1')))),
    runs(300),
  );
  fc.assert(
    fc.property(mutated([page], words), (text) => {
      assertSound(ended(() => readRegistryPage(text))?.content);
      ended(() => readRegistryServer(text));
    }),
    runs(300),
  );
});

test('any text and any value at all is read or refused by every reader', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.json({ maxDepth: 6 })), (text) => {
      assertSound(ended(() => readCatalogue(text, 'x')));
      assertSound(ended(() => readCatalogueJson(text, 'x')));
      assertSound(ended(() => readRegistryPage(text))?.content);
      ended(() => readRegistryServer(text));
      ended(() => readImageLabel(text, 'mcp/x'));
      ended(() => parseServerReference(text));
    }),
    runs(400),
  );
  fc.assert(
    fc.property(fc.anything(), (value) => {
      assertSound(ended(() => readRegistryPage(value))?.content);
      ended(() => readRegistryServer({ server: value }));
    }),
    runs(200),
  );
});

test('whatever a label says, its image grants itself nothing', () => {
  let read = 0;
  fc.assert(
    fc.property(
      mutated(
        [
          `${yaml.split('\n')[0]}\nname: web\n${JSON.stringify({ ...image, volumes: ['/:/h'], user: '0' })}`,
          JSON.stringify({ ...image, volumes: ['/:/h'], user: '0', command: ['x'] }),
        ],
        words,
      ),
      (text) => {
        const entry = ended(() => readImageLabel(text, 'mcp/x:1'));
        if (entry !== undefined) {
          read++;
          assert.equal(entry.kind === 'image' && entry.image, 'mcp/x:1');
          for (const key of ['volumes', 'user', 'command', 'secrets', 'remote', 'oauth', 'allowHosts', 'extraHosts', 'longLived']) {
            assert.equal(entry.server[key], undefined);
          }
        }
      },
    ),
    runs(300),
  );
  assert.ok(read > 0, 'nothing was read at all: the property says nothing');
});

test('whatever is given for a server is refused, or has nothing in it that a shell or a path would obey', () => {
  const forms = [
    'catalog://mcp/catalog:1/a+b*',
    'docker://mcp/a:1',
    'https://r.example/v0/servers/a%2Fb/versions/1',
    'file://a/b.yaml',
    'npx://@a/b@1.0.0',
    'uvx://a==1.0',
  ];
  const odd = ['..', '/', '%2e', '%2F', '+', '*', '@', '=', ':', '$(id)', '`', ';', '\\', ' ', '\n', '[', ']', '-', '~', '#', '?'];
  fc.assert(
    fc.property(mutated(forms, odd), (text) => {
      const reference = ended(() => parseServerReference(text));
      if (reference !== undefined) {
        assert.doesNotMatch(text, /["$;<>`|{}\p{Cc}]|(?:^|[/\\])\.\.(?:[/\\]|$)/u);
        if (reference.kind === 'npx' || reference.kind === 'uvx') {
          assert.match(`${reference.package} ${reference.version ?? ''}`, /^[@A-Za-z0-9~][\w./~-]* (?:[A-Za-z0-9][\w.+!-]*)?$/);
        }
      }
    }),
    runs(2_000),
  );
});

test('a pattern matches what it is, or is no pattern, and ends', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '[', ']', '-', '^', '\\', '/'), maxLength: 30 });
  fc.assert(
    fc.property(text, text, (glob, name) => {
      const from = performance.now();
      const matches = matchesGlob(glob, name);
      assert.ok(performance.now() - from < hangMs);
      assert.ok(isGlob(glob) || !matches);
      assert.deepEqual(matchNames([glob], [name]), matches ? { names: [name], unmatched: [] } : { names: [], unmatched: [glob] });
      const literal = name.replaceAll(/[*?[\]\\^-]/g, '\\$&');
      assert.ok(matchesGlob(literal, name));
    }),
    runs(2_000),
  );
});

/** Each far beyond a real file. */
const bombs: Readonly<Record<string, string>> = {
  'lists in lists': `registry: ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`,
  'maps in maps': `registry: ${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}\n`,
  'JSON lists in lists': `{"registry": {"a": ${'['.repeat(200_000)}${']'.repeat(200_000)}}}`,
  'JSON maps in maps': `{"servers": [${'{"server":'.repeat(100_000)}1${'}'.repeat(100_000)}]}`,
  'dashes in a row': `registry:\n${'- '.repeat(20_000)}\n`,
  'an alias of itself': 'registry:\n  a: &a { image: x, config: [*a] }\n',
  'merges of merges': `a: &a { x: 1 }\n${Array.from({ length: 90 }, (_, n) => `b${n}: &b${n} { <<: ${n === 0 ? '*a' : `*b${n - 1}`} }`).join('\n')}\nregistry: { c: *b89 }\n`,
  'many keys of one server': `registry:\n  a:\n    image: x\n${Array.from({ length: 30_000 }, (_, n) => `    k${n}: 1`).join('\n')}\n`,
  'five thousand servers': `registry:\n${Array.from({ length: 5_000 }, (_, n) => `  a${n}: { image: x }`).join('\n')}\n`,
  'quotes without an end': `registry: "${'\\"'.repeat(200_000)}`,
  'colons without an end': ': '.repeat(20_000),
  'nine megabytes of comments': `registry:\n${'#\n'.repeat(4_500_000)}`,
  'two million dashes': `registry:\n${'- - - - - -\n'.repeat(330_000)}`,
  'four hundred thousand keys': `registry:\n${Array.from({ length: 400_000 }, (_, n) => `  a${n}: 1`).join('\n')}\n`,
  'a mistake in each of three million places': `a: ${'"" '.repeat(3_000_000)}`,
  'JSON that breaks off after two million texts': `{"registry":[${'"a",'.repeat(2_000_000)}`,
  'one description of a megabyte': `registry:\n  a: { image: x, description: "${'x '.repeat(500_000)}" }\n`,
};

for (const [what, text] of Object.entries(bombs)) {
  test(`a catalogue of ${what} is read or refused in time`, () => {
    assertSound(ended(() => readCatalogue(text, 'x')));
    assertSound(ended(() => readCatalogueJson(text, 'x')));
    ended(() => readRegistryPage(text));
    ended(() => readImageLabel(text, 'mcp/x'));
  });
}

/** What expressions that look again and again would be slow at: long, and wrong at the end. */
const longTexts = ['a', '/', '.', ':', '@', '{', '{{', '{{a|', '${', ' ', '-', '0', '1.', 'npx://', 'a:', 'a@', '%2f', '\u00e9'].flatMap(
  (part) => ['', '/', '\u0001', ' x', '@'].map((end) => part.repeat(80_000 / part.length) + end),
);

test('long texts in each place of a server are read or refused in time', () => {
  const from = performance.now();
  for (const text of longTexts) {
    for (const key of ['name', 'title', 'description', 'type', 'image', 'user', 'sseEndpoint']) {
      ended(() => readCatalogue(JSON.stringify({ registry: { web: { ...image, [key]: text } } }), 'x'));
    }
    ended(() => readCatalogue(JSON.stringify({ registry: { far: { ...remote, remote: { url: text, transport_type: text } } } }), 'x'));
    for (const key of ['image', 'endpoint', 'source', 'name', 'type']) {
      ended(() => readCatalogueJson(JSON.stringify({ servers: [{ type: 'image', image: 'a', name: 'a', [key]: text }] }), 'x'));
      ended(() => readCatalogueJson(JSON.stringify({ servers: [{ type: 'image', snapshot: { server: image }, [key]: text }] }), 'x'));
    }
    const pack = { registryType: 'oci', identifier: 'a/b', version: '1', registryBaseUrl: 'https://r.example' };
    for (const key of Object.keys(pack)) {
      for (const registryType of ['oci', 'npm', 'pypi']) {
        const packages = [{ ...pack, registryType, [key]: text, runtimeArguments: [{ name: '--mount', value: text }] }];
        ended(() => readRegistryServer({ name: 'io.github.a/b', version: '1', packages }));
      }
    }
    ended(() =>
      readRegistryServer({ name: text, version: text, remotes: [{ type: text, url: text, headers: [{ name: text, value: text }] }] }),
    );
  }
  assert.ok(performance.now() - from < 10 * hangMs, 'it took too long');
});

test('a version of a package that goes on and on is refused in time', () => {
  for (const text of ['1a', '1rc', '1.post', '1-', '1+a.'].flatMap((part) => [part.padEnd(250, part.slice(1)), part.padEnd(250, 'a')])) {
    const from = performance.now();
    assert.equal(isPypiVersion(`${text}!`), false);
    assert.ok(performance.now() - from < hangMs, text);
  }
  for (const version of [
    '1',
    'v1.2.3',
    '1!2.0',
    '1.0a1',
    '1.0rc1',
    '1.0.post1',
    '1.0-1',
    '1.0.dev3',
    '1.0rc1.post2.dev3+linux.x86',
    '2.0b',
  ]) {
    assert.ok(isPypiVersion(version), version);
  }
});
