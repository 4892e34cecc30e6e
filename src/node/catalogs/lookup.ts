import { builtInCatalogue, builtInEntry } from '../../core/catalog/builtIn.ts';
import type { CatalogEntry, CatalogLookup } from '../../core/catalog/entry.ts';
import type { Locations } from '../locations.ts';
import { refOf } from './names.ts';
import { openStored } from './opened.ts';
import { storedPath } from './storedFile.ts';

/** The catalogues of this computer, and which files an answer came from. */
export interface WatchedLookup extends CatalogLookup {
  /** Files that were looked at, or would have been had they been there: a change of one may change an answer. */
  watchedFiles(): readonly string[];
}

/**
 * Looks servers up in the store. A file is read when it is asked for, and understood once while it is the same, in the whole process;
 * one that cannot be used is as good as none here, and `wharf catalog ls` says what is wrong.
 */
export function catalogLookup(locations: Pick<Locations, 'dataFolder'>): WatchedLookup {
  const watched = new Set<string>();
  const find = (ref: string, name: string): CatalogEntry | 'no catalogue' | 'no entry' => {
    if (ref === builtInCatalogue) {
      return builtInEntry(name) ?? 'no entry';
    }
    const path = storedPath(locations, refOf(ref, '/'));
    watched.add(path);
    const opened = openStored(path);
    return opened?.ok === true ? (opened.value.byName.get(name) ?? 'no entry') : 'no catalogue';
  };
  return { find, watchedFiles: () => [...watched] };
}
