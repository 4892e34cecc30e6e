/** Reference of the list that ships with Wharf, so that the first start needs no network and no Docker. */
export const builtInCatalogue = 'builtin';

/** Servers of the built-in list. */
export const builtInNames: readonly string[] = ['demo'];
