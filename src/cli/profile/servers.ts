import type { ResolvedServer, ResolveServers } from '../../core/catalog/entry.ts';
import { addServer, removeServer, type AddedServer } from '../../core/profile/editServers.ts';
import { entryOf, nameOfEntry, nativeEntry, type NewEntry } from '../../core/profile/newEntry.ts';
import { readProfile } from '../../core/profile/read.ts';
import * as problems from '../../core/problems.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import type { Locations } from '../../node/locations.ts';
import type { ProfileFile } from '../../node/profileFiles.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { complain, exitCodes, note, print } from '../output.ts';
import { agreesToServers } from './consent.ts';
import { sayLeftSecrets } from './leftSecrets.ts';
import { sayMissing } from './sayMissing.ts';
import { finishEdit, openProfile } from './target.ts';
import type { VaultNames } from './vaultNames.ts';

export interface ServerWish {
  /** Of `--server`. */
  readonly references: readonly string[];
  /** The name of the one server that is added, in place of its catalogue's. */
  readonly alias: string | null;
  readonly lean: boolean;
  /** A command of the user: its name in the profile, and the words. */
  readonly native: { readonly name: string; readonly words: readonly string[] } | null;
}

export interface AddRequest extends ServerWish {
  /** As the person named the profile. */
  readonly given: string;
  /** What nobody expects of a server is granted to it without a question. */
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** `wharf profile server add`: all of them, or none. */
export async function addServers(locations: Locations, request: AddRequest, resolve: ResolveServers, vault: VaultNames): Promise<number> {
  const target = await openProfile(locations, request.given);
  if (!target.ok) {
    return complain(target.problem);
  }
  const { file } = target.value;
  const entries = await newEntries(request, resolve);
  if (!entries.ok) {
    return complain(entries.problem);
  }
  const added = withEntries(locations, file.text, entries.value, file.path);
  if (!added.ok) {
    return complain(added.problem);
  }
  const { text, replaced } = added.value;
  const others = replaced.filter(({ isOther }) => isOther).map(({ name }) => name);
  const { yes, dryRun } = request;
  const addition = { path: file.path, before: file.text, text, entries: entries.value, others, yes, dryRun };
  const agreed = await agreesToServers(locations, addition, vault);
  if (!agreed.ok || !agreed.value) {
    return agreed.ok ? exitCodes.problems : complain(agreed.problem);
  }
  replaced.forEach(sayTaken);
  const written = await finishEdit(locations, file, text, request.dryRun);
  if (!written.ok) {
    return complain(written.problem);
  }
  if (!request.dryRun) {
    replaced.forEach(({ name }) => print(`Replaced server ${name} in profile ${file.id}`));
    const words = replaced.length === 0 ? '' : ` (replaced ${replaced.length})`;
    print(`Added ${entries.value.length} server(s) to profile ${file.id}${words}`);
    await sayAdded(locations, { id: file.id, path: file.path, text }, entries.value, vault);
  }
  return exitCodes.ok;
}

function sayTaken({ name, taken }: AddedServer): void {
  if (taken.length > 0) {
    note(`wharf: ${name} is another server now: what the old one was given is taken out (${taken.join(', ')}).`);
  }
}

/** What the profile will say of each server that was asked for. */
export async function newEntries(
  { references, alias, lean, native }: ServerWish,
  resolve: ResolveServers,
): Promise<Result<readonly NewEntry[]>> {
  const found: ResolvedServer[] = [];
  for (const reference of references) {
    const resolved = await resolve(reference);
    if (!resolved.ok) {
      return resolved;
    }
    found.push(...resolved.value);
  }
  if (alias !== null && found.length !== 1) {
    return fail(problems.badArgument(`--as names one server, and ${found.length} are added.`, 'wharf profile server add'));
  }
  const entries = found.map((server) => entryOf(server, { isLean: lean, ...(alias === null ? {} : { alias }) }));
  return ok(native === null ? entries : [...entries, nativeEntry(native.name, native.words)]);
}

/** Says which servers are new, and what they still need. */
export async function sayAdded(
  locations: Locations,
  { id, path, text }: Pick<ProfileFile, 'id' | 'path' | 'text'>,
  entries: readonly NewEntry[],
  vault: VaultNames,
): Promise<void> {
  const names = entries.map(nameOfEntry);
  if (names.length === 0) {
    return;
  }
  note(`wharf: What was added is ${names.join(', ')}.`);
  const read = readProfile(text, path, catalogLookup(locations));
  await sayMissing(id, read.ok ? read.value.servers.filter(({ name }) => names.includes(name)) : [], vault);
}

export interface Extended {
  readonly text: string;
  /** Servers that stand in the place of one of their name. */
  readonly replaced: readonly AddedServer[];
}

/** The text of a profile with these entries. */
export function withEntries(locations: Locations, text: string, entries: readonly NewEntry[], file: string): Result<Extended> {
  const catalogs = catalogLookup(locations);
  const replaced: AddedServer[] = [];
  let now = text;
  for (const entry of entries) {
    const added = addServer(now, entry, file, catalogs);
    if (!added.ok) {
      return added;
    }
    now = added.value.text;
    if (added.value.isReplaced) {
      replaced.push(added.value);
    }
  }
  return ok({ text: now, replaced });
}

/** `wharf profile server remove`: all of them, or none. */
export async function removeServers(
  locations: Locations,
  given: string,
  { names, dryRun }: { readonly names: readonly string[]; readonly dryRun: boolean },
  vault: VaultNames,
): Promise<number> {
  if (names.length === 0) {
    return complain(problems.badArgument('Name the servers to remove.', 'wharf profile server remove'));
  }
  const target = await openProfile(locations, given);
  if (!target.ok) {
    return complain(target.problem);
  }
  const { file } = target.value;
  const wanted = [...new Set(names)];
  const text = wanted.reduce<Result<string>>((now, name) => (now.ok ? removeServer(now.value, name, file.path) : now), ok(file.text));
  const written = text.ok ? await finishEdit(locations, file, text.value, dryRun) : text;
  if (!written.ok) {
    return complain(written.problem);
  }
  if (!dryRun) {
    print(`Removed ${wanted.length} server(s) from profile ${file.id}`);
    await sayLeftSecrets(locations, file, text.ok ? text.value : file.text, vault);
  }
  return exitCodes.ok;
}
