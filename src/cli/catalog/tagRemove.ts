import * as problems from '../../core/problems.ts';
import { tagCatalogue, unknown } from '../../node/catalogs/editCatalogue.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { readStored, removeStored } from '../../node/catalogs/store.ts';
import type { Locations } from '../../node/locations.ts';
import { complain, exitCodes, print } from '../output.ts';

/** `wharf catalog tag`. */
export async function tagCatalog(locations: Locations, from: string, to: string, dryRun: boolean): Promise<number> {
  const [source, target] = [nameOf(from), nameOf(to)];
  if (!source.ok) {
    return complain(source.problem);
  }
  if (!target.ok) {
    return complain(target.problem);
  }
  if (target.value.kind !== 'artifact' || target.value.name.digest !== null) {
    return complain(problems.catalogReference(to, 'can not be the name of a catalogue here, which is one of a registry with a tag'));
  }
  const done = await tagCatalogue(locations, source.value.ref, target.value.ref, dryRun);
  if (!done.ok) {
    return complain(done.problem);
  }
  print(`${dryRun ? 'Would tag' : 'Tagged'} ${source.value.ref} as ${target.value.ref}`);
  return exitCodes.ok;
}

/** `wharf catalog remove`: from this computer; a registry keeps it. */
export async function removeCatalog(locations: Locations, given: string, dryRun: boolean): Promise<number> {
  const name = nameOf(given);
  if (!name.ok) {
    return complain(name.problem);
  }
  const { ref, kind } = name.value;
  if (kind === 'builtIn') {
    return complain(problems.catalogReference(given, 'is a part of Wharf and stays'));
  }
  if (dryRun) {
    const stored = await readStored(locations, ref);
    if (stored.ok && stored.value === null) {
      return complain(await unknown(locations, ref));
    }
    print(`Would remove catalog ${ref}`);
    return exitCodes.ok;
  }
  const removed = await removeStored(locations, ref);
  if (!removed.ok || !removed.value) {
    return complain(removed.ok ? await unknown(locations, ref) : removed.problem);
  }
  print(`Removed catalog ${ref}`);
  return exitCodes.ok;
}
