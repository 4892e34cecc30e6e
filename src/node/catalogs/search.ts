import type { CatalogEntry } from '../../core/catalog/entry.ts';
import { searchOf } from '../../core/catalog/search.ts';
import { ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { builtInCatalogue, builtInContent } from '../../core/catalog/builtIn.ts';
import { openStored } from './opened.ts';
import { orderedCatalogues } from './order.ts';
import { storedPath } from './storedFile.ts';

/** A server with the catalogue that it is taken from. */
export type FoundServer = CatalogEntry & {
  readonly catalogue: string;
  /** Other catalogues that have one of this name, and come later. */
  readonly alsoIn: readonly string[];
};

/** Every server of this computer's catalogues; of several with one name the one whose catalogue comes first. */
export async function allServers(locations: Locations): Promise<Result<readonly FoundServer[]>> {
  const order = await orderedCatalogues(locations);
  if (!order.ok) {
    return order;
  }
  const found = new Map<string, { entry: CatalogEntry; catalogue: string; alsoIn: string[] }>();
  for (const { ref } of order.value) {
    for (const entry of entriesOf(locations, ref)) {
      const first = found.get(entry.name);
      if (first === undefined) {
        found.set(entry.name, { entry, catalogue: ref, alsoIn: [] });
      } else {
        first.alsoIn.push(ref);
      }
    }
  }
  return ok([...found.values()].map(({ entry, catalogue, alsoIn }) => ({ ...entry, catalogue, alsoIn })));
}

function entriesOf(locations: Locations, ref: string): readonly CatalogEntry[] {
  if (ref === builtInCatalogue) {
    return builtInContent().entries;
  }
  const opened = openStored(storedPath(locations, ref));
  return opened?.ok === true ? opened.value.content.entries : [];
}

/** The best ones first, at most `limit`. */
export async function searchServers(locations: Locations, words: string, limit: number): Promise<Result<readonly FoundServer[]>> {
  const servers = await allServers(locations);
  return servers.ok ? ok(searchOf(servers.value)(words, limit)) : servers;
}
