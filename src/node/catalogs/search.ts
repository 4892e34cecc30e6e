import { builtInCatalogue, builtInContent } from '../../core/catalog/builtIn.ts';
import type { CatalogEntry, CatalogueContent } from '../../core/catalog/entry.ts';
import { searchOf, type Search } from '../../core/catalog/search.ts';
import { ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { openStored } from './opened.ts';
import { orderedCatalogues } from './order.ts';
import { storedPath } from './storedFile.ts';

/** A server with the catalogue that it is taken from. */
export type FoundServer = CatalogEntry & {
  readonly catalogue: string;
  /** Other catalogues that have one of this name, and come later. */
  readonly alsoIn: readonly string[];
};

interface Part {
  readonly ref: string;
  readonly content: CatalogueContent;
}

const builtIn = builtInContent();
let last: { readonly parts: readonly Part[]; readonly search: Search<FoundServer> } | undefined;

/**
 * The best servers of all catalogues first, at most `limit`; of several with one name only the one whose catalogue comes first. The
 * index is kept while the catalogues are the same.
 */
export async function searchServers(locations: Locations, words: string, limit: number): Promise<Result<readonly FoundServer[]>> {
  const order = await orderedCatalogues(locations);
  if (!order.ok) {
    return order;
  }
  const parts = order.value.flatMap(({ ref }): readonly Part[] => {
    const content = contentOf(locations, ref);
    return content === undefined ? [] : [{ ref, content }];
  });
  if (last === undefined || !isSame(last.parts, parts)) {
    last = { parts, search: searchOf(joined(parts)) };
  }
  return ok(last.search(words, limit));
}

function contentOf(locations: Locations, ref: string): CatalogueContent | undefined {
  if (ref === builtInCatalogue) {
    return builtIn;
  }
  const opened = openStored(storedPath(locations, ref));
  return opened?.ok === true ? opened.value.content : undefined;
}

/** What was read anew is another object. */
function isSame(some: readonly Part[], others: readonly Part[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ ref, content }, index) => others[index]?.ref === ref && others[index].content === content)
  );
}

function joined(parts: readonly Part[]): readonly FoundServer[] {
  const found = new Map<string, { readonly entry: CatalogEntry; readonly catalogue: string; readonly alsoIn: string[] }>();
  for (const { ref, content } of parts) {
    for (const entry of content.entries) {
      const first = found.get(entry.name);
      if (first === undefined) {
        found.set(entry.name, { entry, catalogue: ref, alsoIn: [] });
      } else {
        first.alsoIn.push(ref);
      }
    }
  }
  return [...found.values()].map(({ entry, catalogue, alsoIn }) => ({ ...entry, catalogue, alsoIn }));
}
