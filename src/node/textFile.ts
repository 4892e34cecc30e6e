import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { problems } from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';

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
  const target = await realpath(file.path).catch(() => file.path);
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
    await rm(draft, { force: true });
    await rm(lock, { force: true });
  }
}

async function writeDraft(draft: string, text: string, target: string): Promise<void> {
  const mode = await stat(target).then(
    (facts) => facts.mode & 0o777,
    () => 0o644,
  );
  const handle = await open(draft, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function backUp(target: string, backups: string): Promise<void> {
  const folder = join(backups, createHash('sha256').update(target).digest('hex').slice(0, 16));
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await copyFile(target, join(folder, basename(target)));
  } catch (error) {
    if (!isMissing(error)) {
      throw error;
    }
  }
}

const lockPatienceMs = 5_000;

/** One Wharf program writes at a time. A lock left by a dead program is taken over. */
async function takeLock(lock: string): Promise<void> {
  const end = Date.now() + lockPatienceMs;
  for (;;) {
    try {
      const handle = await open(lock, 'wx', 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      return;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) {
        throw error;
      }
    }
    if (await isAbandoned(lock)) {
      await rm(lock, { force: true });
    } else if (Date.now() > end) {
      throw new Error(`another program holds ${lock}`);
    } else {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(lock, 'utf8'));
    if (!Number.isInteger(pid) || pid <= 0) {
      return Date.now() - (await stat(lock)).mtimeMs > lockPatienceMs;
    }
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return isCode(error, 'ESRCH');
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

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

function isMissing(error: unknown): boolean {
  return isCode(error, 'ENOENT');
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
