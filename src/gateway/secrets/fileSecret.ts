import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';

import * as problems from '../../core/problems.ts';
import { readGuardedFile } from '../../node/guardedFile.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** The path has no link in it any more: one that stands there now came in between. */
const rule = { limit: 64 * 1024, forbidden: { own: 0o002, system: 0o002 }, rootReadsAll: true, noFollow: true };

/** Where the file of a secret may not lie, and why not, as half a sentence. */
export interface ForbiddenFolder {
  readonly folder: string;
  readonly why: string;
}

/**
 * The content of a file of the user, without its last line end. It is a regular file of the user's or of the system's, in
 * UTF-8, of at most 64 KB, that not everybody may write. A project is no place for it: what lies there is soon committed,
 * and a link that came with a repository would lead to any file of the user under a harmless name.
 */
export async function readSecretFile(path: string, forbidden: readonly ForbiddenFolder[]): Promise<Result<string>> {
  const given = resolve(path.startsWith('~/') ? join(homedir(), path.slice(2)) : path);
  const refuse = (why: string, next = 'Correct the file or the reference.'): Result<string> =>
    fail(problems.secretUnreadable(`file://${path}`, why, next));
  try {
    const real = await realpath(given);
    for (const { folder, why } of forbidden) {
      const folders = [resolve(folder), await realpath(folder).catch(() => folder)];
      if ([given, real].some((one) => folders.some((place) => isWithin(one, place)))) {
        return refuse(why, 'Move the file elsewhere, or use "wharf secret set".');
      }
    }
    const file = await readGuardedFile(real, rule);
    switch (file.kind) {
      case 'read': {
        const value = new TextDecoder('utf-8', { fatal: true }).decode(file.bytes).replace(/\r?\n$/, '');
        return value === '' ? refuse('the file is empty') : ok(value);
      }
      case 'notRegular':
        return refuse('it is no regular file');
      case 'foreign':
        return refuse('the file belongs to another user');
      case 'open':
        return refuse('everybody may write the file', 'Run chmod 600 on it.');
      case 'tooLong':
        return refuse('the file has more than 64 KB');
      case 'failed':
        return refuse(file.reason);
    }
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Whether a path is a folder or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
}
