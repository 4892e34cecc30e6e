import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import type { CatalogEntry } from '../../../src/core/catalog/entry.ts';
import { isProfileId } from '../../../src/core/profile/profileId.ts';
import { catalogProfile } from '../../../src/node/catalogProfile.ts';
import type { WatchedLookup } from '../../../src/node/catalogs/lookup.ts';
import type { ProfileFile } from '../../../src/node/profileFiles.ts';
import type { Result } from '../../../src/shared/result.ts';

function entry(name: string, image: string): CatalogEntry {
  return { kind: 'image', name, image, title: '', description: '', tools: [], server: { name, type: 'server', image } };
}

const catalogues: Readonly<Record<string, readonly CatalogEntry[]>> = {
  'one:latest': [entry('a', 'mcp/a:1'), entry('b', 'mcp/b:1')],
  'two:latest': [entry('b', 'mcp/b:2')],
  '/work/team.yaml': [entry('c', 'mcp/c:1')],
};
const lookup: WatchedLookup = {
  watchedFiles: () => [],
  find: (ref, name) => catalogues[ref]?.find((one) => one.name === name) ?? (ref in catalogues ? 'no entry' : 'no catalogue'),
};
const locations = { configFolder: '/nowhere/c', dataFolder: '/nowhere/d', runtimeFolder: '/nowhere/r', environment: {} };

function made(catalogs: readonly string[], servers: readonly string[]): Promise<Result<ProfileFile>> {
  return catalogProfile(locations, { catalogs, servers }, '/work', lookup);
}

test('named servers are a profile that needs no allowance; a later catalogue goes before, and a path begins where the caller is', async () => {
  const file = await made(['one', 'two', './team.yaml'], ['a', 'b', 'c']);
  assert.ok(file.ok && file.value.profile.ok && file.value.allowed && file.value.scope === 'user');
  assert.deepEqual(
    file.value.profile.value.servers.map((server) => [server.name, server.kind === 'image' ? server.image : '']),
    [
      ['a', 'mcp/a:1'],
      ['b', 'mcp/b:2'],
      ['c', 'mcp/c:1'],
    ],
  );
  assert.equal(isProfileId(file.value.id), false);
  const single = await made(['one'], ['a']);
  assert.ok(single.ok && !isProfileId(single.value.id));
  assert.notEqual(single.value.path, file.value.path);
});

test('a server that is nowhere, and a catalogue that is not here, are said with what to do', async () => {
  const missing = await made(['one', 'far/away:1'], ['a']);
  assert.ok(!missing.ok && missing.problem.code === 'WHARF_CATALOG_UNKNOWN' && missing.problem.next.includes('catalog pull far/away:1'));
  const nowhere = await made(['one'], ['a', 'z']);
  assert.ok(!nowhere.ok && nowhere.problem.code === 'WHARF_SERVERS_UNKNOWN' && /"z".*one/.test(nowhere.problem.message));
  const usual = await made([], ['z']);
  assert.ok(!usual.ok && usual.problem.message.includes('builtin'));
});

test('what ships with Wharf needs no catalogue', async () => {
  const file = await made([], ['demo']);
  assert.ok(file.ok && file.value.profile.ok && file.value.profile.value.servers[0]?.kind === 'builtIn');
});

test('a name cannot write a line of the profile', async () => {
  const file = await made(['one'], ['a\n    image: evil']);
  assert.ok(!file.ok);
});

test('where only some catalogues are approved, a server of another one is refused', async (t) => {
  const configFolder = mkdtempSync(join(tmpdir(), 'wharf-closed-'));
  t.after(() => rmSync(configFolder, { recursive: true }));
  writeFileSync(join(configFolder, 'policy.yaml'), 'version: 1\ncatalogs:\n  only: [registry.example/team/approved]\n');
  const file = await catalogProfile({ ...locations, configFolder }, { catalogs: [], servers: ['demo'] }, '/work', lookup);
  assert.ok(!file.ok && file.problem.code === 'WHARF_SERVER_NOT_APPROVED', JSON.stringify(file));
});
