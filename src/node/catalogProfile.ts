import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';

import { builtInCatalogue, builtInNames } from '../core/catalog/builtIn.ts';
import type { CatalogLookup } from '../core/catalog/entry.ts';
import * as problems from '../core/problems.ts';
import { readProfile } from '../core/profile/read.ts';
import type { ServersSelection } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { Locations } from './locations.ts';
import type { ProfileFile } from './profileFiles.ts';

/** Where Docker's own gateway looks when no catalogue is named, and what ships with Wharf. */
const usualCatalogues = [builtInCatalogue, 'mcp/docker-mcp-catalog:latest'];
const longestId = 60;

/**
 * Servers of catalogues as a profile that is no file: what a person named on the command line is allowed by that. A server that
 * several of the catalogues have is the last one's, as with Docker's gateway.
 */
export function catalogProfile(
  locations: Locations,
  { catalogs, servers }: Pick<ServersSelection, 'catalogs' | 'servers'>,
  cwd: string,
  lookup: CatalogLookup,
): Result<ProfileFile> {
  const named = (catalogs.length === 0 ? usualCatalogues : catalogs).map((ref) => (isPath(ref) ? resolve(cwd, ref) : ref));
  const lines = ['version: 1', 'servers:'];
  for (const name of servers) {
    const found = named.map((ref) => ({ ref, entry: isBuiltIn(ref, name) ? ('part of Wharf' as const) : lookup.find(ref, name) }));
    const missing = catalogs.length === 0 ? undefined : found.find(({ entry }) => entry === 'no catalogue');
    if (missing !== undefined) {
      return fail(problems.catalogueNotHere(missing.ref));
    }
    const ref = found.findLast(({ entry }) => entry !== 'no catalogue' && entry !== 'no entry')?.ref;
    if (ref === undefined) {
      return fail(problems.serverInNoCatalogue(name, named));
    }
    lines.push(`  - catalog_ref: ${JSON.stringify(ref)}`, `    name: ${JSON.stringify(name)}`);
  }
  const text = `${lines.join('\n')}\n`;
  // A name that no profile's file can have, so that nothing is taken for a profile of that id.
  const joined = servers.join('+');
  const id = servers.length === 1 || joined.length > longestId ? `${joined.slice(0, longestId)}+` : joined;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const path = join(locations.dataFolder, 'catalog-runs', `${digest}.yaml`);
  const profile = readProfile(text, path, lookup);
  return ok({ id, path, scope: 'user', text, content: text, profile, isPulled: false, allowed: true, changedImages: [] });
}

function isBuiltIn(ref: string, name: string): boolean {
  return ref === builtInCatalogue && builtInNames.includes(name);
}

function isPath(ref: string): boolean {
  return /^\.{1,2}[\\/]/.test(ref);
}
