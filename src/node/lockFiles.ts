import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { ProfileLock } from '../core/lock/lock.ts';
import { longestLock, readLock } from '../core/lock/readLock.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import * as problems from '../core/problems.ts';
import type { Locations } from './locations.ts';
import { staysInside } from './projectFile.ts';
import { sha256 } from './scanning.ts';
import { readTextFile, replaceTextFile, type TextFile } from './textFile.ts';

/**
 * The lock of a profile lies beside it: `dev.lock.yaml` for `dev.yaml` and `dev.yml`. Beside the file itself, not beside a link to
 * it: what its user allowed is the file, and a link in another project must not lead to it without its lock.
 */
export function lockPath(profilePath: string): string {
  return `${realOrSelf(profilePath).replace(/\.(?:ya?ml|json)$/i, '')}.lock.yaml`;
}

function realOrSelf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** A lock with the file that it was read from. */
export interface LockFile {
  readonly file: TextFile;
  /** Null where there is no file. */
  readonly lock: ProfileLock | null;
}

/** Reads the lock of the profile in this file. */
export async function readLockFile(profilePath: string): Promise<Result<LockFile>> {
  const path = lockPath(profilePath);
  const read = await readTextFile(path, longestLock * 2);
  if (!read.ok) {
    return read;
  }
  const file = read.value;
  if (file.hash === null) {
    return ok({ file, lock: null });
  }
  const known = lastRead.get(path);
  const lock = known?.hash === file.hash ? known.lock : readLock(file.text, path, sha256);
  keep(path, { hash: file.hash, lock });
  return lock.ok ? ok({ file, lock: lock.value }) : lock;
}

const lastRead = new Map<string, { readonly hash: string; readonly lock: Result<ProfileLock> }>();
const keptLocks = 100;

/** A daemon reads the same file for every thread; what did not change is not understood anew. */
function keep(path: string, read: { readonly hash: string; readonly lock: Result<ProfileLock> }): void {
  if (lastRead.size >= keptLocks) {
    lastRead.clear();
  }
  lastRead.set(path, read);
}

/** Writes a lock over the file that was read, with a backup of it. Fails when the file changed since, or a link leads out of a project. */
export async function writeLockFile(
  locations: Locations,
  profile: { readonly scope: 'user' | 'project' },
  { file }: LockFile,
  text: string,
): Promise<Result<null>> {
  const inside = profile.scope === 'project' ? await staysInside(dirname(file.path), file.path) : ok(null);
  if (!inside.ok) {
    return inside;
  }
  if (text.length > longestLock) {
    return fail(problems.lockBroken({ file: file.path, line: 1, column: 1 }, `it would have more than ${longestLock} characters`));
  }
  const written = await replaceTextFile(file, text, join(locations.dataFolder, 'backups'));
  return written.ok ? ok(null) : written;
}
