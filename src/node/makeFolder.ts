import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder, with those above it that are missing, unless it is there. Throws where that cannot be. Node's own
 * `recursive` never ends where a folder is there and none can be made in it, as in /proc, whose answer is ENOENT.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  if (isMade(folder, mode)) {
    return;
  }
  const above = dirname(folder);
  if (above !== folder) {
    makeFolder(above, mode);
  }
  if (!isMade(folder, mode)) {
    throw new Error(`no folder can be made in ${above}`);
  }
}

/** Whether it is there now; false where the one above is missing. */
function isMade(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EEXIST':
        return true;
      case 'ENOENT':
        return false;
      default:
        throw error;
    }
  }
}
