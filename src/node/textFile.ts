import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, open, readFile, readlink, realpath, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { problems } from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { discard, isCode, takeLock } from './fileLock.ts';

/** A text file as it was when it was read. */
export interface TextFile {
  /** The path that was asked for; a symbolic link stays a link. */
  readonly path: string;
  readonly text: string;
  /** SHA-256 of the bytes, or null when there was no file. */
  readonly hash: string | null;
}

/** Reads a UTF-8 file, byte order mark included; a missing file reads as empty with hash null. */
export async function readTextFile(path: string): Promise<Result<TextFile>> {
  try {
    const bytes = await readFile(path);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return ok({ path, text, hash: hashOf(bytes) });
  } catch (error) {
    if (isMissing(error)) {
      return ok({ path, text: '', hash: null });
    }
    return fail(problems.fileUnreadable(path, reason(error)));
  }
}

/**
 * Replaces the content in one step: refuses when the file is no longer what was read,
 * keeps a copy of the last version under `backups`, follows a symbolic link, keeps the
 * mode. A crash or a full disk leaves the old content.
 */
export async function replaceTextFile(file: TextFile, text: string, backups: string): Promise<Result<TextFile>> {
  const target = await linkTarget(file.path);
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
  const lock = `${target}.wharf-lock`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await takeLock(lock);
  } catch (error) {
    return fail(problems.fileUnwritable(file.path, reason(error)));
  }
  try {
    if ((await currentHash(target)) !== file.hash) {
      return fail(problems.fileChanged(file.path));
    }
    await writeDraft(draft, text, target);
    await backUp(target, backups);
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

/** Where a path leads through symbolic links, also when the last of them points to nothing yet. */
async function linkTarget(path: string, depth = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const next = await readlink(path).catch(() => undefined);
    return next === undefined || depth === linkLimit ? path : linkTarget(resolve(dirname(path), next), depth + 1);
  }
}

/** As many links in a row as Linux follows (path_resolution(7)). */
const linkLimit = 40;

async function writeDraft(draft: string, text: string, target: string): Promise<void> {
  const facts = await stat(target).catch(() => undefined);
  const handle = await open(draft, 'wx', facts === undefined ? 0o644 : facts.mode & 0o777);
  try {
    if (facts !== undefined) {
      // Whoever runs as root does not take the file from its owner; the umask took bits from the mode.
      await handle.chown(facts.uid, facts.gid).catch(() => undefined);
      await handle.chmod(facts.mode & 0o777).catch(() => undefined);
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
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Not over the older backup: that may be read-only, and half a copy would be worse than the older one.
    await copyFile(target, draft);
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
    return hashOf(await readFile(path));
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
