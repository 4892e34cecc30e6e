import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { grantsOf } from '../../../src/core/profile/grantWords.ts';
import { needsGrant, type ServedProfile } from '../../../src/core/profile/grants.ts';
import { profileDefaults, type ImageServer } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { entryKey, instanceKey, placeOf } from '../../../src/gateway/instances/identity.ts';
import { dataVolumes } from '../../../src/node/dataVolumes.ts';

function server(more: string): ImageServer {
  const read = readProfile(`version: 1\nservers:\n  - image: mcp/sqlite:1\n    name: sqlite\n${more}`, 'dev.yaml');
  assert.ok(read.ok, JSON.stringify(read));
  const [found] = read.value.servers;
  assert.ok(found?.kind === 'image');
  return found;
}

const keeps = "    snapshot: { server: { name: sqlite, volumes: ['mcp-sqlite:/mcp', 'seen:/seen:ro'] } }\n";

test('a named volume of an entry is data that stays, shown as such, and one copy of its server writes it', () => {
  const found = server(keeps);
  assert.deepEqual(found.isolation.volumes, [
    { name: 'mcp-sqlite', target: '/mcp', readOnly: false },
    { name: 'seen', target: '/seen', readOnly: true },
  ]);
  assert.deepEqual([found.isolation.mounts, found.maxInstances, needsGrant(found)], [[], 1, true]);
  const words = grantsOf(found).map((grant) => grant.words);
  assert.ok(
    words.some((text) => text.startsWith('data that stays: mcp-sqlite as /mcp, kept')),
    words.join('\n'),
  );
  assert.equal(server(`${keeps}    wharf: { maxInstances: 3 }\n`).maxInstances, 3);
  assert.equal(server("    wharf: { mounts: ['seen:/seen:ro'] }\n").maxInstances, null);
});

test('data belongs to one user, one profile, one server and one name, and no running copy goes across profiles', (t) => {
  const folders = ['a', 'b'].map((name) => mkdtempSync(join(tmpdir(), `wharf-data-${name}-`)));
  t.after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  const [mine = '', theirs = ''] = folders;
  const found = server(keeps);
  const profile = (path: string): ServedProfile => ({
    ...profileDefaults,
    id: 'dev',
    name: 'dev',
    servers: [],
    origin: { path, scope: 'user' },
  });
  const names = (dataFolder: string, path: string, one = found): readonly string[] =>
    dataVolumes({ dataFolder }, profile(path), one).map(({ name }) => name);
  assert.deepEqual(names(mine, '/p/dev.yaml'), names(mine, '/p/dev.yaml'));
  const all = [
    ...names(mine, '/p/dev.yaml'),
    ...names(mine, '/p/other.yaml'),
    ...names(theirs, '/p/dev.yaml'),
    ...names(mine, '/p/dev.yaml', { ...found, name: 'sqlite2' }),
  ];
  assert.equal(new Set(all).size, 8);
  assert.ok(all.every((name) => /^wharf-data-[0-9a-f]{32}$/.test(name)));
  const keys = ['/p/dev.yaml', '/p/other.yaml'].map((path) =>
    instanceKey(found, {}, { capabilities: {}, roots: null }, '', placeOf(profile(path), found, '/w')),
  );
  assert.notEqual(keys[0], keys[1]);
  assert.notEqual(entryKey(found, profile('/p/dev.yaml').origin), entryKey(found, profile('/p/other.yaml').origin));
});
