import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Held for as long as the daemon lives. */
export interface DaemonLock {
  release(): void;
}

/**
 * An exclusive transaction on a small database: the kernel's file lock behind it ends
 * with the process, however that ends, so that a dead daemon never blocks a new one and
 * two can never run. undefined when another process holds it.
 */
export function takeDaemonLock(runtimeFolder: string, id: string): DaemonLock | undefined {
  const database = new DatabaseSync(join(runtimeFolder, `daemon-${id}.lock`));
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) {
      return undefined;
    }
    throw error;
  }
  return { release: () => database.close() };
}
