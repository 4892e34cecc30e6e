import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { isCode } from './fileLock.ts';
import { readGuardedFile } from './guardedFile.ts';

/**
 * Reads a file that holds a secret or grants something. Fails with `fileNotPrivate` where its mode lets others in or it belongs to
 * another user than this one or root, and with `fileUnreadable` where it is missing, no regular file, or longer than `limit` bytes.
 */
export async function readPrivateFile(path: string, limit: number): Promise<Result<Buffer>> {
  const file = await readGuardedFile(path, { limit, forbidden: { own: 0o077, system: 0o077 }, rootReadsAll: false });
  switch (file.kind) {
    case 'read':
      return ok(file.bytes);
    case 'foreign':
      return fail(problems.fileNotPrivate(path, 'it belongs to another user'));
    case 'open':
      return fail(problems.fileNotPrivate(path, `its mode is ${file.mode.toString(8).padStart(4, '0')}`));
    case 'notRegular':
      return fail(problems.fileUnreadable(path, 'it is not a regular file'));
    case 'tooLong':
      return fail(problems.fileUnreadable(path, `it has more than ${limit} bytes`));
    case 'failed':
      return fail(problems.fileUnreadable(path, file.reason));
  }
}

/** Something that differs when one of the files was changed or replaced; links are followed. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const facts = await Promise.all(
    paths.map(async (path) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
        return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
      } catch (error) {
        return isCode(error, 'ENOENT') ? 'missing' : 'unreadable';
      }
    }),
  );
  return createHash('sha256').update(facts.join('\n')).digest('hex');
}
