import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { anyCatalogue } from '../../core/profile/anyCatalogue.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { readProfile } from '../../core/profile/read.ts';
import { changedLines } from '../../core/profile/textDiff.ts';
import { withoutSecrets } from '../../core/scan/withoutSecrets.ts';
import * as problems from '../../core/problems.ts';
import { writeEditedProfile } from '../../node/editedProfile.ts';
import { linkTarget } from '../../node/linkTarget.ts';
import type { Locations } from '../../node/locations.ts';
import { findProfile, type ProfileFile } from '../../node/profileFiles.ts';
import { projectProfilesFolder } from '../../node/profileFolders.ts';
import { staysInside } from '../../node/projectFile.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { readTextFile } from '../../node/textFile.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { note, print } from '../output.ts';
import { selectionOf } from '../profileSelection.ts';

/** A profile that can be read, with its file. */
export interface Target {
  readonly file: ProfileFile;
  readonly profile: Profile;
}

/** The profile that was named by its id, its name or its path. */
export async function openProfile(locations: Locations, given: string): Promise<Result<Target>> {
  const found = await findProfile(locations, selectionOf(given), process.cwd());
  if (!found.ok) {
    return found;
  }
  const file = found.value;
  const { profile } = file;
  // A lean entry whose catalogue is gone can be taken out, and the others can be changed.
  const read = profile.ok || !isOfCatalogues(profile.problem) ? profile : readProfile(file.text, file.path, anyCatalogue);
  return read.ok ? ok({ file, profile: read.value }) : read;
}

/** Whether a profile cannot be used for want of a catalogue, or of a server in it. */
export function isOfCatalogues({ code }: Problem): boolean {
  return code.startsWith('WHARF_CATALOG_');
}

/** Shows what differs between two texts of a file. A secret that stands in one, where it should not, is not shown. */
export function printDifference(before: string, after: string): void {
  const scanner = nodeScanner();
  changedLines(before, after).forEach((line) => print(withoutSecrets(line, scanner)));
}

/** Writes an edited profile, or with `dryRun` shows what would differ. What was not allowed is not by this, which is said. */
export async function finishEdit(locations: Locations, file: ProfileFile, text: string, dryRun: boolean): Promise<Result<null>> {
  if (dryRun) {
    printDifference(file.text, text);
    print(`Nothing was written to ${file.path}.`);
    return ok(null);
  }
  const ready = await mayWrite(file);
  if (!ready.ok) {
    return ready;
  }
  const written = text === file.text ? ok(null) : await writeEditedProfile(locations, file, text);
  if (written.ok && !file.allowed) {
    note(`wharf: ${file.path} is not allowed yet, so none of its tools are offered: "wharf profile allow ${file.id}" shows and allows it.`);
  }
  return written;
}

/** Whether a profile can be written now: before something else is done that an edit belongs to. */
export async function mayWrite(file: ProfileFile): Promise<Result<null>> {
  const inside = await staysInProject(file);
  const read = inside.ok ? await readTextFile(file.path) : inside;
  if (!read.ok) {
    return read;
  }
  if (read.value.text !== file.text) {
    return fail(problems.fileChanged(file.path));
  }
  const target = await linkTarget(file.path);
  const why = await access(dirname(target), constants.W_OK).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return why === undefined ? ok(null) : fail(problems.fileUnwritable(file.path, why));
}

/** A link in a cloned repository leads no edit out of it. */
function staysInProject({ path }: ProfileFile): Promise<Result<null>> {
  const project = dirname(dirname(dirname(path)));
  return dirname(path) === join(project, projectProfilesFolder) ? staysInside(project, path) : Promise.resolve(ok(null));
}
