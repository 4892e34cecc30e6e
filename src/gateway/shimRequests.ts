import * as problems from '../core/problems.ts';
import type { RequestId } from '../shared/mcp.ts';
import { refusalOf, withdrawalOf } from './shimMessages.ts';

/** So many cancelled requests may still be answered; nobody misses older ones. */
const rememberedCancelled = 1_000;

/** Which requests are on their way, by their ids alone. */
export class OpenRequests {
  /** The client's requests that the daemon has and did not answer. */
  private readonly ofClient = new Set<RequestId>();
  /** Those that the client gave up; an answer that comes all the same is passed on, and a missing one is no news. */
  private readonly cancelled = new Set<RequestId>();
  /** The daemon's requests that the client did not answer. */
  private readonly ofDaemon = new Set<RequestId>();

  add(id: RequestId): void {
    this.ofClient.add(id);
  }

  has(id: RequestId): boolean {
    return this.ofClient.has(id);
  }

  cancel(id: RequestId): void {
    if (!this.ofClient.delete(id)) {
      return;
    }
    const [oldest] = this.cancelled;
    if (this.cancelled.size >= rememberedCancelled && oldest !== undefined) {
      this.cancelled.delete(oldest);
    }
    this.cancelled.add(id);
  }

  /** Whether the client still waits for this answer: each request is answered once, however often the daemon answers. */
  settle(id: RequestId): boolean {
    return this.ofClient.delete(id) || this.cancelled.delete(id);
  }

  addOfDaemon(id: RequestId): void {
    this.ofDaemon.add(id);
  }

  /** Whether the daemon that is there asked this, and waits: an answer to one that is gone is nobody's. */
  settleOfDaemon(id: RequestId): boolean {
    return this.ofDaemon.delete(id);
  }

  /** The daemon is gone. Gives the lines that tell the client so; `except` is a request that is sent again. */
  lose(except: RequestId | undefined): readonly Buffer[] {
    const lost = [...this.ofClient].filter((id) => id !== except).map((id) => refusalOf(id, problems.daemonLost()));
    const lines = [...lost, ...[...this.ofDaemon].map(withdrawalOf)];
    this.ofClient.clear();
    this.cancelled.clear();
    this.ofDaemon.clear();
    if (except !== undefined) {
      this.ofClient.add(except);
    }
    return lines;
  }

  /** The client's requests, to be refused one by one. */
  get left(): readonly RequestId[] {
    return [...this.ofClient];
  }
}

/** A message that waits for a daemon; `id` where it is a request. */
export interface WaitingLine {
  readonly line: Buffer;
  readonly id: RequestId | undefined;
}

const mostWaiting = 1_000;
const mostWaitingBytes = 64 * 1024 * 1024;

/** What the client said while there was no daemon, in order and bounded. */
export class WaitingLines {
  private lines: WaitingLine[] = [];
  private bytes = 0;

  get isEmpty(): boolean {
    return this.lines.length === 0;
  }

  /** Whether there was room. */
  add(line: Buffer, id: RequestId | undefined): boolean {
    if (this.lines.length >= mostWaiting || this.bytes + line.length > mostWaitingBytes) {
      return false;
    }
    this.lines.push({ line, id });
    this.bytes += line.length;
    return true;
  }

  /** Forgets a request that the client gave up; says whether it was there. */
  withdraw(id: RequestId): boolean {
    const at = this.lines.findIndex((waiting) => waiting.id === id);
    const [withdrawn] = at === -1 ? [] : this.lines.splice(at, 1);
    this.bytes -= withdrawn?.line.length ?? 0;
    return withdrawn !== undefined;
  }

  /** Gives all and forgets them. */
  take(): readonly WaitingLine[] {
    const { lines } = this;
    this.lines = [];
    this.bytes = 0;
    return lines;
  }
}
