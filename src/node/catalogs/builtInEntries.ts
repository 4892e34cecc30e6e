import type { CatalogEntry } from '../../core/catalog/entry.ts';

/** What the built-in list has besides the servers that are part of Wharf itself. */
export const builtInEntries: readonly CatalogEntry[] = [];
