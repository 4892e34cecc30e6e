import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { createProfile } from '../../../src/cli/profile/create.ts';
import { importProfile } from '../../../src/cli/profile/importProfile.ts';
import { removeProfile } from '../../../src/cli/profile/remove.ts';
import { addServers, removeServers } from '../../../src/cli/profile/servers.ts';
import type { VaultNames } from '../../../src/cli/profile/vaultNames.ts';
import type { CatalogEntry, ResolveServers } from '../../../src/core/catalog/entry.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { places, said } from '../catalogs/places.ts';

const token = 'github.personal_access_token';
const server = { name: 'github-official', type: 'server', image: 'team/github:1', secrets: [{ name: token, env: 'TOKEN' }] };
const entry: CatalogEntry = { kind: 'image', name: 'github-official', title: '', description: '', tools: [], image: server.image, server };
const resolve: ResolveServers = () => Promise.resolve({ ok: true, value: [{ entry, catalogRef: 'team/catalog:1', registrySource: null }] });

const vaultWith =
  (...names: readonly string[]): VaultNames =>
  () =>
    Promise.resolve({ ok: true, value: names });
const broken: VaultNames = () =>
  Promise.resolve({ ok: false, problem: { code: 'WHARF_VAULT_FORMAT', message: 'It is damaged.', next: 'Mend it.' } });

const request = { references: ['x'], lean: false, yes: false, dryRun: false } as const;

function create(locations: Locations, vault: VaultNames): Promise<number> {
  return createProfile(locations, { ...request, name: 'dev', id: null, inProject: false }, resolve, vault);
}

function add(locations: Locations, vault: VaultNames): Promise<number> {
  return addServers(locations, { ...request, given: 'own', alias: null, native: null }, resolve, vault);
}

/** A home with a profile without servers. */
function own(t: TestContext): { readonly locations: Locations; readonly path: string } {
  const locations = places(t);
  const path = join(locations.configFolder, 'profiles', 'own.yaml');
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, 'version: 1\nservers: []\n');
  return { locations, path };
}

test('a secret of another name needs consent when the vault has it, or does not say, and none while it is not there', async (t) => {
  const { locations, path } = own(t);
  assert.match((await said(t, () => create(locations, vaultWith(token)))).text, /WHARF_SERVERS_CONSENT/);
  for (const vault of [vaultWith(token), broken]) {
    assert.deepEqual([await create(locations, vault), await add(locations, vault)], [2, 2]);
  }
  assert.equal(readFileSync(path, 'utf8'), 'version: 1\nservers: []\n');
  for (const verb of [create, add]) {
    const done = await said(t, () => verb(locations, vaultWith()));
    assert.equal(done.code, 0, done.text);
    assert.ok(done.text.includes(`secret: TOKEN from secret://${token}`));
    assert.match(done.text, /wharf: What was added is github-official\.\n/);
    assert.ok(done.text.includes(`: "wharf secret set ${token}"\n`), done.text);
  }
});

test('what goes out of a profile says which values stay in the vault, but for those that another profile names', async (t) => {
  const { locations, path } = own(t);
  const entries = ['a', 'b', 'c'].map((name) => `  - { image: x/${name}:1, name: ${name}, secrets: [{ name: ${name}.key, env: K }] }\n`);
  writeFileSync(path, `version: 1\nservers:\n${entries.join('')}`);
  writeFileSync(join(path, '..', 'other.yaml'), `version: 1\nservers:\n${entries[1]}`);
  const vault = vaultWith('a.key', 'b.key', 'c.key', 'unrelated.key');
  const dry = await said(t, () => removeServers(locations, 'own', { names: ['a'], dryRun: true }, vault));
  assert.ok(!dry.text.includes('The vault still has'), dry.text);
  const one = await said(t, () => removeServers(locations, 'own', { names: ['a', 'b'], dryRun: false }, vault));
  assert.match(one.text, /The vault still has a\.key, and .*"wharf secret rm a\.key" removes it\.\n/);
  const all = await said(t, () => removeProfile(locations, { given: 'own', yes: true, dryRun: false }, vault));
  assert.match(all.text, /The vault still has c\.key, and/);
  const unknown = await said(t, () => removeProfile(locations, { given: 'other', yes: true, dryRun: false }, vaultWith()));
  assert.ok(!unknown.text.includes('The vault still has'), unknown.text);
});

test('an import says what it replaced, and which secrets the vault does not have; a vault that does not say is not asked about', async (t) => {
  const { locations } = own(t);
  const file = join(locations.dataFolder, 'given.yaml');
  mkdirSync(locations.dataFolder, { recursive: true });
  writeFileSync(
    file,
    'version: 1\nid: own\nservers:\n  - { image: x/a:1, name: a, secrets: [{ name: a.key, env: K }, { name: a.id, env: I }] }\n',
  );
  const request = { path: file, replace: true, yes: true, dryRun: false };
  const replaced = await said(t, () => importProfile(locations, request, vaultWith('a.id')));
  assert.match(replaced.text, /It replaced the profile of this id, .*own\.yaml; a backup/);
  assert.match(replaced.text, /yet: "wharf secret set a\.key"\n/);
  const again = await said(t, () => importProfile(locations, request, broken));
  assert.doesNotMatch(again.text, /It replaced|wharf secret set/);
});
