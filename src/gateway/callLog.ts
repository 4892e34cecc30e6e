import type { CallDetail, CallSummary } from '../shared/calls.ts';
import { KeptCall, type CallStart, type OpenCall } from './keptCall.ts';

/** Calls that are kept; the oldest go first. */
const callLimit = 1_000;
/** Arguments and results together, in bytes as they came over the wire. */
const byteLimit = 16 * 1024 * 1024;

/** The newest calls of every session, in memory. */
export class CallLog {
  /** With the bytes that each was counted with. */
  private readonly calls = new Map<KeptCall, number>();
  private readonly listeners = new Set<(call: CallSummary) => void>();
  private readonly keep: (call: KeptCall) => void;
  private bytes = 0;

  /** `keep` gets each call when it begins and whenever more is known of it, also of one that is here no more. */
  constructor(keep: (call: KeptCall) => void = () => undefined) {
    this.keep = keep;
  }

  /** `called` is told when this call has ended. */
  begin(start: CallStart, called?: (call: CallSummary) => void): OpenCall {
    const call = new KeptCall(start, (changed) => {
      if (this.calls.has(changed)) {
        this.put(changed);
      }
      this.keep(changed);
      if (called !== undefined && !changed.isRunning) {
        called(changed.summary());
      }
    });
    this.put(call);
    this.keep(call);
    return call;
  }

  /** The newest `limit`, oldest first. */
  list(limit: number): readonly CallSummary[] {
    return limit > 0 ? [...this.calls.keys()].slice(-limit).map((call) => call.summary()) : [];
  }

  show(id: string): CallDetail | undefined {
    return [...this.calls.keys()].find((call) => call.id === id)?.detail();
  }

  /** Adds a step to the calls of a server that run or have just ended. */
  note(profilePath: string, server: string, text: string): void {
    for (const call of this.calls.keys()) {
      if (call.note(profilePath, server, text)) {
        this.keep(call);
      }
    }
  }

  /** Returns a function that stops listening. */
  follow(listener: (call: CallSummary) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private put(call: KeptCall): void {
    this.bytes += call.bytes - (this.calls.get(call) ?? 0);
    this.calls.set(call, call.bytes);
    if (this.calls.size > callLimit || this.bytes > byteLimit) {
      this.makeRoom(call);
    }
    if (this.listeners.size > 0) {
      const summary = call.summary();
      this.listeners.forEach((listener) => listener(summary));
    }
  }

  /** Calls that have ended go first: the end of one that runs shall still be seen. */
  private makeRoom(newest: KeptCall): void {
    const isTooMuch = (): boolean => this.calls.size > callLimit || this.bytes > byteLimit;
    for (const mayRun of [false, true]) {
      for (const [call, bytes] of this.calls) {
        if (!isTooMuch()) {
          return;
        }
        if (call !== newest && (mayRun || !call.isRunning)) {
          this.calls.delete(call);
          this.bytes -= bytes;
        }
      }
    }
  }
}
