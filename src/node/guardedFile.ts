import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** What a file must be to be read. Windows keeps owners and rights elsewhere, and there only its size and kind count. */
export interface FileRule {
  /** Bytes. */
  readonly limit: number;
  /** Bits of the mode that a file may not have, by its owner: this user, or root, who lays files down for others as a container's secrets. */
  readonly forbidden: { readonly own: number; readonly system: number };
  /** Root reads files of every user, by the rule for root's. */
  readonly rootReadsAll: boolean;
  /** A link in place of the file is refused. */
  readonly noFollow?: boolean;
}

export type GuardedFile =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'notRegular' | 'tooLong' | 'foreign' }
  | { readonly kind: 'open'; readonly mode: number; readonly forbidden: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** Reads a file that holds a secret or grants something. What was judged is what is read, and a pipe or device holds nobody up. */
export async function readGuardedFile(path: string, rule: FileRule): Promise<GuardedFile> {
  const { limit, noFollow = false } = rule;
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe waits for its writer. Windows has none; undefined adds nothing.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    handle = await open(path, noFollow ? flags | constants.O_NOFOLLOW : flags);
    const facts = await handle.stat();
    if (!facts.isFile()) {
      return { kind: 'notRegular' };
    }
    const refusal = whyNotPrivate(facts, rule);
    if (refusal !== undefined) {
      return refusal;
    }
    if (facts.size > limit) {
      return { kind: 'tooLong' };
    }
    const bytes = Buffer.alloc(limit + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length <= limit; length += read) {
      ({ bytesRead: read } = await handle.read(bytes, length, bytes.length - length, length));
    }
    return length > limit ? { kind: 'tooLong' } : { kind: 'read', bytes: bytes.subarray(0, length) };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    await handle?.close();
  }
}

function whyNotPrivate(
  { mode, uid }: { readonly mode: number; readonly uid: number },
  { forbidden, rootReadsAll }: FileRule,
): GuardedFile | undefined {
  const own = process.getuid?.();
  if (own === undefined) {
    return undefined;
  }
  if (uid !== own && uid !== 0 && !(own === 0 && rootReadsAll)) {
    return { kind: 'foreign' };
  }
  const bits = uid === own ? forbidden.own : forbidden.system;
  return (mode & bits) === 0 ? undefined : { kind: 'open', mode: mode & 0o777, forbidden: bits };
}
