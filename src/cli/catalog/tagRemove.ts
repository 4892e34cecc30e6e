import * as problems from '../../core/problems.ts';
import { notHere, tagCatalogue } from '../../node/catalogs/editCatalogue.ts';
import { dependentsOf } from '../../node/catalogs/dependents.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { readStored, removeStored } from '../../node/catalogs/store.ts';
import type { Locations } from '../../node/locations.ts';
import { complain, exitCodes, note, print } from '../output.ts';
import { brief } from './printed.ts';

const mostLines = 20;

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
    return complain(problems.catalogBuiltIn('removed'));
  }
  if (dryRun) {
    const stored = await readStored(locations, ref);
    if (stored.ok && stored.value === null) {
      return complain(await notHere(locations, ref));
    }
    await sayDependents(locations, ref, true);
    print(`Would remove catalog ${ref}`);
    return exitCodes.ok;
  }
  const removed = await removeStored(locations, ref);
  if (!removed.ok || !removed.value) {
    return complain(removed.ok ? await notHere(locations, ref) : removed.problem);
  }
  print(`Removed catalog ${ref}`);
  await sayDependents(locations, ref, false);
  return exitCodes.ok;
}

/** Nothing of a profile is served while a catalogue that it looks servers up in is not here. */
async function sayDependents(locations: Locations, ref: string, dryRun: boolean): Promise<void> {
  const dependents = await dependentsOf(locations, ref, process.cwd());
  dependents.slice(0, mostLines).forEach(({ file, servers }) => {
    const names = brief(servers.map((name) => `"${name}"`).join(', '), 200);
    note(
      `wharf: The profile "${file.id}" (${file.path}) takes ${names} from it, and ${dryRun ? 'would not be' : 'is not'} served without it.`,
    );
  });
  if (dependents.length > mostLines) {
    note(`wharf: So it is with ${dependents.length - mostLines} more profiles.`);
  }
}
