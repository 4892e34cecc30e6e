import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

import type { CatalogEntry, CatalogLookup } from '../../../src/core/catalog/entry.ts';
import { fullForm, type FullForm } from '../../../src/core/profile/fullForm.ts';
import type { Profile } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { sharedData } from '../../support/sharedData.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const web: CatalogEntry = {
  kind: 'image',
  name: 'web',
  title: 'Web',
  description: '',
  tools: [],
  image: `mcp/web@${digest}`,
  server: {
    name: 'web',
    type: 'server',
    image: `mcp/web@${digest}`,
    secrets: [{ name: 'web.key', env: 'KEY' }],
    env: [{ name: 'ZONE', value: '{{web.zone}}' }],
    config: [{ name: 'web', type: 'object', properties: { zone: { type: 'string' } } }],
  },
};
const box: CatalogEntry = {
  kind: 'poci',
  name: 'box',
  title: '',
  description: '',
  tools: [],
  server: { name: 'box', type: 'poci', tools: [{ name: 'run', container: { image: 'team/box:1', command: ['{{args|into}}'] } }] },
};
const catalogs: CatalogLookup = { find: (_ref, name) => (name === 'web' ? web : name === 'box' ? box : 'no entry') };

function profileOf(text: string): Profile {
  const read = readProfile(text, 'dev.yaml', catalogs);
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  return read.value;
}

function full(text: string, pinned?: (image: string) => string): FullForm {
  return fullForm(text, profileOf(text), pinned);
}

interface DockerProfile {
  readonly servers: readonly {
    readonly type: string;
    readonly image?: string;
    readonly endpoint?: string;
    readonly secrets?: string;
    readonly snapshot: { readonly server: Readonly<Record<string, unknown>> };
    readonly wharf?: unknown;
  }[];
  readonly secrets?: Readonly<Record<string, { readonly provider: string }>>;
}

/** Docker's own rules for what it imports (reference: docker-gateway §2.5). */
function assertDockerTakes(text: string): DockerProfile {
  const profile = parse(text) as DockerProfile;
  const names = profile.servers.map(({ snapshot }) => snapshot.server['name']);
  assert.equal(new Set(names).size, names.length, 'names are unique');
  for (const { type, image, endpoint, secrets } of profile.servers) {
    assert.ok(type === 'image' ? image : type === 'remote' && endpoint);
    assert.ok(secrets === undefined || profile.secrets?.[secrets]?.provider === 'docker-desktop-store');
  }
  return profile;
}

/** What a profile gives its servers, without where and how that is written. */
function given(text: string): unknown {
  const { servers } = profileOf(text);
  return servers.map((server) => ({ ...server, line: 0, ...(server.kind === 'image' ? { catalogEnv: [] } : {}) }));
}

const withoutWharf = (text: string): string => JSON.stringify(parse(text), (key, value: unknown) => (key === 'wharf' ? undefined : value));

test("a lean entry of a catalogue gets its catalogue's description, and means the same", () => {
  const lean = `# ours
version: 1
servers:
  # searches
  - catalog_ref: mcp/docker-mcp-catalog:latest
    name: web # always
    config: { zone: eu }
    tools: [search]
`;
  const { text, notes } = full(lean);
  assert.deepEqual(notes, []);
  const [server] = assertDockerTakes(text).servers;
  assert.equal(server?.image, `mcp/web@${digest}`);
  assert.equal(server.secrets, 'default');
  assert.deepEqual(server.snapshot.server['config'], web.server['config']);
  assert.deepEqual(given(text), given(lean));
  for (const comment of ['# ours', '# searches', '# always']) {
    assert.ok(text.includes(comment), comment);
  }
});

test('an image alone becomes an entry of its own description, by its digest where that is known', () => {
  const lean = `version: 1
servers:
  - image: team/db:1
    env: [{ name: MODE, value: ro }, { name: URL, value: "secret://db.url" }]
    secrets: [{ name: db.key, env: KEY }]
    allowHosts: [db.example.com:5432]
`;
  const { text, notes } = full(lean, (image) => `${image.replace(':1', '')}@${digest}`);
  const [server] = assertDockerTakes(text).servers;
  assert.equal(server?.image, `team/db@${digest}`);
  assert.deepEqual(server.snapshot.server, {
    name: 'db',
    secrets: [
      { name: 'db.key', env: 'KEY' },
      { name: 'db.url', env: 'URL' },
    ],
    env: [{ name: 'MODE', value: 'ro' }],
    allowHosts: ['db.example.com:5432'],
    type: 'server',
    image: `team/db@${digest}`,
    longLived: true,
  });
  assert.deepEqual(notes, []);
});

test('what Docker loses makes nothing wider on the way back', () => {
  const lean = `version: 1
servers:
  - image: team/one:1
    wharf: { network: none }
  - image: team/two:1
    wharf: { share: session }
  - catalog_ref: c:latest
    name: web
    wharf: { network: none, share: session }
  - endpoint: https://mcp.example.com/sse
`;
  const back = profileOf(withoutWharf(full(lean).text));
  const before = profileOf(lean);
  for (const [index, server] of back.servers.entries()) {
    const was = before.servers[index];
    assert.equal(server.share, was?.share, server.name);
    if (server.kind === 'image' && was?.kind === 'image') {
      assert.equal(server.network.kind, was.network.kind, server.name);
    }
  }
});

test('a second instance of a server keeps its name as Docker tells servers apart, and its configuration', () => {
  const lean = `version: 1
servers:
  - { catalog_ref: c:latest, name: web, config: { zone: eu } }
  - { catalog_ref: c:latest, name: web, config: { zone: us }, wharf: { alias: web-us } }
`;
  const { text } = full(lean);
  assert.deepEqual(
    assertDockerTakes(text).servers.map(({ snapshot }) => snapshot.server['name']),
    ['web', 'web-us'],
  );
  const back = profileOf(withoutWharf(text));
  assert.deepEqual(
    back.servers.map((server) => (server.kind === 'image' ? server.env : {})),
    [{ ZONE: 'eu' }, { ZONE: 'us' }],
  );
});

test('each lean entry gets what its own catalogue says, whatever stands beside it', () => {
  const lean = `version: 1
servers:
  - { catalog_ref: c:latest, name: other, image: team/other:1, allowHosts: [other.example.com:443] }
  - { catalog_ref: c:latest, name: box }
  - { catalog_ref: c:latest, name: web }
`;
  const [other, tools, last] = assertDockerTakes(full(lean).text).servers;
  assert.deepEqual(other?.snapshot.server, {
    name: 'other',
    type: 'server',
    image: 'team/other:1',
    allowHosts: ['other.example.com:443'],
    longLived: true,
  });
  assert.deepEqual([tools?.image, tools?.snapshot.server['type'], tools?.secrets], ['team/box:1', 'poci', undefined]);
  assert.deepEqual(last?.snapshot.server['secrets'], web.server['secrets']);
  assert.deepEqual(given(full(lean).text), given(lean));
});

test('what an entry narrows beside a description that is there is put into it', () => {
  const snapshot = '{ server: { name: pages, type: server, image: "team/pages:1" } }';
  const source = 'https://registry.example/v0/servers/pages/versions/1';
  const lean = `version: 1
servers:
  - { type: registry, source: ${source}, snapshot: ${snapshot}, wharf: { network: none, user: "1000" } }
  - { type: image, image: team/db:1, allowHosts: [db.example.com:5432], snapshot: { server: { name: db, type: server, allowHosts: ["*.example.com:443"] } } }
`;
  const [pages, db] = profileOf(
    withoutWharf(full(lean).text).replaceAll('"allowHosts":["db.example.com:5432"],"snapshot"', '"snapshot"'),
  ).servers;
  assert.ok(pages?.kind === 'image' && db?.kind === 'image');
  assert.deepEqual([pages.network.kind, pages.isolation.user], ['none', '1000']);
  assert.deepEqual(db.network, { kind: 'declared', hosts: [{ host: 'db.example.com', port: 5432 }], isOwn: false });
});

test('what only Wharf can run, or has, is told and left as it is', () => {
  const { notes } = full(`version: 1
servers:
  - { name: mine, wharf: { native: { command: x } } }
  - { image: team/db, secrets: [{ name: "env://KEY", env: KEY }] }
`);
  assert.match(notes[0] ?? '', /"mine" runs only with Wharf/);
  assert.match(notes[1] ?? '', /"db" takes secrets from elsewhere/);
});

test("Docker's own exports keep every byte", (t) => {
  const folder = sharedData(t, 'profiles');
  if (folder === undefined) {
    return;
  }
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { file: string; valid: boolean }[];
  for (const { file } of index.filter(({ valid }) => valid)) {
    const exported: string = readFileSync(join(folder, file), 'utf8');
    assert.equal(full(exported).text, exported, file);
  }
});
