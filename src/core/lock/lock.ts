import type { FoundImage } from '../../shared/foundServer.ts';
import type { Definition } from './definition.ts';

/**
 * What the users of a profile accepted of its servers: the content of `ID.lock.yaml` beside it. It only ever narrows what its
 * profile gives: a tool or an image that is not in it is not served. That is why it needs no allowance of its own, though it may
 * come with a cloned repository: the worst that one can do is to accept what would be served without a lock.
 */
export interface ProfileLock {
  readonly servers: ReadonlyMap<string, LockedServer>;
  /** Keys that this version does not know, kept when the lock is written anew. */
  readonly rest: Rest;
}

export type Rest = ReadonlyMap<string, unknown>;

export interface LockedServer {
  /** Null for one that runs in no container. */
  readonly image: LockedImage | null;
  /** What the server tells a model of how to use it; null when it tells nothing. */
  readonly instructions: LockedText | null;
  /** By the server's own names. */
  readonly tools: ReadonlyMap<string, LockedTool>;
  readonly rest: Rest;
}

/** An image by what is the same on every computer: the digest in its registry, else the id of its content. */
export interface LockedImage {
  readonly reference: string;
  readonly content: { readonly kind: 'digest' | 'id'; readonly sha256: string };
}

/** Its hash counts; the text is for people, and absent where it may not be written down. */
export interface LockedText {
  readonly sha256: string;
  readonly text: string | null;
}

export interface LockedTool {
  /** What clients call it; null while the profile does not offer it. */
  readonly exposed: string | null;
  /** Of `definitionHash`: this counts. */
  readonly sha256: string;
  /** For people who look at what changed, and proven by the hash; null where it may not be written down. */
  readonly definition: Definition | null;
  readonly rest: Rest;
}

/** Whether an image is the one of the lock; undefined while that is not known. */
export function isLockedImage(locked: LockedImage | null, found: FoundImage | null): boolean | undefined {
  if (locked === null || found === null) {
    return locked === found;
  }
  if (locked.reference !== found.reference) {
    return false;
  }
  if (found.id === null) {
    return undefined;
  }
  const { kind, sha256 } = locked.content;
  return kind === 'digest' ? found.digests.includes(sha256) : found.id === sha256;
}
