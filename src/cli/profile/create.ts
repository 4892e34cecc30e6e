import { join } from 'node:path';

import type { ResolveServers } from '../../core/catalog/entry.ts';
import { newProfile } from '../../core/profile/newEntry.ts';
import { dockerSlug, isProfileId } from '../../core/profile/profileId.ts';
import * as problems from '../../core/problems.ts';
import { allowProfile } from '../../node/allowances.ts';
import { rememberWritten } from '../../node/editedProfile.ts';
import type { Locations } from '../../node/locations.ts';
import { contentOfProfile, profilePathsFrom } from '../../node/profileFiles.ts';
import { projectProfilesFolder, userProfilesFolder } from '../../node/profileFolders.ts';
import { staysInside } from '../../node/projectFile.ts';
import { readTextFile, replaceTextFile } from '../../node/textFile.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { complain, exitCodes, note, print, printFile } from '../output.ts';
import { agreesToServers } from './consent.ts';
import type { VaultNames } from './vaultNames.ts';
import { newEntries, sayAdded, withEntries } from './servers.ts';

export interface CreateRequest {
  readonly name: string;
  /** Null is Docker's id for this name. */
  readonly id: string | null;
  /** Of `--server`. */
  readonly references: readonly string[];
  readonly lean: boolean;
  /** For everybody who works in this folder, and not for the user alone. */
  readonly inProject: boolean;
  /** What nobody expects of a server is granted to it without a question. */
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** `wharf profile create`. What the user makes here is allowed at once, in a project as well. */
export async function createProfile(
  locations: Locations,
  request: CreateRequest,
  resolve: ResolveServers,
  vault: VaultNames,
): Promise<number> {
  const { name, references, lean, inProject, yes, dryRun } = request;
  const id = await freeId(locations, request);
  if (!id.ok) {
    return complain(id.problem);
  }
  const folder = inProject ? join(process.cwd(), projectProfilesFolder) : userProfilesFolder(locations);
  const path = join(folder, `${id.value}.yaml`);
  const entries = await newEntries({ references, lean, alias: null, native: null }, resolve);
  if (!entries.ok) {
    return complain(entries.problem);
  }
  const made = withEntries(locations, newProfile(id.value, name), entries.value, path);
  if (!made.ok) {
    return complain(made.problem);
  }
  const { text } = made.value;
  const addition = { path, before: '', text, entries: entries.value, others: [], yes, dryRun };
  const agreed = await agreesToServers(locations, addition, vault);
  if (!agreed.ok || !agreed.value) {
    return agreed.ok ? exitCodes.problems : complain(agreed.problem);
  }
  if (dryRun) {
    printFile(text);
    note(`wharf: Nothing was written to ${path}.`);
    return exitCodes.ok;
  }
  const written = await write(locations, path, text, inProject);
  if (!written.ok) {
    return complain(written.problem);
  }
  print(`Created profile ${id.value} with ${entries.value.length} servers`);
  await sayAdded(locations, { id: id.value, path, text }, entries.value, vault);
  if (inProject) {
    note(`wharf: It is ${path}: commit it, and everybody who works here can allow it with "wharf profile allow ${id.value}".`);
  }
  return exitCodes.ok;
}

/** The id of the new profile, if nothing that is found from here has it, or would be meant by it too. */
async function freeId(locations: Locations, { name, id: given, inProject }: CreateRequest): Promise<Result<string>> {
  const id = given ?? dockerSlug(name);
  if (!isProfileId(id)) {
    const why = given === null ? `No id can be made of the name "${name}": give one with --id.` : `"${id}" can not be the id of a profile.`;
    return fail(problems.badArgument(why, 'wharf profile create'));
  }
  if (name.trim() === '' || name.length > 200) {
    return fail(problems.badArgument('The name of a profile has 1 to 200 characters.', 'wharf profile create'));
  }
  const isSameScope = (scope: string): boolean => (scope === 'project') === inProject;
  const taken = (await profilePathsFrom(locations, process.cwd())).find(
    (one) => one.id === id || (isSameScope(one.scope) && dockerSlug(one.id) === dockerSlug(id)),
  );
  return taken === undefined ? ok(id) : fail(problems.profileExists(taken.id, taken.path));
}

async function write(locations: Locations, path: string, text: string, inProject: boolean): Promise<Result<null>> {
  const inside = inProject ? await staysInside(process.cwd(), path) : ok(null);
  if (!inside.ok) {
    return inside;
  }
  const file = await readTextFile(path);
  if (!file.ok) {
    return file;
  }
  if (file.value.hash !== null) {
    return fail(problems.profileExists(path, path));
  }
  const written = await replaceTextFile(file.value, text, join(locations.dataFolder, 'backups'));
  if (!written.ok) {
    return written;
  }
  return inProject ? allowProfile(locations, path, contentOfProfile(locations, text, path)) : rememberWritten(locations, path, text);
}
