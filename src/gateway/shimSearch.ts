import type { DaemonConnection } from '../node/controlClient.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, type Result } from '../shared/result.ts';

/** Where the shim gets its connections from. */
export interface DaemonSource {
  /** A new connection, to a new daemon where there is none. */
  connect(): Promise<Result<DaemonConnection>>;
  /** Whether the daemon ended in order: then nobody needs another one before the client asks for something. */
  wasStopped(): boolean;
  /** Says why there is none, where no attempt says it. */
  unreachable(detail: string): Problem;
  /** Milliseconds before each attempt; there is none after the last. */
  readonly pausesMs?: readonly number[];
}

const usualPausesMs = [0, 250, 1_000, 2_000, 4_000];
const patienceMs = 30_000;

/**
 * Looks for a daemon, with growing pauses and not for ever. A daemon that takes connections and ends is none either, so that
 * attempts count until one has answered something or stayed for a while.
 */
export class DaemonSearch {
  private readonly source: DaemonSource;
  private attempts = 0;
  private since = 0;
  private foundAt: number | undefined = Date.now();
  private isOver = false;

  constructor(source: DaemonSource) {
    this.source = source;
  }

  /** The daemon works. */
  proven(): void {
    this.attempts = 0;
  }

  /** Nobody wants a daemon any more. */
  end(): void {
    this.isOver = true;
  }

  async find(): Promise<Result<DaemonConnection>> {
    const now = Date.now();
    if (this.foundAt !== undefined && now - this.foundAt > patienceMs) {
      this.attempts = 0;
    }
    this.foundAt = undefined;
    const { pausesMs = usualPausesMs } = this.source;
    let last = fail(this.source.unreachable('it closes every connection'));
    this.since = this.attempts === 0 ? now : this.since;
    for (;;) {
      const pauseMs = pausesMs[this.attempts++];
      if (pauseMs === undefined || Date.now() - this.since > patienceMs) {
        return last;
      }
      if (pauseMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      if (this.isOver) {
        return last;
      }
      const found = await this.source.connect();
      if (found.ok) {
        this.foundAt = Date.now();
        return found;
      }
      if (found.problem.code !== 'WHARF_DAEMON_UNREACHABLE') {
        return found;
      }
      last = found;
    }
  }
}
