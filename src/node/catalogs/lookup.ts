import type { CatalogLookup } from '../../core/catalog/entry.ts';
import { noCatalogues } from '../../core/profile/leanEntries.ts';
import type { Locations } from '../locations.ts';

/** The catalogues of this computer, and which files an answer came from. */
export interface WatchedLookup extends CatalogLookup {
  /** Files that were looked at, or would have been had they been there: a change of one may change an answer. */
  watchedFiles(): readonly string[];
}

/** Looks servers up in the catalogues of this computer. */
export function catalogLookup(_locations: Locations): WatchedLookup {
  return { ...noCatalogues, watchedFiles: () => [] };
}
