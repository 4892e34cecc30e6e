import type { CatalogEntry } from '../../core/catalog/entry.ts';
import type { Locations } from '../../node/locations.ts';
import { ok, type Result } from '../../shared/result.ts';
import { serverReferences } from '../serverReferences.ts';
import { patiently } from './patience.ts';

/** The servers of all references, in their order. One that names nothing fails them all. */
export async function resolvedEntries(locations: Locations, references: readonly string[]): Promise<Result<readonly CatalogEntry[]>> {
  return patiently('what was asked for', async ({ signal }) => {
    const resolve = serverReferences(locations, { signal });
    const entries: CatalogEntry[] = [];
    for (const reference of references) {
      const found = await resolve(reference);
      if (!found.ok) {
        return found;
      }
      entries.push(...found.value.map(({ entry }) => entry));
    }
    return ok(entries);
  });
}
