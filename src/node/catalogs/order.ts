import { join } from 'node:path';

import { builtInCatalogue } from '../../core/catalog/builtIn.ts';
import type { CatalogueName } from '../../core/catalog/catalogueName.ts';
import { readSourceList } from '../../core/catalog/sourceList.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { readTextFile } from '../textFile.ts';
import { nameOf } from './names.ts';
import { listStored, type ListedCatalogue } from './store.ts';

const longestList = 256 * 1024;

/** The list of catalogues that decides which one goes before which. */
export function sourceListFile(locations: Pick<Locations, 'configFolder'>): string {
  return join(locations.configFolder, 'catalogs.yaml');
}

/** The catalogues that `catalogs.yaml` names, in its order; none where there is no such file. */
export async function listedNames(locations: Pick<Locations, 'configFolder'>): Promise<Result<readonly CatalogueName[]>> {
  const path = sourceListFile(locations);
  const file = await readTextFile(path, longestList);
  if (!file.ok) {
    return file;
  }
  const sources = readSourceList(file.value.text, path);
  if (!sources.ok) {
    return sources;
  }
  const names: CatalogueName[] = [];
  for (const { kind, text, place } of sources.value) {
    const written = kind === 'community' ? text.replace(/\/+$/, '') : kind === 'path' || kind === 'checkout' ? asPath(text) : text;
    const name = nameOf(written, locations.configFolder);
    if (!name.ok) {
      return fail(problems.catalogOrderBroken(place, name.problem.message));
    }
    if (name.value.kind !== kindOf[kind] && kind !== 'ref') {
      return fail(problems.catalogOrderBroken(place, `"${text}" is no ${kindWords[kind]}`));
    }
    if (!names.some(({ ref }) => ref === name.value.ref)) {
      names.push(name.value);
    }
  }
  return ok(names);
}

const kindOf = { ref: 'artifact', url: 'address', path: 'path', checkout: 'path', community: 'registry' } as const;
const kindWords = {
  ref: 'reference',
  url: 'address with https://',
  path: 'path',
  checkout: 'path of a folder',
  community: 'host of a community registry',
} as const;

/** A path may look like a reference, and here it is said what it is. */
function asPath(text: string): string {
  return /^(?:[./~\\]|[a-z]:[\\/])/i.test(text) ? text : `./${text}`;
}

/** One catalogue of this computer in its place. `stored` is null for one that was listed and not fetched yet. */
export interface OrderedCatalogue {
  readonly ref: string;
  readonly stored: ListedCatalogue | null;
}

/** All of them, the first one first: those that the list names, then the others, the oldest first, and the built-in one last. */
export async function orderedCatalogues(locations: Locations): Promise<Result<readonly OrderedCatalogue[]>> {
  const names = await listedNames(locations);
  if (!names.ok) {
    return names;
  }
  const stored = await listStored(locations);
  const refs = names.value.map(({ ref }) => ref);
  const known = (ref: string): ListedCatalogue | undefined => stored.find((one) => one.kind === 'usable' && one.header.ref === ref);
  const others = stored.filter((one) => one.kind === 'broken' || !refs.includes(one.header.ref));
  return ok([
    ...refs.filter((ref) => ref !== builtInCatalogue).map((ref) => ({ ref, stored: known(ref) ?? null })),
    ...others.map((one) => ({ ref: one.kind === 'usable' ? one.header.ref : one.file, stored: one })),
    { ref: builtInCatalogue, stored: null },
  ]);
}
