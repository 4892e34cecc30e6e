import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { createCatalog } from '../../../src/cli/catalog/create.ts';
import { pullCatalogs } from '../../../src/cli/catalog/pull.ts';
import { addServersTo, removeServersFrom } from '../../../src/cli/catalog/servers.ts';
import { removeCatalog, tagCatalog } from '../../../src/cli/catalog/tagRemove.ts';
import { catalogProfile } from '../../../src/node/catalogProfile.ts';
import { readStored } from '../../../src/node/catalogs/store.ts';
import { rememberOwn } from '../../../src/node/allowances.ts';
import { findProfile } from '../../../src/node/profileFiles.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { userProfilesFolder } from '../../../src/node/profileFolders.ts';
import { temporaryFolder } from '../node/folders.ts';
import { legacy, places, pull, said } from './places.ts';

/** A file of servers and its path. */
function fileOf(t: TestContext, ...names: readonly string[]): string {
  const path = join(temporaryFolder(t), 'servers.yaml');
  writeFileSync(path, legacy(...names));
  return path;
}

function create(t: TestContext, locations: Locations, ref: string, path: string, more: object = {}) {
  return said(t, () => createCatalog(locations, ref, { title: 'Team', server: [`file://${path}`], exclude: [], ...more }));
}

/** A lean profile of the user's own. */
function writeLean(locations: Locations, ref: string, ...names: readonly string[]): void {
  mkdirSync(userProfilesFolder(locations), { recursive: true });
  const servers = names.map((name) => `  - { catalog_ref: ${JSON.stringify(ref)}, name: ${name} }\n`);
  writeFileSync(join(userProfilesFolder(locations), 'dev.yaml'), `version: 1\nservers:\n${servers.join('')}`);
}

async function serversOf(locations: Locations, ref: string): Promise<number | undefined> {
  const stored = await readStored(locations, ref);
  assert.ok(stored.ok);
  return stored.value?.header.entries;
}

function backups(locations: Locations): readonly string[] {
  const folder = join(locations.dataFolder, 'backups');
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((one) =>
    one.isFile() ? [readFileSync(join(one.parentPath, one.name), 'utf8')] : [],
  );
}

test('a catalogue that there is stays as it is, until --replace says that another takes its place', async (t) => {
  const locations = places(t);
  await create(t, locations, 'team/tools:1', fileOf(t, 'a', 'b', 'c'));
  const other = fileOf(t, 'd');
  const refused = await create(t, locations, 'team/tools:1', other);
  assert.equal(refused.code, 2);
  assert.match(refused.text, /already, with 3 servers.*WHARF_CATALOG_EXISTS.*--replace/);
  assert.equal((await create(t, locations, 'team/tools:1', other, { dryRun: true })).code, 2);
  assert.equal(await serversOf(locations, 'team/tools:1'), 3);
  const replaced = await create(t, locations, 'team/tools:1', other, { replace: true });
  assert.match(replaced.text, /place of team\/tools:1 with 3 servers; a copy.*backups.*\nCatalog team\/tools:1 created\n$/s);
  assert.equal(await serversOf(locations, 'team/tools:1'), 1);
  assert.ok(backups(locations).some((text) => text.includes('mcp/b:1')));
});

test('a catalogue that is removed stays with the backups, and the profiles that take servers from it are named', async (t) => {
  const locations = places(t);
  await create(t, locations, 'team/tools:1', fileOf(t, 'a', 'b'));
  writeLean(locations, 'team/tools:1', 'b');
  assert.match((await said(t, () => removeCatalog(locations, 'team/tools:1', true))).text, /"dev" .*takes "b".*would not be served/);
  const { code, text } = await said(t, () => removeCatalog(locations, 'team/tools:1', false));
  assert.equal(code, 0);
  assert.match(text, /Removed catalog team\/tools:1\nwharf: The profile "dev" \(.*dev\.yaml\) takes "b" from it, and is not served/);
  assert.ok(backups(locations).some((copy) => copy.includes('mcp/a:1')));
});

test('a catalogue that came from elsewhere becomes one that was made here when its servers change, which is said', async (t) => {
  const locations = places(t);
  const path = fileOf(t, 'a', 'b');
  await pull(locations, path);
  const more = `file://${fileOf(t, 'c')}`;
  assert.match((await said(t, () => addServersTo(locations, path, [more], true))).text, /came from file:.*would be one that was made here/);
  const added = await said(t, () => addServersTo(locations, path, [more], false));
  assert.match(added.text, /came from file:.*is one that was made here.*passes over/);
  assert.doesNotMatch((await said(t, () => removeServersFrom(locations, path, ['c'], false))).text, /came from/, 'it is known by now');
  const { code, text } = await said(t, () => pullCatalogs(locations, undefined, undefined, false));
  assert.equal(code, 0);
  assert.match(text, /servers\.yaml was made on this computer, so it is passed over.\nThere is nothing to pull/);
});

test('a pull says how many servers came, and which profiles are not served any more because of it, with the next step', async (t) => {
  const locations = places(t);
  const path = fileOf(t, 'a', 'b');
  const pulled = () => said(t, () => pullCatalogs(locations, path, undefined, false));
  assert.match((await pulled()).text, /pulled\nwharf: It has 2 servers\.\n$/);
  writeLean(locations, path, 'a');
  const first = await findProfile(locations, { by: 'id', id: 'dev' }, '/');
  assert.ok(first.ok);
  await rememberOwn(locations, first.value.path, first.value.content);
  assert.match((await pulled()).text, /pulled\nwharf: It has 2 servers, as before\.\n$/);

  writeFileSync(path, legacy('a', 'b').replace('    image: mcp/a:1', '    image: mcp/a:1\n    volumes: [/etc:/h]'));
  assert.match((await pulled()).text, /your profile .*dev\.yaml more than before.*WHARF_PROFILE_NOT_ALLOWED.*"wharf profile allow dev"/);
  writeFileSync(path, legacy('a', 'b'));
  await pulled();
  writeFileSync(path, legacy('b'));
  assert.match((await pulled()).text, /It has 1 server\.\nwharf: The profile "dev" cannot be used any more.*WHARF_CATALOG_ENTRY/);
});

test('what cannot be done with a catalogue is said in words that fit it', async (t) => {
  const locations = places(t);
  const text = async (run: () => Promise<number>) => (await said(t, run)).text;
  assert.match(await text(() => pullCatalogs(locations, undefined, undefined, false)), /^There is nothing to pull/);
  assert.match(await text(() => removeCatalog(locations, 'team/none:1', false)), /no catalogue "team\/none:1".*none but "builtin"/);
  assert.match(
    await text(() => removeCatalog(locations, 'builtin', false)),
    /part of Wharf, so it cannot be removed. \(WHARF_CATALOG_BUILT_IN\)/,
  );
  await create(t, locations, 'team/tools:1', fileOf(t, 'everything'));
  const tagged = await text(() => tagCatalog(locations, 'team/tool:1', 'team/x:1', false));
  assert.match(tagged, /WHARF_CATALOG_UNKNOWN\) Did you mean "team\/tools:1"\? There is team\/tools:1\./);
  assert.doesNotMatch(tagged, /catalog pull/);
  assert.match(await text(() => tagCatalog(locations, 'builtin', 'team/x:1', false)), /cannot be tagged/);
  const missing = await text(() => pullCatalogs(locations, join(locations.dataFolder, 'no.yaml'), undefined, false));
  assert.match(missing, /no\.yaml could not be fetched: there is no such file or folder\. \(WHARF_CATALOG_FETCH\) Correct the path/);
  assert.match(await text(() => removeServersFrom(locations, 'team/tools:1', ['everythin'], false)), /Did you mean "everything"\?/);
  const named = await catalogProfile(locations, { catalogs: [], servers: ['everythin'] }, '/');
  assert.ok(!named.ok && named.problem.next.startsWith('Did you mean "everything"? '));
  const builtIn = await catalogProfile(locations, { catalogs: ['builtin'], servers: ['notion-remot'] }, '/');
  assert.ok(!builtIn.ok && /Did you mean "notion-remote"/.test(builtIn.problem.next), JSON.stringify(builtIn));
});
