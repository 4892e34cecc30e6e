import type { KeptCall } from '../keptCall.ts';
import type { ServerEvent } from './records.ts';

/** What waits for the journal's thread, or is on its way there: more is not kept for a disk that hangs. */
const mostCalls = 20_000;
const mostBytes = 32 * 1024 * 1024;
const mostEvents = 5_000;
/** In one batch: a short pause for whoever else is served. */
const batchCalls = 200;
const batchBytes = 2 * 1024 * 1024;

/** Calls and events that are not in the journal yet. */
export class Waiting {
  /** Calls that the journal will miss. */
  dropped = 0;
  private readonly calls = new Map<KeptCall, number>();
  private events: ServerEvent[] = [];
  private bytes = 0;
  private sentCalls = 0;
  private sentBytes = 0;

  get isEmpty(): boolean {
    return this.calls.size === 0 && this.events.length === 0;
  }

  /** false where there is no room. */
  put(call: KeptCall): boolean {
    const before = this.calls.get(call);
    const more = call.bytes - (before ?? 0);
    const isFull = this.bytes + this.sentBytes + more > mostBytes && this.calls.size + this.sentCalls > 0;
    if (isFull || (before === undefined && this.calls.size + this.sentCalls >= mostCalls)) {
      // It may have got in when it began. Of one that still runs its end is to come.
      this.calls.delete(call);
      this.bytes -= before ?? 0;
      this.dropped += call.isRunning ? 0 : 1;
      return call.isRunning;
    }
    this.calls.set(call, call.bytes);
    this.bytes += more;
    return true;
  }

  event(event: ServerEvent): void {
    if (this.events.length < mostEvents) {
      this.events.push(event);
    }
  }

  /** Nobody takes anything any more. */
  giveUp(): void {
    this.dropped += this.calls.size + this.sentCalls;
    this.calls.clear();
    this.sentCalls = 0;
    this.events = [];
  }

  /** The next batch, oldest first. `sent` is called when it is written, or lost. */
  take(): { readonly calls: readonly KeptCall[]; readonly events: readonly ServerEvent[]; readonly over: () => void } {
    const calls: KeptCall[] = [];
    let bytes = 0;
    for (const [call, its] of this.calls) {
      if (calls.length >= batchCalls || (calls.length > 0 && bytes + its > batchBytes)) {
        break;
      }
      calls.push(call);
      bytes += its;
      this.calls.delete(call);
    }
    const { events } = this;
    this.events = [];
    this.bytes -= bytes;
    this.sentBytes += bytes;
    this.sentCalls += calls.length;
    return {
      calls,
      events,
      over: () => {
        this.sentBytes -= bytes;
        this.sentCalls -= calls.length;
      },
    };
  }
}
