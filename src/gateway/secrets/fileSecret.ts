import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';

import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

const longest = 64 * 1024;

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
    const handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const facts = await handle.stat();
      const uid = process.getuid?.();
      if (!facts.isFile()) {
        return refuse('it is no regular file');
      }
      if (uid !== undefined && uid !== 0 && facts.uid !== uid && facts.uid !== 0) {
        return refuse('the file belongs to another user');
      }
      if (process.platform !== 'win32' && (facts.mode & 0o002) !== 0) {
        return refuse('everybody may write the file', 'Run chmod 600 on it.');
      }
      if (facts.size > longest) {
        return refuse('the file has more than 64 KB');
      }
      const text = new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
      const value = text.replace(/\r?\n$/, '');
      return value === '' ? refuse('the file is empty') : ok(value);
    } finally {
      await handle.close();
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
