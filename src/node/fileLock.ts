import { open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const lockPatienceMs = 5_000;

/** A lock is held for milliseconds: one of this age is a dead program's, even when its process id is somebody else's by now. */
const oldestLockMs = 60_000;

/** One Wharf program writes at a time. A lock left by a dead program is taken over. Throws when it cannot be had; `discard` gives it back. */
export async function takeLock(lock: string): Promise<void> {
  const end = Date.now() + lockPatienceMs;
  for (;;) {
    const handle = await openNew(lock);
    if (handle !== undefined) {
      return signLock(handle, lock);
    }
    if (Date.now() > end) {
      throw new Error(`another program holds ${lock}`);
    }
    if (!(await isAbandoned(lock)) || !(await removeAbandoned(lock))) {
      await pause(20);
    }
  }
}

/** undefined when it is there already. */
async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (isCode(error, 'EEXIST')) {
      return undefined;
    }
    throw error;
  }
}

async function signLock(handle: FileHandle, lock: string): Promise<void> {
  try {
    await handle.writeFile(String(process.pid));
  } catch (error) {
    // A full disk: nobody may find a lock without an owner.
    await discard(lock);
    throw error;
  } finally {
    await handle.close();
  }
}

/**
 * One taker at a time looks again and removes: two that both saw the dead program's lock
 * would else remove the new lock of whoever was faster. Says whether the lock is gone.
 */
async function removeAbandoned(lock: string): Promise<boolean> {
  const claim = `${lock}-claim`;
  const handle = await openNew(claim);
  if (handle === undefined) {
    if ((await ageOf(claim)) > lockPatienceMs) {
      await discard(claim);
    }
    return false;
  }
  try {
    const stays = !(await isAbandoned(lock));
    if (!stays) {
      await rm(lock, { force: true });
    }
    return !stays;
  } finally {
    await handle.close();
    await discard(claim);
  }
}

async function ageOf(path: string): Promise<number> {
  return stat(path).then(
    (facts) => Date.now() - facts.mtimeMs,
    () => 0,
  );
}

async function isAbandoned(lock: string): Promise<boolean> {
  const age = await ageOf(lock);
  try {
    const pid = Number(await readFile(lock, 'utf8'));
    if (!Number.isInteger(pid) || pid <= 0 || age > oldestLockMs) {
      return age > lockPatienceMs;
    }
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return isCode(error, 'ESRCH');
  }
}

/** In a folder that became read-only nothing can be removed; the outcome is known by then. */
export function discard(path: string): Promise<void> {
  return rm(path, { force: true }).catch(() => undefined);
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
