import { randomBytes } from 'node:crypto';

/** How much may wait for a client that was asked something. */
export interface WaitingLimits {
  /** Milliseconds until a call is given up whose client does not come back with the answer. */
  readonly waitMs: number;
  /** Calls that may wait at once. */
  readonly calls: number;
}

/** Something that a client may come back to. */
export interface Waiting<T> {
  readonly method: string;
  /** What it is about, such as a tool's name: the next try must be about the same. */
  readonly subject: string;
  readonly what: T;
}

/** What was given out as `requestState` and not used yet. Each is good once. */
export class Rounds<T> {
  private readonly limits: WaitingLimits;
  private readonly expired: (waiting: Waiting<T>) => void;
  private readonly waiting = new Map<string, Waiting<T> & { readonly timer: NodeJS.Timeout }>();

  constructor(limits: WaitingLimits, expired: (waiting: Waiting<T>) => void) {
    this.limits = limits;
    this.expired = expired;
  }

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  get isFull(): boolean {
    return this.waiting.size >= this.limits.calls;
  }

  has(state: string): boolean {
    return this.waiting.has(state);
  }

  /** Keeps something until the client comes back. Gives the `requestState` for it, which nobody can guess. */
  put(waiting: Waiting<T>): string {
    const state = randomBytes(24).toString('base64url');
    const timer = setTimeout(() => {
      this.waiting.delete(state);
      this.expired(waiting);
    }, this.limits.waitMs).unref();
    this.waiting.set(state, { ...waiting, timer });
    return state;
  }

  /** Takes it back; undefined, and still kept, when the client comes with another request. */
  take(state: string, method: string, subject: string): Waiting<T> | undefined {
    const waiting = this.waiting.get(state);
    if (waiting?.method !== method || waiting.subject !== subject) {
      return undefined;
    }
    clearTimeout(waiting.timer);
    this.waiting.delete(state);
    return waiting;
  }

  close(): void {
    for (const { timer } of this.waiting.values()) {
      clearTimeout(timer);
    }
    this.waiting.clear();
  }
}
