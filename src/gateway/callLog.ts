import { randomUUID } from 'node:crypto';

import type { CallDetail, CallEvent, CallStatus, CallSummary } from '../shared/calls.ts';

/** Calls that are kept; the oldest go first. */
const callLimit = 1_000;
/** Arguments and results together, in bytes as they came over the wire. */
const byteLimit = 64 * 1024 * 1024;

/** What is known when a call arrives. */
export interface CallStart {
  readonly client: string;
  readonly thread: string | null;
  readonly profile: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: unknown;
  readonly requestBytes: number;
}

export interface CallEnd {
  readonly status: Exclude<CallStatus, 'running'>;
  readonly result: unknown;
  readonly resultBytes: number;
}

/** A call that still runs. */
export interface OpenCall {
  readonly id: string;
  /** A life-cycle step, shown with its time. */
  event(text: string): void;
  /** Ends the current segment of time under this name. */
  segment(name: string): void;
  end(end: CallEnd): void;
}

/** The newest calls of every session, in memory. */
export class CallLog {
  private readonly calls = new Map<string, CallDetail>();
  private readonly listeners = new Set<(call: CallSummary) => void>();
  private bytes = 0;

  begin(start: CallStart): OpenCall {
    const id = randomUUID();
    const began = performance.now();
    const events: CallEvent[] = [];
    const timings: Record<string, number> = {};
    let segmentStart = began;
    const sinceStart = (): number => Math.round((performance.now() - began) * 1000) / 1000;
    this.put({
      id,
      startedAt: new Date().toISOString(),
      ...start,
      status: 'running',
      durationMs: null,
      resultBytes: 0,
      findings: 0,
      result: null,
      timings,
      events,
    });
    return {
      id,
      event: (text) => void events.push({ atMs: sinceStart(), text }),
      segment: (name) => {
        const now = performance.now();
        timings[name] = Math.round((now - segmentStart) * 1000) / 1000;
        segmentStart = now;
      },
      end: (end) => {
        const call = this.calls.get(id);
        if (call !== undefined && call.status === 'running') {
          this.put({ ...call, ...end, durationMs: sinceStart() });
        }
      },
    };
  }

  /** The newest `limit`, oldest first. */
  list(limit: number): readonly CallSummary[] {
    return limit > 0 ? [...this.calls.values()].slice(-limit).map(summaryOf) : [];
  }

  show(id: string): CallDetail | undefined {
    return this.calls.get(id);
  }

  /** Returns a function that stops listening. */
  follow(listener: (call: CallSummary) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private put(call: CallDetail): void {
    this.bytes += sizeOf(call) - sizeOf(this.calls.get(call.id));
    this.calls.set(call.id, call);
    for (const [id, oldest] of this.calls) {
      if (id === call.id || (this.calls.size <= callLimit && this.bytes <= byteLimit)) {
        break;
      }
      this.calls.delete(id);
      this.bytes -= sizeOf(oldest);
    }
    const summary = summaryOf(call);
    for (const listener of this.listeners) {
      listener(summary);
    }
  }
}

function sizeOf(call: CallDetail | undefined): number {
  return call === undefined ? 0 : call.requestBytes + call.resultBytes;
}

function summaryOf(call: CallDetail): CallSummary {
  const { arguments: _arguments, result: _result, timings: _timings, events: _events, ...summary } = call;
  return summary;
}
