import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { isCode } from './fileLock.ts';

/** What a file is allowed to be for others; Windows keeps that elsewhere. */
const othersMask = 0o077;

/**
 * Reads a file that holds a secret or grants something. Fails with `fileNotPrivate` where its mode lets others in or it belongs to
 * another user than this one or root, and with `fileUnreadable` where it is missing, no regular file, or longer than `limit` bytes.
 */
export async function readPrivateFile(path: string, limit: number): Promise<Result<Buffer>> {
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe waits for its writer. Windows has none; undefined adds nothing.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size > limit) {
      return fail(problems.fileUnreadable(path, facts.isFile() ? `it has more than ${limit} bytes` : 'it is not a regular file'));
    }
    const why = whyNotPrivate(facts);
    if (why !== undefined) {
      return fail(problems.fileNotPrivate(path, why));
    }
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(limit + 1), 0, limit + 1, 0);
    return bytesRead > limit ? fail(problems.fileUnreadable(path, `it has more than ${limit} bytes`)) : ok(buffer.subarray(0, bytesRead));
  } catch (error) {
    return fail(problems.fileUnreadable(path, error instanceof Error ? error.message : String(error)));
  } finally {
    await handle?.close();
  }
}

function whyNotPrivate({ mode, uid }: { readonly mode: number; readonly uid: number }): string | undefined {
  const own = process.getuid?.();
  if (own === undefined) {
    return undefined;
  }
  if (uid !== own && uid !== 0) {
    return 'it belongs to another user';
  }
  return (mode & othersMask) === 0 ? undefined : `its mode is ${(mode & 0o777).toString(8).padStart(4, '0')}`;
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
