import { nearest } from '../../core/codexConfig/nearest.ts';
import * as problems from '../../core/problems.ts';
import { addToCatalogue, removeFromCatalogue, withoutBuiltIn } from '../../node/catalogs/editCatalogue.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { firstOf } from '../../node/catalogs/storedFile.ts';
import type { Locations } from '../../node/locations.ts';
import { complain, exitCodes, note, print, printTable } from '../output.ts';
import { kindWords, networkWords, secretWords } from './about.ts';
import { sayLeftOut } from './create.ts';
import { openNamed } from './open.ts';
import { brief, printValue, type ListFormat } from './printed.ts';
import { resolvedEntries } from './resolved.ts';

/** `wharf catalog server ls`. */
export async function listServers(locations: Locations, given: string, filters: readonly string[], format: ListFormat): Promise<number> {
  const words = filters.map((filter) => /^name=(.+)$/.exec(filter)?.[1]?.toLowerCase());
  if (words.includes(undefined)) {
    return complain(problems.badArgument('--filter takes name=WORD.', 'wharf catalog server ls'));
  }
  const opened = await openNamed(locations, given);
  if (!opened.ok) {
    return complain(opened.problem);
  }
  const { ref, title, entries, servers } = opened.value;
  const isWanted = (name: string): boolean => words.every((word) => name.toLowerCase().includes(word ?? ''));
  if (format !== 'human') {
    const wanted = servers.filter((_server, index) => isWanted(entries[index]?.name ?? ''));
    printValue({ catalog: ref, servers: wanted, title }, format);
    return exitCodes.ok;
  }
  printTable([
    ['NAME', 'KIND', 'NEEDS', 'NETWORK', 'TOOLS', 'TITLE'],
    ...entries
      .filter(({ name }) => isWanted(name))
      .map((entry) => [
        entry.name,
        kindWords(entry),
        secretWords(entry),
        networkWords(entry),
        entry.tools.length === 0 ? '' : String(entry.tools.length),
        brief(entry.title === '' ? entry.description : entry.title),
      ]),
  ]);
  return exitCodes.ok;
}

/** `wharf catalog server inspect`. What its readme says is not fetched: its address is shown. */
export async function inspectServer(locations: Locations, given: string, name: string, format: ListFormat): Promise<number> {
  const opened = await openNamed(locations, given);
  if (!opened.ok) {
    return complain(opened.problem);
  }
  const { ref, entries } = opened.value;
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) {
    const names = entries.map((one) => one.name);
    return complain(problems.catalogServerUnknown(ref, name, nearest(name, names)));
  }
  printValue(entry.server, format === 'json' ? 'json' : 'yaml');
  return exitCodes.ok;
}

/** `wharf catalog server add`. */
export async function addServersTo(locations: Locations, given: string, references: readonly string[], dryRun: boolean): Promise<number> {
  const name = nameOf(given);
  if (!name.ok) {
    return complain(name.problem);
  }
  if (references.length === 0) {
    return complain(problems.badArgument('Name a server with --server.', 'wharf catalog server add'));
  }
  const added = await resolvedEntries(locations, references);
  if (!added.ok) {
    return complain(added.problem);
  }
  const { ref } = name.value;
  const { entries, skipped } = withoutBuiltIn(added.value);
  if (entries.length === 0) {
    return complain(problems.catalogEmpty(ref, firstOf(skipped)));
  }
  const done = await addToCatalogue(locations, ref, entries, dryRun);
  if (!done.ok) {
    return complain(done.problem);
  }
  sayLeftOut(skipped);
  const { replaced, cameFrom } = done.value;
  replaced.forEach((one) => print(`Replaced server ${one} in catalog ${ref}`));
  const behind = replaced.length === 0 ? '' : ` (replaced ${replaced.length})`;
  print(`${dryRun ? 'Would add' : 'Added'} ${entries.length} server(s) to catalog ${ref}${behind}`);
  sayMadeHere(ref, cameFrom, dryRun);
  return exitCodes.ok;
}

/** `wharf catalog server remove`. */
export async function removeServersFrom(locations: Locations, given: string, names: readonly string[], dryRun: boolean): Promise<number> {
  const name = nameOf(given);
  if (!name.ok) {
    return complain(name.problem);
  }
  if (names.length === 0) {
    return complain(problems.badArgument('Name at least one server.', 'wharf catalog server remove'));
  }
  const { ref } = name.value;
  const done = await removeFromCatalogue(locations, ref, names, dryRun);
  if (!done.ok) {
    return complain(done.problem);
  }
  print(`${dryRun ? 'Would remove' : 'Removed'} ${new Set(names).size} server(s) from catalog ${ref}`);
  sayMadeHere(ref, done.value.cameFrom, dryRun);
  return exitCodes.ok;
}

/** What came from elsewhere is with this change one that was made here. */
function sayMadeHere(ref: string, cameFrom: string | null, dryRun: boolean): void {
  if (cameFrom !== null) {
    note(
      `wharf: ${brief(ref, 200)} came from ${brief(cameFrom, 200)}. With this change it ${dryRun ? 'would be' : 'is'} one that was made here, which "wharf catalog pull" without a name passes over; "wharf catalog pull ${brief(ref, 200)}" gets the other content again.`,
    );
  }
}
