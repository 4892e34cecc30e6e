import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { catalogLookup } from '../../../src/node/catalogs/lookup.ts';
import { addToCatalogue, makeCatalogue, removeFromCatalogue, tagCatalogue } from '../../../src/node/catalogs/editCatalogue.ts';
import { orderedCatalogues } from '../../../src/node/catalogs/order.ts';
import { searchServers } from '../../../src/node/catalogs/search.ts';
import { listStored, readStored, removeStored } from '../../../src/node/catalogs/store.ts';
import { catalogsFolder, storedPath } from '../../../src/node/catalogs/storedFile.ts';
import { entryOf } from '../../../src/core/catalog/entryOf.ts';
import type { CatalogEntry } from '../../../src/core/catalog/entry.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { codeOf, legacy, places, pull, storedNames } from './places.ts';

function server(name: string, image = `mcp/${name}:1`): CatalogEntry {
  const entry = entryOf(name, { name, type: 'server', image, title: `The ${name}` });
  assert.ok(!('why' in entry));
  return entry;
}

async function make(locations: Locations, ref: string, ...entries: readonly CatalogEntry[]): Promise<void> {
  const made = await makeCatalogue(locations, { ref, source: 'user:cli', title: ref, entries, skipped: [] }, false);
  assert.ok(made.ok, codeOf(made));
}

async function namesOf(locations: Locations, ref: string): Promise<readonly string[]> {
  const stored = await readStored(locations, ref);
  assert.ok(stored.ok && stored.value !== null);
  const { servers } = JSON.parse(stored.value.payload) as {
    readonly servers: readonly { readonly snapshot: { readonly server: { readonly name: string } } }[];
  };
  return servers.map(({ snapshot }) => snapshot.server.name);
}

test('a catalogue is kept for its user alone, as what Docker would push, and found without a network', async (t) => {
  const locations = places(t);
  await make(locations, 'team/catalog:1', server('one'), server('two'));
  assert.equal(statSync(catalogsFolder(locations)).mode & 0o777, 0o700);
  assert.equal(statSync(storedPath(locations, 'team/catalog:1')).mode & 0o777, 0o600);
  const stored = await readStored(locations, 'team/catalog:1');
  assert.ok(stored.ok && stored.value !== null);
  assert.match(stored.value.payload, /^\{"title":"team\/catalog:1","servers":\[\{"type":"image","image":"mcp\/one:1","snapshot":/);
  assert.match(stored.value.header.digest, /^[0-9a-f]{64}$/);
  const lookup = catalogLookup(locations);
  const image = (ref: string, name: string): string => {
    const found = lookup.find(ref, name);
    return typeof found === 'string' ? found : found.kind === 'image' ? found.image : '';
  };
  assert.equal(image('docker.io/team/catalog:1', 'two'), 'mcp/two:1', 'whatever its reference is written like');
  assert.deepEqual(
    [
      lookup.find('team/catalog:1', 'three'),
      lookup.find('team/other', 'one'),
      typeof lookup.find('builtin', 'demo'),
      lookup.find('builtin', 'x'),
    ],
    ['no entry', 'no catalogue', 'object', 'no entry'],
  );
  const other = storedPath(locations, 'team/other:latest');
  assert.deepEqual(lookup.watchedFiles(), [storedPath(locations, 'team/catalog:1'), other], 'one that is not there yet as well');
  await make(locations, 'team/other:latest', server('one'));
  assert.equal(image('team/other', 'one'), 'mcp/one:1', 'a change counts at once');
});

test('servers are added and removed; the newer one of a name counts, and the older file is with the backups', async (t) => {
  const locations = places(t);
  await make(locations, 'team/catalog:1', server('one'), server('two'));
  const added = await addToCatalogue(locations, 'team/catalog:1', [server('three'), server('two', 'mcp/two:2')], false);
  assert.deepEqual(added, { ok: true, value: { ref: 'team/catalog:1', replaced: ['two'] } });
  assert.deepEqual(await namesOf(locations, 'team/catalog:1'), ['one', 'two', 'three']);
  assert.ok(existsSync(join(locations.dataFolder, 'backups')));
  assert.equal(codeOf(await removeFromCatalogue(locations, 'team/catalog:1', ['one', 'four'], false)), 'WHARF_CATALOG_SERVER_UNKNOWN');
  assert.deepEqual(await namesOf(locations, 'team/catalog:1'), ['one', 'two', 'three'], 'nothing was removed');
  assert.ok((await removeFromCatalogue(locations, 'team/catalog:1', ['one'], true)).ok);
  assert.ok((await removeFromCatalogue(locations, 'team/catalog:1', ['two'], false)).ok);
  assert.deepEqual(await namesOf(locations, 'team/catalog:1'), ['one', 'three'], 'a dry run removed nothing');
  assert.ok((await tagCatalogue(locations, 'team/catalog:1', 'team/catalog:2', false)).ok);
  const [one, two] = [await readStored(locations, 'team/catalog:1'), await readStored(locations, 'team/catalog:2')];
  assert.ok(one.ok && two.ok && one.value?.header.digest === two.value?.header.digest);
  assert.deepEqual(
    [await removeStored(locations, 'team/catalog:2'), await removeStored(locations, 'team/catalog:2')],
    [
      { ok: true, value: true },
      { ok: true, value: false },
    ],
  );
  assert.equal(codeOf(await addToCatalogue(locations, 'team/none:1', [server('one')], false)), 'WHARF_CATALOG_UNKNOWN');
});

test('several programs that change one catalogue lose nothing: one of them is told to look again', async (t) => {
  const locations = places(t);
  await make(locations, 'team/catalog:1', server('base'));
  const names = ['a', 'b', 'c', 'd', 'e'];
  const done = await Promise.all(names.map((name) => addToCatalogue(locations, 'team/catalog:1', [server(name)], false)));
  const kept = names.filter((_name, index) => done[index]?.ok);
  assert.ok(kept.length >= 1);
  assert.deepEqual([...new Set(done.filter(({ ok }) => !ok).map(codeOf))].join() || 'WHARF_FILE_CHANGED', 'WHARF_FILE_CHANGED');
  assert.deepEqual((await namesOf(locations, 'team/catalog:1')).toSorted(), ['base', ...kept].toSorted());
});

test('a file of a newer Wharf, or a damaged one, is told and stays as it is', async (t) => {
  const locations = places(t);
  await make(locations, 'team/good:1', server('one'));
  const path = storedPath(locations, 'team/new:1');
  const damaged = join(catalogsFolder(locations), `${'0'.repeat(32)}.catalog`);
  const newer = '{"format":2,"ref":"team/new:1"}\n{}';
  writeFileSync(path, newer);
  writeFileSync(damaged, '\u0000\u0001 no header');
  const listed = await listStored(locations);
  assert.deepEqual(listed.map((one) => (one.kind === 'usable' ? one.header.ref : one.problem.code)).toSorted(), [
    'WHARF_CATALOG_FILE',
    'WHARF_CATALOG_FILE',
    'team/good:1',
  ]);
  assert.equal(codeOf(await addToCatalogue(locations, 'team/new:1', [server('one')], false)), 'WHARF_CATALOG_FILE');
  const source = join(locations.dataFolder, 'c.yaml');
  writeFileSync(source, legacy('one'));
  assert.equal(codeOf(await pull(locations, source, 'team/new:1')), 'WHARF_CATALOG_FILE');
  assert.equal(readFileSync(path, 'utf8'), newer);
  assert.equal(catalogLookup(locations).find('team/new:1', 'one'), 'no catalogue');
  assert.equal(storedNames(locations).length, 3);
});

test('whatever a hostile catalogue says of itself, the one that is kept can be read again', async (t) => {
  const locations = places(t);
  const source = join(locations.dataFolder, 'c.yaml');
  mkdirSync(locations.dataFolder, { recursive: true });
  writeFileSync(source, legacy('one'));
  assert.ok((await pull(locations, source)).ok);
  const [long, strange] = ['x'.repeat(300_000), '\u0001\u20ac'.repeat(200)];
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`${at}${strange}`, { image: 5 }]));
  const registry = { one: { type: 'server', image: 'mcp/one:1' }, [long]: { type: long, image: 'x' }, two: { type: long }, ...many };
  writeFileSync(source, JSON.stringify({ displayName: long, registry }));
  const kept = await pull(locations, source);
  assert.ok(kept.ok, codeOf(kept));
  assert.equal(kept.value.header.title.length, 200);
  const [listed] = await listStored(locations);
  assert.ok(listed?.kind === 'usable');
  assert.ok(listed.header.skipped.length > 50, 'most of what was left out is said');
  assert.equal(typeof catalogLookup(locations).find(source, 'one'), 'object');
  assert.equal(codeOf(await addToCatalogue(locations, source, [server('two')], false)), 'ok');
});

test('a pull mends a catalogue whose file is damaged, and keeps a copy of the file', async (t) => {
  const locations = places(t);
  const source = join(locations.dataFolder, 'c.yaml');
  mkdirSync(locations.dataFolder, { recursive: true });
  writeFileSync(source, legacy('one'));
  assert.ok((await pull(locations, source)).ok);
  const path = storedPath(locations, source);
  const whole = readFileSync(path, 'utf8');
  for (const damaged of ['\u0000 no header', '', whole.slice(0, 40), whole.slice(0, -20), 'x'.repeat(300_000)]) {
    writeFileSync(path, damaged);
    assert.equal(codeOf(await pull(locations, source)), 'ok', damaged.slice(0, 30));
    assert.equal(typeof catalogLookup(locations).find(source, 'one'), 'object');
  }
  assert.ok(existsSync(join(locations.dataFolder, 'backups')));
});

test('the list decides which catalogue goes before which, then age, and the built-in one is the last', async (t) => {
  const locations = places(t);
  await make(locations, 'team/first:latest', server('search', 'mcp/first:1'), server('demo'));
  await make(locations, 'team/second:latest', server('search', 'mcp/second:1'));
  const order = async () => {
    const found = await orderedCatalogues(locations);
    assert.ok(found.ok, codeOf(found));
    return found.value.map(({ ref, stored }) => (stored === null ? `${ref}?` : ref));
  };
  const found = async () => {
    const servers = await searchServers(locations, 'search', 5);
    assert.ok(servers.ok);
    return servers.value.filter(({ name }) => name === 'search').map(({ catalogue, alsoIn }) => [catalogue, ...alsoIn]);
  };
  assert.deepEqual(await order(), ['team/first:latest', 'team/second:latest', 'builtin?']);
  assert.deepEqual(await found(), [['team/first:latest', 'team/second:latest']]);
  mkdirSync(locations.configFolder, { recursive: true });
  writeFileSync(join(locations.configFolder, 'catalogs.yaml'), 'sources:\n  - ref: docker.io/team/second\n  - path: own/catalog.yaml\n');
  assert.deepEqual(await order(), [
    'team/second:latest',
    `${join(locations.configFolder, 'own/catalog.yaml')}?`,
    'team/first:latest',
    'builtin?',
  ]);
  assert.deepEqual(await found(), [['team/second:latest', 'team/first:latest']]);
  const demo = await searchServers(locations, 'demo', 5);
  assert.ok(demo.ok);
  assert.deepEqual(
    demo.value.filter(({ name }) => name === 'demo').map(({ catalogue }) => catalogue),
    ['team/first:latest'],
  );
  writeFileSync(join(locations.configFolder, 'catalogs.yaml'), 'sources:\n  - url: team/second\n');
  assert.equal(codeOf(await orderedCatalogues(locations)), 'WHARF_CATALOG_ORDER');
});
