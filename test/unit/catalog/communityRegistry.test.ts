import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { readRegistryPage, readRegistryServer } from '../../../src/core/catalog/communityRegistry.ts';
import type { CatalogEntry } from '../../../src/core/catalog/entry.ts';
import { sharedData } from '../../support/sharedData.ts';

const base = 'https://registry.example.com/v0';

function server(detail: Readonly<Record<string, unknown>>): CatalogEntry {
  const result = readRegistryServer({ server: { version: '1.0.0', ...detail } }, base);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

const oci = { registryType: 'oci', identifier: 'team/tool', version: '2.0', transport: { type: 'stdio' } };

test('a page gives its servers with their exact versions, what is left out and why, and the next cursor', () => {
  const result = readRegistryPage(
    JSON.stringify({
      servers: [
        {
          server: { name: 'io.github.team/tool', description: 'Does.', title: 'Tool', version: '1.2.3', packages: [oci] },
          _meta: { 'io.modelcontextprotocol.registry/official': { status: 'active', isLatest: true } },
        },
        {
          server: { name: 'io.github.team/tool', version: '1.2.2', packages: [oci] },
          _meta: { 'io.modelcontextprotocol.registry/official': { isLatest: false } },
        },
        {
          server: { name: 'com.example/far', version: '1.0.0', remotes: [{ type: 'streamable-http', url: 'https://far.example.com/mcp' }] },
        },
        {
          server: {
            name: 'a/npm',
            version: '1.0.0',
            packages: [{ registryType: 'npm', identifier: '@a/npm', version: '1.0.0', transport: { type: 'stdio' } }],
          },
        },
        {
          server: {
            name: 'a/pypi',
            version: '1.0.0',
            packages: [{ registryType: 'pypi', identifier: 'a-pypi', version: '1.0.0', transport: { type: 'stdio' } }],
          },
        },
        { server: { name: 'a/evil', version: '1.0.0', packages: [{ registryType: 'npm', identifier: 'x; rm -rf ~', version: '1.0.0' }] } },
        { server: { name: 'a/http', version: '1.0.0', packages: [{ ...oci, transport: { type: 'sse', url: 'http://localhost/sse' } }] } },
        {
          server: { name: 'a/gone', version: '1.0.0', packages: [oci] },
          _meta: { 'io.modelcontextprotocol.registry/official': { status: 'deleted' } },
        },
        { server: { name: 'a/range', version: '^1.0.0', packages: [oci] } },
        { server: { name: '../../etc', version: '1.0.0', packages: [oci] } },
        { server: { name: 'a/none', version: '1.0.0' } },
        7,
      ],
      metadata: { nextCursor: 'a/none:1.0.0', count: 12 },
    }),
    base,
  );
  assert.ok(result.ok);
  const { content, nextCursor } = result.value;
  assert.equal(nextCursor, 'a/none:1.0.0');
  assert.deepEqual(
    content.entries.map((entry) => [
      entry.name,
      entry.kind === 'image' ? entry.image : entry.kind === 'remote' && entry.endpoint,
      entry.source,
    ]),
    [
      ['io-github-team-tool', 'team/tool:2.0', `${base}/servers/io.github.team%2Ftool/versions/1.2.3`],
      ['com-example-far', 'https://far.example.com/mcp', `${base}/servers/com.example%2Ffar/versions/1.0.0`],
    ],
  );
  assert.deepEqual(
    content.skipped.map(({ name, why }) => `${name}: ${why}`),
    [
      'io.github.team/tool: it is an older version',
      'a/npm: it is a package and no image; add it as npx://@a/npm@1.0.0',
      'a/pypi: it is a package and no image; add it as uvx://a-pypi==1.0.0',
      'a/evil: it is a package of a kind that is not run here (npm)',
      'a/http: it is a package of a kind that is not run here (oci)',
      'a/gone: it was deleted in the registry',
      'a/range: its version is not an exact one',
      '../../etc: its name is not one of a registry, such as io.github.owner/server',
      'a/none: it has neither a package nor an address',
      ': it is not a map of keys',
    ],
  );
});

test('pages of older registries are read too, and the last page has no cursor', () => {
  const result = readRegistryPage({
    servers: [
      {
        name: 'io.github.team/older',
        version_detail: { version: '0.1.0' },
        packages: [
          { registry_name: 'docker', name: 'team/older', version: '0.1.0', environment_variables: [{ name: 'KEY', is_secret: true }] },
        ],
      },
    ],
    metadata: { count: 1 },
  });
  assert.ok(result.ok);
  const [entry] = result.value.content.entries;
  assert.equal(result.value.nextCursor, null);
  assert.equal(entry?.kind === 'image' && entry.image, 'team/older:0.1.0');
  assert.deepEqual(entry?.server['secrets'], [{ name: 'io-github-team-older.KEY', env: 'KEY' }]);
});

test('what a package asks for becomes settings, secrets, words, volumes and a user, as Docker has them', () => {
  const { server: made } = server({
    name: 'io.github.team/files',
    title: 'Files',
    icons: [{ src: 'https://example.com/icon.png' }],
    packages: [
      {
        ...oci,
        runtimeArguments: [
          {
            type: 'named',
            name: '--mount',
            value: 'type=bind,src={source_path},dst={target_path},readonly',
            variables: { source_path: { description: 'Here', isRequired: true }, target_path: { default: '/project', isRequired: true } },
          },
          { type: 'named', name: '-v', value: 'cache:/cache' },
          { type: 'named', name: '-u', value: '1000' },
          { type: 'named', name: '--privileged' },
          { type: 'named', name: '--network', value: 'host' },
        ],
        packageArguments: [
          { type: 'positional', value: '/project' },
          { type: 'named', name: '--level', value: '{level}', variables: { level: { format: 'number', choices: ['1', '2'] } } },
          { type: 'named', name: '--quiet' },
        ],
        environmentVariables: [
          { name: 'API_KEY', isSecret: true, isRequired: true },
          { name: 'AUTH', value: 'Bearer {token}', variables: { token: { isSecret: true } } },
          { name: 'REGION', description: 'Where', default: 'eu' },
          { name: 'FIXED', value: 'yes' },
        ],
      },
    ],
  });
  const name = 'io-github-team-files';
  assert.deepEqual(made, {
    name,
    type: 'server',
    title: 'Files',
    icon: 'https://example.com/icon.png',
    image: 'team/tool:2.0',
    metadata: { registryUrl: `${base}/servers/io.github.team%2Ffiles/versions/1.0.0` },
    env: [
      { name: 'AUTH', value: 'Bearer ${TOKEN}' },
      { name: 'REGION', value: `{{${name}.REGION|or:eu}}` },
      { name: 'FIXED', value: 'yes' },
    ],
    command: ['/project', `--level={{${name}.level}}`, '--quiet'],
    volumes: [`{{${name}.source_path}}:{{${name}.target_path|or:/project}}:ro`, 'cache:/cache'],
    user: '1000',
    config: [
      {
        name,
        type: 'object',
        description: `Configuration for ${name}`,
        properties: {
          level: { type: 'number', description: '', enum: ['1', '2'] },
          source_path: { type: 'string', description: 'Here' },
          target_path: { type: 'string', description: '' },
          REGION: { type: 'string', description: 'Where' },
        },
        required: ['source_path'],
      },
    ],
    secrets: [
      { name: `${name}.API_KEY`, env: 'API_KEY' },
      { name: `${name}.token`, env: 'TOKEN' },
    ],
  });
});

test('a remote address goes before a package, with its secret headers by name', () => {
  const entry = server({
    name: 'com.example/far',
    packages: [oci],
    remotes: [
      {
        type: 'sse',
        url: 'https://{tenant}.example.com/sse',
        variables: { tenant: { isRequired: true } },
        headers: [
          { name: 'X-API-Key', isSecret: true, isRequired: true },
          { name: 'Authorization', value: 'Bearer {token}', variables: { token: { isSecret: true } } },
          { name: 'X-Region', default: 'us-east-1' },
          { name: 'X-Unset' },
        ],
      },
    ],
  });
  assert.equal(entry.kind, 'remote');
  assert.deepEqual(entry.server['remote'], {
    url: 'https://{{com-example-far.tenant}}.example.com/sse',
    transport_type: 'sse',
    headers: { 'X-API-Key': '${X_API_KEY}', Authorization: 'Bearer ${TOKEN}', 'X-Region': 'us-east-1' },
  });
  assert.deepEqual(entry.server['secrets'], [
    { name: 'com-example-far.X-API-Key', env: 'X_API_KEY' },
    { name: 'com-example-far.token', env: 'TOKEN' },
  ]);
});

test('an image is named by its identifier, its version and its registry', () => {
  const image = (pack: Readonly<Record<string, unknown>>): unknown => {
    const entry = server({ name: 'a/b', packages: [{ ...oci, ...pack }] });
    return entry.kind === 'image' && entry.image;
  };
  const digest = `sha256:${'a'.repeat(64)}`;
  assert.equal(image({ identifier: 'ghcr.io/team/tool:1.0', version: undefined }), 'ghcr.io/team/tool:1.0');
  assert.equal(image({ identifier: 'ghcr.io/team/tool:1.0', version: '2.0' }), 'ghcr.io/team/tool:1.0');
  assert.equal(image({ version: digest }), `team/tool@${digest}`);
  assert.equal(image({ registryBaseUrl: 'https://docker.io' }), 'team/tool:2.0');
  assert.equal(image({ registryBaseUrl: 'https://ghcr.io/' }), 'ghcr.io/team/tool:2.0');
  assert.equal(image({ registryBaseUrl: 'https://ghcr.io', identifier: 'ghcr.io/team/tool' }), 'ghcr.io/team/tool:2.0');
});

test('a single server that is only a package is refused with the reference that adds it', () => {
  const result = readRegistryServer({
    name: 'a/b',
    version: '1.0.0',
    packages: [{ registryType: 'npm', identifier: '@a/b', version: '1.0.0' }],
  });
  assert.ok(!result.ok);
  assert.equal(result.problem.code, 'WHARF_CATALOG_SERVER');
  assert.equal(result.problem.next, 'Use "npx://@a/b@1.0.0".');
});

test('what is no answer of a registry is refused', () => {
  for (const answer of ['', '<html>', '[]', 'null', '{"servers":{}}', 7, null, undefined]) {
    const result = readRegistryPage(answer, base);
    assert.ok(!result.ok, JSON.stringify(answer));
    assert.equal(result.problem.code, 'WHARF_CATALOG_SHAPE');
    assert.match(result.problem.message, /registry\.example\.com/);
  }
  assert.ok(!readRegistryServer('{}', base).ok);
});

test('the pages of a registry that Docker tests with are read', (t) => {
  const folder = sharedData(t, 'docker-gateway');
  if (folder === undefined) {
    return;
  }
  const result = readRegistryPage(readFileSync(join(folder, 'pkg/catalog/testdata/npm_registry_servers.json'), 'utf8'));
  assert.ok(result.ok);
  const { entries, skipped } = result.value.content;
  assert.equal(entries.length, 5);
  assert.ok(entries.every(({ kind }) => kind === 'remote'));
  assert.ok(skipped.length > 90 && skipped.every(({ why }) => /add it as npx:\/\//.test(why)));
});
