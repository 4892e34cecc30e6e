import type { Profile } from '../../core/profile/profile.ts';
import { changedLines } from '../../core/profile/textDiff.ts';
import { withoutSecrets } from '../../core/scan/withoutSecrets.ts';
import { writeEditedProfile } from '../../node/editedProfile.ts';
import type { Locations } from '../../node/locations.ts';
import { findProfile, type ProfileFile } from '../../node/profileFiles.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { ok, type Result } from '../../shared/result.ts';
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
  if (!found.ok || !found.value.profile.ok) {
    return found.ok && !found.value.profile.ok ? found.value.profile : (found as Result<never>);
  }
  return ok({ file: found.value, profile: found.value.profile.value });
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
  const written = text === file.text ? ok(null) : await writeEditedProfile(locations, file, text);
  if (written.ok && !file.allowed) {
    note(`wharf: ${file.path} is not allowed yet, so none of its tools are offered: "wharf profile allow ${file.id}" shows and allows it.`);
  }
  return written;
}
