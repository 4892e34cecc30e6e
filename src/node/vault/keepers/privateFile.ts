import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { kept, notKept, type Kept } from './keeper.ts';

const longest = 64 * 1024;

/** Reads a file that nobody but its user, or the system, may read: a key, or a passphrase. Without its last line end. */
export async function readPrivateFile(path: string): Promise<Kept<Buffer>> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const facts = await handle.stat();
      const uid = process.getuid?.();
      if (!facts.isFile()) {
        return notKept(`${path} is no regular file`);
      }
      if (uid !== undefined && uid !== 0 && facts.uid !== uid && facts.uid !== 0) {
        return notKept(`${path} belongs to another user`);
      }
      // What the system laid down for this process, as a container's secrets, is readable as it chose to make it.
      const forbidden = uid !== undefined && facts.uid === uid ? 0o077 : 0o022;
      if (process.platform !== 'win32' && (facts.mode & forbidden) !== 0) {
        return notKept(`others may ${forbidden === 0o077 ? 'read' : 'write'} ${path}; run chmod 600 on it`);
      }
      if (facts.size > longest) {
        return notKept(`${path} has more than 64 KB`);
      }
      const bytes = await handle.readFile();
      const end = bytes.at(-1) === 10 ? (bytes.at(-2) === 13 ? 2 : 1) : 0;
      return kept(bytes.subarray(0, bytes.length - end));
    } finally {
      await handle.close();
    }
  } catch (error) {
    return notKept(error instanceof Error ? error.message : String(error));
  }
}
