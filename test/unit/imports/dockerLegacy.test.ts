import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { readCatalogue } from '../../../src/core/catalog/readCatalogue.ts';
import { readDockerProfiles } from '../../../src/core/imports/dockerProfiles.ts';
import { convertDockerServers } from '../../../src/core/imports/dockerServers.ts';
import { readLegacyDocker, type LegacyFiles } from '../../../src/core/imports/legacyDocker.ts';
import { neededSecrets } from '../../../src/core/imports/report.ts';
import { sharedData } from '../../support/sharedData.ts';
import { catalogues, leftOf, profileOf, whyLeft, wishes } from './imported.ts';

function files(registry: string, config: string | null = null, tools: string | null = null): LegacyFiles {
  return {
    registry: { file: 'registry.yaml', text: registry },
    config: { file: 'config.yaml', text: config },
    tools: { file: 'tools.yaml', text: tools },
  };
}

test("Docker's own example of registry.yaml and config.yaml becomes a profile of its catalogue", (t) => {
  const folder = sharedData(t, 'docker-gateway/examples/tool_registrations');
  const catalogue = sharedData(t, 'mcp-registry/catalog-v3.yaml');
  if (folder === undefined || catalogue === undefined) {
    return;
  }
  const content = readCatalogue(readFileSync(catalogue, 'utf8'), catalogue);
  assert.ok(content.ok);
  const known = catalogues(...content.value.entries);
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const read = readLegacyDocker(
    files(text('registry.yaml'), text('config.yaml'), 'duckduckgo: [search]\nfetch: []\nnowhere: [x]\n'),
    known,
  );
  assert.ok(read.ok);
  const imported = convertDockerServers(read.value.servers, wishes({ catalogues: known }));
  assert.equal(imported.length, Object.keys(read.value.servers).length);
  const servers = profileOf(imported, { catalogues: known });
  assert.match(imported.find(({ as }) => as === 'duckduckgo')?.next.join() ?? '', /lists no tools, so .* were not checked/);
  const made = imported.filter(({ outcome }) => 'entry' in outcome);
  assert.equal(servers.length, made.length);
  assert.ok(made.length > 25, String(made.length));
  // Whatever is not there says why.
  imported.filter(({ outcome }) => !('entry' in outcome)).forEach((one) => assert.match(whyLeft(one), /\w/));
  const filesystem = servers.find(({ name }) => name === 'filesystem');
  assert.ok(filesystem?.kind === 'image');
  assert.deepEqual(filesystem.command, ['/Users/example']);
  assert.deepEqual(servers.find(({ name }) => name === 'duckduckgo')?.tools, ['search']);
  assert.deepEqual(servers.find(({ name }) => name === 'fetch')?.tools, []);
  assert.ok(neededSecrets(imported).has('brave.api_key'));
  assert.ok(read.value.unusable.some(({ name }) => name === 'nowhere'));
});

test('the kind of a server is that of its catalogue; a tool and a configuration that are not there are said', () => {
  const image = `mcp/notes@sha256:${'a'.repeat(64)}`;
  const config = [{ name: 'notes', type: 'object', properties: { url: { type: 'string' } }, required: ['url'] }];
  const server = { name: 'notes', type: 'server', image, remote: {}, tools: [{ name: 'add' }], config };
  const known = catalogues({ kind: 'image', name: 'notes', title: '', description: '', tools: [], image, server });
  const read = readLegacyDocker(files('registry: {notes: {}}\n', null, 'notes: [add, gone]\n'), known);
  assert.ok(read.ok);
  const [imported] = convertDockerServers(read.value.servers, wishes({ catalogues: known }));
  assert.equal(imported?.outcome.kind, 'container');
  assert.deepEqual(imported.next, [
    'Its catalogue knows no tool "gone": "wharf tools ls --profile dev" shows those that it has.',
    'It does not start before "url" has a value: wharf profile config dev --set notes.url=VALUE',
  ]);
});

test('a server that no catalogue has is left with what to do; a key with dots is looked up as Docker writes it', () => {
  const none = readLegacyDocker(files('registry:\n  a: {ref: ""}\n'), catalogues());
  assert.ok(none.ok);
  const [left] = convertDockerServers(none.value.servers, wishes());
  assert.match(left === undefined ? '' : whyLeft(left), /wharf catalog pull/);
  const secret = ['k9f8e7d6c5b', '4a39281706'].join('');
  const server = {
    name: 'io.example',
    type: 'server',
    image: 'mcp/x:1',
    env: [
      { name: 'URL', value: '{{io_example.url}}' },
      { name: 'KEY', value: '{{io_example.api_key}}' },
    ],
  };
  const known = catalogues({ kind: 'image', name: 'io.example', title: '', description: '', tools: [], image: 'mcp/x:1', server });
  const read = readLegacyDocker(files('registry: {io.example: {}}', `io_example: {url: "https://x.example", api_key: ${secret}}\n`), known);
  assert.ok(read.ok);
  const [imported] = convertDockerServers(read.value.servers, wishes({ catalogues: known }));
  assert.ok(imported !== undefined);
  assert.deepEqual('entry' in imported.outcome && imported.outcome.entry['config'], {
    url: 'https://x.example',
    api_key: 'secret://io.example.api_key',
  });
  assert.deepEqual(imported.needs, [{ name: 'io.example.api_key', value: secret }]);
});

test('files that are no YAML, or no map, are refused with their place, and an alias bomb is none', () => {
  const bomb = `a: &a [x, x]\nb: &b [${'*a, '.repeat(200)}*a]\n`;
  for (const [registry, config, code] of [
    ['registry: {a: {}', null, 'WHARF_IMPORT_SYNTAX'],
    ['- a\n', null, 'WHARF_IMPORT_SHAPE'],
    ['registry: [a]\n', null, 'WHARF_IMPORT_SHAPE'],
    ['registry: {}\n', bomb, 'WHARF_IMPORT_SYNTAX'],
    ['registry: {}\n', 'x\n', 'WHARF_IMPORT_SHAPE'],
  ] as const) {
    const read = readLegacyDocker(files(registry, config), catalogues());
    assert.equal(read.ok ? '' : read.problem.code, code, registry);
  }
});

test("what Docker's command lists becomes entries as they are, without its empty texts", () => {
  const image = `mcp/duckduckgo@sha256:${'b'.repeat(64)}`;
  const listed = JSON.stringify([
    {
      version: 1,
      id: 'dev_tools',
      name: 'dev tools',
      servers: [
        {
          type: 'image',
          image,
          source: '',
          endpoint: '',
          config: null,
          secrets: 'default',
          tools: ['search'],
          catalogRef: 'mcp/docker-mcp-catalog:latest',
          snapshot: { server: { name: 'duckduckgo', type: 'server', image, secrets: [{ name: 'duckduckgo.key', env: 'KEY' }] } },
        },
        {
          type: 'remote',
          endpoint: 'https://mcp.example.com/mcp',
          tools: null,
          snapshot: {
            server: { name: 'far', type: 'remote', remote: { url: 'https://mcp.example.com/mcp', transport_type: 'streamable-http' } },
          },
        },
        { type: 'registry', source: 'https://registry.example/v0/servers/x' },
        7,
      ],
      secrets: { default: { provider: 'docker-desktop-store' } },
    },
    { name: 'no id' },
  ]);
  const read = readDockerProfiles(listed, 'docker mcp');
  assert.ok(read.ok);
  assert.deepEqual(
    read.value.map(({ id }) => id),
    ['dev_tools'],
  );
  const imported = convertDockerServers(read.value[0]?.servers ?? [], wishes());
  assert.deepEqual(
    imported.map(({ as, outcome }) => [as, outcome.kind]),
    [
      ['duckduckgo', 'container'],
      ['far', 'remote'],
      ['server-3', 'left'],
      ['server-4', 'left'],
    ],
  );
  const [duck] = profileOf(imported);
  assert.deepEqual(duck?.tools, ['search']);
  assert.deepEqual([...neededSecrets(imported).keys()], ['duckduckgo.key']);
  assert.equal(imported.map(leftOf).join(''), '');
  assert.deepEqual(readDockerProfiles('null', 'x'), { ok: true, value: [] });
  for (const text of ['', '{}', 'Docker Desktop is not running']) {
    assert.ok(!readDockerProfiles(text, 'x').ok);
  }
});
