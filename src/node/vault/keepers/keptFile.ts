import { readGuardedFile } from '../../guardedFile.ts';
import { kept, notKept, type Kept } from './keeper.ts';

/** What the system laid down for this process, as a container's secrets, is readable as it chose to make it. */
const rule = { limit: 64 * 1024, forbidden: { own: 0o077, system: 0o022 }, rootReadsAll: true };

/** Reads a key or a passphrase from a file that nobody but its user, or the system, may read. Without its last line end. */
export async function readKeptFile(path: string): Promise<Kept<Buffer>> {
  const file = await readGuardedFile(path, rule);
  switch (file.kind) {
    case 'read': {
      const { bytes } = file;
      const end = bytes.at(-1) === 10 ? (bytes.at(-2) === 13 ? 2 : 1) : 0;
      return kept(bytes.subarray(0, bytes.length - end));
    }
    case 'notRegular':
      return notKept(`${path} is no regular file`);
    case 'foreign':
      return notKept(`${path} belongs to another user`);
    case 'open':
      return notKept(`others may ${file.forbidden === rule.forbidden.own ? 'read' : 'write'} ${path}; run chmod 600 on it`);
    case 'tooLong':
      return notKept(`${path} has more than 64 KB`);
    case 'failed':
      return notKept(file.reason);
  }
}
