import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { builtInCatalogue, builtInNames } from '../core/catalog/builtIn.ts';
import { nearest } from '../core/codexConfig/nearest.ts';
import * as problems from '../core/problems.ts';
import { readProfile } from '../core/profile/read.ts';
import type { ServersSelection } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { unapprovedServers } from './catalogs/approved.ts';
import { catalogLookup, type WatchedLookup } from './catalogs/lookup.ts';
import { refOf } from './catalogs/names.ts';
import { openStored } from './catalogs/opened.ts';
import { orderedCatalogues } from './catalogs/order.ts';
import { storedPath } from './catalogs/storedFile.ts';
import type { Locations } from './locations.ts';
import type { ProfileFile } from './profileFiles.ts';

const longestId = 80;

/**
 * Servers of catalogues as a profile that is no file: what a person named on the command line is allowed by that. Of several named
 * catalogues that have a server the last one counts, as with Docker's gateway; without a name all of this computer do, in their order.
 * Where a policy file has `catalogs.only`, what none of those has is refused.
 */
export async function catalogProfile(
  locations: Locations,
  { catalogs, servers }: Pick<ServersSelection, 'catalogs' | 'servers'>,
  cwd: string,
  lookup: WatchedLookup = catalogLookup(locations),
): Promise<Result<ProfileFile>> {
  const known = await orderedCatalogues(locations);
  if (!known.ok) {
    return known;
  }
  const all = known.value.map(({ ref }) => ref);
  const refs = catalogs.length === 0 ? all : catalogs.map((ref) => refOf(ref, cwd)).toReversed();
  const lines = ['version: 1', 'servers:'];
  for (const name of servers) {
    const found = refs.map((ref) => ({ ref, entry: isBuiltIn(ref, name) ? ('part of Wharf' as const) : lookup.find(ref, name) }));
    const missing = catalogs.length === 0 ? undefined : found.find(({ entry }) => entry === 'no catalogue');
    if (missing !== undefined) {
      return fail(problems.catalogUnknown(missing.ref, all, 'registry'));
    }
    const first = found.find(({ entry }) => entry !== 'no catalogue' && entry !== 'no entry');
    if (first === undefined) {
      return fail(problems.serverInNoCatalogue(name, refs, nearest(name, namesIn(locations, refs))));
    }
    lines.push(`  - catalog_ref: ${JSON.stringify(first.ref)}`, `    name: ${JSON.stringify(name)}`);
  }
  const text = `${lines.join('\n')}\n`;
  const unapproved = await unapprovedServers(locations, text);
  if (!unapproved.ok) {
    return unapproved;
  }
  const [refusal] = unapproved.value.values();
  return refusal === undefined ? ok(inMemory(locations, servers, text, lookup)) : fail(refusal);
}

/** Where the named catalogues would be kept: what is missing may come. */
export function catalogPlaces(locations: Locations, { catalogs }: ServersSelection, cwd: string): readonly string[] {
  return catalogs.map((ref) => storedPath(locations, refOf(ref, cwd)));
}

function inMemory(locations: Locations, servers: readonly string[], text: string, lookup: WatchedLookup): ProfileFile {
  // No profile's file can have this name, so that nothing is taken for a profile of that id.
  const id = `servers:${servers.join(',')}`.slice(0, longestId);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const path = join(locations.dataFolder, 'catalog-runs', `${digest}.yaml`);
  const profile = readProfile(text, path, lookup);
  const catalogFiles = lookup.watchedFiles();
  return { id, path, scope: 'user', text, content: text, profile, catalogFiles, isPulled: false, allowed: true, changedImages: [] };
}

/** The servers of all of these that can be read. */
function namesIn(locations: Locations, refs: readonly string[]): readonly string[] {
  return refs.flatMap((ref) => {
    const opened = ref === builtInCatalogue ? null : openStored(storedPath(locations, ref));
    return ref === builtInCatalogue ? builtInNames : opened?.ok === true ? [...opened.value.byName.keys()] : [];
  });
}

function isBuiltIn(ref: string, name: string): boolean {
  return ref === builtInCatalogue && builtInNames.includes(name);
}
