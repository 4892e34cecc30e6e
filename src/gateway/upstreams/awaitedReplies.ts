import type { RequestId } from '../../shared/mcp.ts';
import type { UpstreamReply } from './upstreamReply.ts';

/** How often requests are looked at for their time-outs. */
const lookMs = 500;

/** Who waits for the answer to a request. */
export interface Awaiting {
  /** Milliseconds without an answer or progress. */
  readonly timeoutMs: number;
  /** Gets each progress notification's parameters. */
  readonly onProgress?: ((params: Buffer) => void) | undefined;
  readonly onReply: (reply: UpstreamReply) => void;
}

interface Waiting {
  readonly who: Awaiting;
  deadline: number;
  /** The server waits for its client, so that its own time stands still. */
  isHeld: boolean;
}

/** The requests of one server that it has not answered, and their time-outs. Each gets one reply at most. */
export class AwaitedReplies {
  private readonly waiting = new Map<number, Waiting>();
  private readonly tooLate: (id: number) => void;
  private timer: NodeJS.Timeout | undefined;

  /** `tooLate` tells the server that nobody waits any more. */
  constructor(tooLate: (id: number) => void) {
    this.tooLate = tooLate;
  }

  get size(): number {
    return this.waiting.size;
  }

  has(id: number): boolean {
    return this.waiting.has(id);
  }

  add(id: number, who: Awaiting): void {
    this.waiting.set(id, { who, deadline: performance.now() + who.timeoutMs, isHeld: false });
    this.timer ??= setInterval(() => this.lookForTimeouts(), lookMs).unref();
  }

  /** While a request is held it does not time out. */
  hold(id: number, isHeld: boolean): void {
    const waiting = this.waiting.get(id);
    if (waiting !== undefined) {
      waiting.isHeld = isHeld;
      waiting.deadline = performance.now() + waiting.who.timeoutMs;
    }
  }

  /** The server works on it: its time begins anew. */
  progress(id: number, params: Buffer): void {
    const waiting = this.waiting.get(id);
    if (waiting !== undefined) {
      waiting.deadline = performance.now() + waiting.who.timeoutMs;
      waiting.who.onProgress?.(params);
    }
  }

  settle(id: RequestId | null, reply: UpstreamReply): void {
    const waiting = typeof id === 'number' ? this.waiting.get(id) : undefined;
    if (waiting !== undefined) {
      this.waiting.delete(id as number);
      waiting.who.onReply(reply);
    }
  }

  /** Nobody waits for it any more. Says whether anybody did. */
  forget(id: number): boolean {
    return this.waiting.delete(id);
  }

  /** The server is gone. */
  settleAll(reply: UpstreamReply): void {
    clearInterval(this.timer);
    const left = [...this.waiting.values()];
    this.waiting.clear();
    left.forEach(({ who }) => who.onReply(reply));
  }

  private lookForTimeouts(): void {
    const now = performance.now();
    for (const [id, { deadline, isHeld, who }] of this.waiting) {
      if (deadline <= now && !isHeld) {
        this.tooLate(id);
        this.waiting.delete(id);
        who.onReply({ kind: 'timeout' });
      }
    }
    if (this.waiting.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }
}
