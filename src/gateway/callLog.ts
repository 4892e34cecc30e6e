import { randomUUID } from 'node:crypto';

import type { CallDetail, CallEvent, CallStatus, CallSummary } from '../shared/calls.ts';

/** Calls that are kept; the oldest go first. */
const callLimit = 1_000;
/** Arguments and results together, in bytes as they came over the wire. */
const byteLimit = 16 * 1024 * 1024;

/** The pieces that a socket or a pipe gives are no longer than this. */
const smallBytes = 64 * 1024;

/** What is known when a call arrives. */
export interface CallStart {
  readonly client: string;
  readonly thread: string | null;
  readonly profile: string;
  readonly server: string;
  readonly tool: string;
  /** JSON, as the client wrote it; undefined where there is none. */
  readonly arguments: Buffer | undefined;
  readonly requestBytes: number;
}

export interface CallEnd {
  readonly status: Exclude<CallStatus, 'running'>;
  /** JSON of the result or the error; null where nothing came. */
  readonly result: Buffer | null;
}

/** A call that still runs. */
export interface OpenCall {
  readonly id: string;
  /** It turned out later which server gets it. */
  isFor(server: string, tool: string): void;
  /** A life-cycle step, shown with its time. */
  event(text: string): void;
  /** Ends the current segment of time under this name. */
  segment(name: string): void;
  end(end: CallEnd): void;
}

/** A call as it is kept: its bodies as bytes, which are read only when somebody looks. */
interface KeptCall {
  readonly summary: CallSummary;
  readonly arguments: Buffer | undefined;
  readonly result: Buffer | null;
  readonly timings: Readonly<Record<string, number>>;
  readonly events: readonly CallEvent[];
}

/** The newest calls of every session, in memory. */
export class CallLog {
  private readonly calls = new Map<string, KeptCall>();
  private readonly listeners = new Set<(call: CallSummary) => void>();
  private bytes = 0;

  begin(start: CallStart): OpenCall {
    const id = randomUUID();
    const began = performance.now();
    const events: CallEvent[] = [];
    const timings: Record<string, number> = {};
    let segmentStart = began;
    const sinceStart = (): number => Math.round((performance.now() - began) * 1000) / 1000;
    const { arguments: given, ...what } = start;
    const summary: CallSummary = {
      id,
      startedAt: new Date().toISOString(),
      ...what,
      status: 'running',
      durationMs: null,
      resultBytes: 0,
      findings: 0,
    };
    this.put({ summary, arguments: given === undefined ? undefined : kept(given), result: null, timings, events });
    return {
      id,
      isFor: (server, tool) => {
        const call = this.calls.get(id);
        if (call !== undefined) {
          this.put({ ...call, summary: { ...call.summary, server, tool } });
        }
      },
      event: (text) => void events.push({ atMs: sinceStart(), text }),
      segment: (name) => {
        const now = performance.now();
        timings[name] = Math.round((now - segmentStart) * 1000) / 1000;
        segmentStart = now;
      },
      end: (end) => {
        const call = this.calls.get(id);
        if (call !== undefined && call.summary.status === 'running') {
          const result = end.result === null ? null : kept(end.result);
          const resultBytes = result?.length ?? 0;
          this.put({ ...call, summary: { ...call.summary, status: end.status, resultBytes, durationMs: sinceStart() }, result });
        }
      },
    };
  }

  /** The newest `limit`, oldest first. */
  list(limit: number): readonly CallSummary[] {
    return limit > 0 ? [...this.calls.values()].slice(-limit).map(({ summary }) => summary) : [];
  }

  show(id: string): CallDetail | undefined {
    const call = this.calls.get(id);
    return call === undefined
      ? undefined
      : {
          ...call.summary,
          arguments: read(call.arguments ?? null) ?? {},
          result: read(call.result),
          timings: call.timings,
          events: call.events,
        };
  }

  /** Returns a function that stops listening. */
  follow(listener: (call: CallSummary) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private put(call: KeptCall): void {
    const { summary } = call;
    this.bytes += sizeOf(call) - sizeOf(this.calls.get(summary.id));
    this.calls.set(summary.id, call);
    for (const [id, oldest] of this.calls) {
      if (id === summary.id || (this.calls.size <= callLimit && this.bytes <= byteLimit)) {
        break;
      }
      this.calls.delete(id);
      this.bytes -= sizeOf(oldest);
    }
    for (const listener of this.listeners) {
      listener(summary);
    }
  }
}

/** Bytes are a window on all that came in the same piece: small ones are copied, so that they do not hold the rest. */
function kept(bytes: Buffer): Buffer {
  return bytes.length < smallBytes ? Buffer.from(bytes) : bytes;
}

function sizeOf(call: KeptCall | undefined): number {
  return call === undefined ? 0 : call.summary.requestBytes + call.summary.resultBytes;
}

/** Bodies come from others; one that is no JSON is shown as the text that it is. */
function read(bytes: Buffer | null): unknown {
  if (bytes === null) {
    return null;
  }
  const text = bytes.toString();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
