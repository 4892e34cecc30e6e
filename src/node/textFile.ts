import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { discard, isCode, takeLock } from './fileLock.ts';
import { linkTarget } from './linkTarget.ts';
import { makeFolder } from './makeFolder.ts';

const mebibyte = 1024 ** 2;

/** Bytes that a text file may have when its reader says nothing. */
const defaultLimit = 16 * mebibyte;

/** A text file as it was when it was read. */
export interface TextFile {
  /** The path that was asked for; a symbolic link stays a link. */
  readonly path: string;
  readonly text: string;
  /** SHA-256 of the bytes, or null when there was no file. */
  readonly hash: string | null;
}

/**
 * Reads a UTF-8 file, byte order mark included; a missing file reads as empty with hash null. What is no
 * regular file, such as a pipe or a device, and what has more bytes than `limit` is `fileUnreadable`.
 */
export async function readTextFile(path: string, limit = defaultLimit): Promise<Result<TextFile>> {
  try {
    const bytes = await readBytes(path, limit);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return ok({ path, text, hash: hashOf(bytes) });
  } catch (error) {
    if (isMissing(error)) {
      return ok({ path, text: '', hash: null });
    }
    return fail(problems.fileUnreadable(path, reason(error)));
  }
}

async function readBytes(path: string, limit: number): Promise<Buffer> {
  // Without O_NONBLOCK, opening a pipe waits for its writer. Windows has neither; undefined adds nothing.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) {
      throw new Error(facts.isDirectory() ? 'it is a folder' : 'it is not a regular file');
    }
    if (facts.size > limit) {
      throw new Error(`it has ${megabytes(facts.size)} and may have ${megabytes(limit)}`);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of handle.createReadStream({ end: limit, autoClose: false })) {
      chunks.push(chunk as Buffer);
    }
    const bytes = Buffer.concat(chunks);
    if (bytes.length > limit) {
      throw new Error(`it has more than ${megabytes(limit)}`);
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(1).replace(/\.0$/, '')} MB`;
}

/**
 * Replaces the content in one step: refuses when the file is no longer what was read,
 * keeps a copy of the last version under `backups` unless that is null, follows a symbolic link,
 * keeps the mode. A crash or a full disk leaves the old content. `mode` is for files of Wharf's own.
 */
export async function replaceTextFile(file: TextFile, text: string, backups: string | null, mode?: number): Promise<Result<TextFile>> {
  const target = await linkTarget(file.path);
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
  const lock = `${target}.wharf-lock`;
  try {
    makeFolder(dirname(target));
    await takeLock(lock);
  } catch (error) {
    return fail(problems.fileUnwritable(file.path, reason(error)));
  }
  try {
    if ((await currentHash(target)) !== file.hash) {
      return fail(problems.fileChanged(file.path));
    }
    await writeDraft(draft, text, target, mode);
    if (backups !== null) {
      await backUp(target, backups);
    }
    if ((await currentHash(target)) !== file.hash) {
      return fail(problems.fileChanged(file.path));
    }
    await rename(draft, target);
    return ok({ path: file.path, text, hash: hashOf(Buffer.from(text)) });
  } catch (error) {
    return fail(problems.fileUnwritable(file.path, reason(error)));
  } finally {
    await discard(draft);
    await discard(lock);
  }
}

/** Removes a file that is still what was read; a copy of it stays under `backups`. Of a link it is the link that goes. */
export async function removeTextFile(file: TextFile, backups: string): Promise<Result<null>> {
  const target = await linkTarget(file.path);
  const lock = `${target}.wharf-lock`;
  try {
    await takeLock(lock);
  } catch (error) {
    return fail(problems.fileUnwritable(file.path, reason(error)));
  }
  try {
    if ((await currentHash(target)) !== file.hash) {
      return fail(problems.fileChanged(file.path));
    }
    await backUp(target, backups);
    await unlink(file.path);
    return ok(null);
  } catch (error) {
    return fail(problems.fileUnwritable(file.path, reason(error)));
  } finally {
    await discard(lock);
  }
}

async function writeDraft(draft: string, text: string, target: string, wanted: number | undefined): Promise<void> {
  const facts = await stat(target).catch(() => undefined);
  const mode = wanted ?? (facts === undefined ? 0o644 : facts.mode & 0o777);
  const handle = await open(draft, 'wx', mode);
  try {
    if (facts !== undefined) {
      // Whoever runs as root does not take the file from its owner; the umask took bits from the mode.
      await handle.chown(facts.uid, facts.gid).catch(() => undefined);
      await handle.chmod(mode).catch(() => undefined);
    }
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function backUp(target: string, backups: string): Promise<void> {
  const folder = join(backups, createHash('sha256').update(target).digest('hex').slice(0, 16));
  const draft = join(folder, `.${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
  try {
    makeFolder(folder, 0o700);
    // Not over the older backup: that may be read-only, and half a copy would be worse than the older one.
    await copyFile(target, draft);
    // What a project shares with its group is not to be shared from here.
    await chmod(draft, 0o600);
    await rename(draft, join(folder, basename(target)));
  } catch (error) {
    await discard(draft);
    if (!isMissing(error)) {
      throw error;
    }
  }
}

async function currentHash(path: string): Promise<string | null> {
  try {
    return hashOf(await readBytes(path, defaultLimit));
  } catch (error) {
    if (isMissing(error)) {
      return null;
    }
    throw error;
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function isMissing(error: unknown): boolean {
  return isCode(error, 'ENOENT');
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
