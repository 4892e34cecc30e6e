import { join } from 'node:path';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { allowEdit, rememberOwn } from './allowances.ts';
import type { Locations } from './locations.ts';
import { contentOfProfile, type ProfileFile } from './profileFiles.ts';
import { readTextFile, replaceTextFile } from './textFile.ts';

/**
 * Writes a profile that its user edited through Wharf. What was allowed stays allowed, since the edit is the user's own; what was
 * not is not by this. Fails when the file is not any more what was shown.
 */
export async function writeEditedProfile(locations: Locations, file: ProfileFile, text: string): Promise<Result<null>> {
  const read = await readTextFile(file.path);
  if (!read.ok) {
    return read;
  }
  if (read.value.text !== file.text) {
    return fail(problems.fileChanged(file.path));
  }
  const written = await replaceTextFile(read.value, text, join(locations.dataFolder, 'backups'));
  if (!written.ok) {
    return written;
  }
  const content = contentOfProfile(locations, text, file.path);
  if (file.scope === 'project' || file.isPulled) {
    return allowEdit(locations, file.path, file.content, content);
  }
  return file.allowed ? rememberWritten(locations, file.path, text) : ok(null);
}

/** Remembers what a profile of the user's own, which Wharf itself wrote, takes from catalogues: its user agreed to that and to no more. */
export async function rememberWritten(locations: Locations, path: string, text: string): Promise<Result<null>> {
  const content = contentOfProfile(locations, text, path);
  return content === text ? ok(null) : rememberOwn(locations, path, content);
}
