import { chmodSync, lstatSync } from 'node:fs';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { makeFolder } from './makeFolder.ts';

/**
 * Makes a folder that only this user can enter, or proves that it is one: someone who
 * made it first could listen in our place.
 */
export function ensurePrivateFolder(folder: string): Result<string> {
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    return fail(problems.folderUnmakeable(folder, error instanceof Error ? error.message : String(error)));
  }
  try {
    const facts = lstatSync(folder);
    if (!facts.isDirectory()) {
      return fail(problems.folderUnsafe(folder, 'it is not a folder'));
    }
    const uid = process.getuid?.();
    if (uid !== undefined && facts.uid !== uid) {
      return fail(problems.folderUnsafe(folder, 'it belongs to another user'));
    }
    if (process.platform !== 'win32' && (facts.mode & 0o077) !== 0) {
      chmodSync(folder, 0o700);
    }
    return ok(folder);
  } catch (error) {
    return fail(problems.folderUnsafe(folder, error instanceof Error ? error.message : String(error)));
  }
}
