import { join, resolve } from 'node:path';

import { fullForm } from '../core/profile/fullForm.ts';
import { profileJson } from '../core/profile/profileJson.ts';
import * as problems from '../core/problems.ts';
import type { Locations } from '../node/locations.ts';
import { findProfile } from '../node/profileFiles.ts';
import { readTextFile, replaceTextFile } from '../node/textFile.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { complain, exitCodes, note, print } from './output.ts';
import { pinnedImages } from './pinnedImages.ts';
import { secretToShare } from './sharedSecrets.ts';

/** Writes a profile in Docker's full form to a file that others get: comments included, or as JSON. Never one that holds a secret itself. */
export async function exportProfile(locations: Locations, selection: ProfileSelection, to: string): Promise<number> {
  const [, ending] = /\.(ya?ml|json)$/.exec(to) ?? [];
  if (ending === undefined) {
    const why = `A profile is exported to a file that ends with .yaml, .yml or .json, and not to "${to}".`;
    return complain(problems.badArgument(why, 'wharf profile export'));
  }
  const found = await findProfile(locations, selection, process.cwd());
  if (!found.ok) {
    return complain(found.problem);
  }
  const { id, path, text, profile } = found.value;
  if (!profile.ok) {
    return complain(profile.problem);
  }
  const secret = await secretToShare(locations, text, path);
  if (secret !== undefined) {
    return complain(secret);
  }
  const full = fullForm(text, profile.value, await pinnedImages(locations, profile.value));
  const before = await readTextFile(resolve(to));
  const written = before.ok
    ? await replaceTextFile(before.value, ending === 'json' ? profileJson(full.text) : full.text, join(locations.dataFolder, 'backups'))
    : before;
  if (!written.ok) {
    return complain(written.problem);
  }
  full.notes.forEach((words) => note(`wharf: ${words}`));
  print(`Exported profile ${id} to ${to}`);
  return exitCodes.ok;
}
