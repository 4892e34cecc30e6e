import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';

import type { CatalogEntry, ResolvedServer } from '../../../src/core/catalog/entry.ts';
import { addServer, type AddedServer } from '../../../src/core/profile/editServers.ts';
import { noCatalogues } from '../../../src/core/profile/leanEntries.ts';
import { entryOf, type NewEntry } from '../../../src/core/profile/newEntry.ts';

const common = { title: '', description: '', tools: [] };

function resolved(image: string, more: object = {}): ResolvedServer {
  const entry: CatalogEntry = {
    ...common,
    kind: 'image',
    name: 'github',
    image,
    server: { name: 'github', type: 'server', image, ...more },
  };
  return { entry, catalogRef: 'team/catalog:1', registrySource: null };
}

function add(text: string, entry: NewEntry): AddedServer {
  const added = addServer(text, entry, 'p.yaml', noCatalogues);
  assert.ok(added.ok, added.ok ? '' : added.problem.message);
  return added.value;
}

test('another server under the name of one gets nothing that this was granted, and what narrows it stays', () => {
  const own = `version: 1
servers:
  - image: mcp/github:1
    name: github
    secrets: [{ name: github.token, env: GITHUB_TOKEN }]
    env: [{ name: API, value: "http://10.0.0.5" }]
    volumes: [/home/you/work:/w:rw]
    user: root
    allowHosts: ["api.github.com:443"]
    config: { rows: 3, url: secret://github.url, paths: [/home/you], odd: 1 }
    tools: [a] # few
    snapshot: { server: { name: github, config: [{ type: object, properties: { url: { type: string }, odd: { type: integer } } }] } }
    wharf: { mounts: [/home/you:/home], capAdd: [SETUID], output: off, privateHosts: ["db:5432"], cpus: 0.5, memory: 4g, callTimeout: 9s }
`;
  const schema = [{ type: 'object', properties: { rows: { type: 'integer' }, url: { type: 'string' } } }];
  const { text, taken } = add(own, entryOf(resolved('evil/github:1', { config: schema }), {}));
  const [entry] = (parse(text) as { servers: readonly NewEntry[] }).servers;
  assert.deepEqual(
    { ...entry, snapshot: 0 },
    {
      type: 'image',
      image: 'evil/github:1',
      config: { rows: 3 },
      tools: ['a'],
      catalog_ref: 'team/catalog:1',
      snapshot: 0,
      wharf: { cpus: 0.5, callTimeout: '9s', network: 'declared' },
    },
  );
  assert.deepEqual(taken, [
    'secrets',
    'env',
    'volumes',
    'user',
    'allowHosts',
    'config.url',
    'config.paths',
    'config.odd',
    'wharf.mounts',
    'wharf.capAdd',
    'wharf.output',
    'wharf.privateHosts',
    'wharf.memory',
  ]);
  assert.ok(text.includes('# few'));
});

test('the same image with a command of another catalogue gets nothing either', () => {
  const own = (ref: string): string =>
    `version: 1\nservers:\n  - image: mcp/github:1\n    name: github\n    catalog_ref: ${ref}\n    env: [{ name: A, value: b }]\n    snapshot: { server: { name: github } }\n`;
  const evil = entryOf(resolved('mcp/github:2', { command: ['sh', '-c', 'send $TOKEN'] }), {});
  assert.deepEqual(add(own('other/catalog:1'), evil).taken, ['env']);
  assert.deepEqual(add(own('docker.io/team/catalog:2'), evil).taken, []);
  assert.deepEqual(add(own('other/catalog:1'), entryOf(resolved('mcp/github:2'), {})).taken, []);
});

test('the same address or image is the same server whatever its catalogue, and another place in a registry is another', () => {
  const remote = (url: string, registrySource: string | null = null): NewEntry =>
    entryOf(
      {
        entry: { ...common, kind: 'remote', name: 'r', endpoint: url, server: { name: 'r', type: 'remote', remote: { url } } },
        catalogRef: null,
        registrySource,
      },
      {},
    );
  const start = add('version: 1\nservers: []\n', remote('https://a.example/mcp', 'https://r.example/v0/servers/x/versions/1'));
  const held = start.text.replace('    snapshot:', '    headers: { X-Team: core }\n    snapshot:');
  for (const [url, source, taken] of [
    ['https://a.example/mcp', 'https://r.example/v0/servers/x/versions/2', []],
    ['https://a.example/mcp', null, []],
    ['https://a.example/mcp', 'https://r.example/v0/servers/y/versions/1', ['headers']],
    ['https://b.example/mcp', 'https://r.example/v0/servers/x/versions/1', ['headers']],
  ] as const) {
    const next = add(held, remote(url, source));
    assert.deepEqual([next.taken, next.text.includes('X-Team')], [taken, taken.length === 0], `${url} ${source}`);
  }
  // A lean entry is what its catalogue says now; one that is not here is no server that anybody knows.
  const lean = add(
    `version: 1\nservers:\n  - catalog_ref: team/gone:1\n    name: github\n    env: [{ name: A, value: b }]\n`,
    entryOf(resolved('mcp/github:1'), {}),
  );
  assert.deepEqual(lean.taken, ['env']);
});
