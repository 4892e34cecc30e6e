import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import type { CallDetail, CallEvent, CallStatus, CallSummary } from '../shared/calls.ts';
import type { Finding } from '../shared/findings.ts';
import { readBody } from './callBody.ts';
import type { CallRecord } from './journal/records.ts';

/** A message full of them says no more than the first of them. */
const keptFindings = 100;
/** The pieces that a socket or a pipe gives are no longer than this. */
const smallBytes = 64 * 1024;
/** A server may make many of them. */
const keptNotes = 20;
/** What is told by another process may come later than the answer. */
const stillNotedMs = 2_000;

/** What is known when a call arrives. */
export interface CallStart {
  readonly client: string;
  readonly thread: string | null;
  readonly profile: string;
  /** Where it lies: another project may have a profile of the same id. */
  readonly profilePath: string;
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
  get isRunning(): boolean;

  isFor(server: string, tool: string): void;
  /** A life-cycle step, shown with its time. */
  event(text: string): void;
  /** The scan found something in what the call carries. */
  finds(findings: readonly Finding[]): void;
  /** Ends the current segment of time under this name. */
  segment(name: string): void;
  end(end: CallEnd): void;
}

/** A call as it is kept. Its bodies stay bytes, and nothing is made of the rest, until somebody looks: thousands go by in a second. */
export class KeptCall implements OpenCall {
  readonly id = randomUUID();
  private readonly client: string;
  private readonly thread: string | null;
  private readonly profile: string;
  private readonly profilePath: string;
  private readonly requestBytes: number;
  private readonly arguments: Buffer | undefined;
  private readonly changed: (call: KeptCall) => void;
  private readonly startedAt = Date.now();
  private readonly began = performance.now();
  private readonly segments: [name: string, ms: number][] = [];
  private readonly events: CallEvent[] = [];
  private readonly found: Finding[] = [];
  private segmentStart = this.began;
  private server: string;
  private tool: string;
  private status: CallStatus = 'running';
  private result: Buffer | null = null;
  private durationMs: number | null = null;

  /** `changed` hears when the call is for another server, and when it has ended. */
  constructor(start: CallStart, changed: (call: KeptCall) => void) {
    // Not the start itself: its arguments hold on to all that was read with them.
    this.client = start.client;
    this.thread = start.thread;
    this.profile = start.profile;
    this.profilePath = start.profilePath;
    this.requestBytes = start.requestBytes;
    this.arguments = start.arguments === undefined ? undefined : kept(start.arguments);
    this.server = start.server;
    this.tool = start.tool;
    this.changed = changed;
  }

  /** Arguments and result, as they came over the wire. */
  get bytes(): number {
    return this.requestBytes + (this.result?.length ?? 0);
  }

  get isRunning(): boolean {
    return this.status === 'running';
  }

  isFor(server: string, tool: string): void {
    this.server = server;
    this.tool = tool;
    this.changed(this);
  }

  event(text: string): void {
    this.events.push({ atMs: rounded(performance.now() - this.began), text });
  }

  /** A step of its server, told once while it runs, or shortly after its end. Returns whether it was. */
  note(profilePath: string, server: string, text: string): boolean {
    const sinceEnd = performance.now() - this.began - (this.durationMs ?? Infinity);
    const isOfIt = this.server === server && this.profilePath === profilePath && !(sinceEnd > stillNotedMs);
    const isNew = isOfIt && this.events.length < keptNotes && !this.events.some((event) => event.text === text);
    if (isNew) {
      this.event(text);
    }
    return isNew;
  }

  finds(findings: readonly Finding[]): void {
    const before = [...this.found];
    for (const one of findings) {
      // What was only reported is still there when an interceptor passed it on.
      const isKnown = one.action === 'reported' && before.some((other) => isDeepStrictEqual(one, other));
      if (this.found.length < keptFindings && !isKnown) {
        this.found.push(one);
      }
    }
  }

  segment(name: string): void {
    const now = performance.now();
    this.segments.push([name, now - this.segmentStart]);
    this.segmentStart = now;
  }

  end({ status, result }: CallEnd): void {
    if (this.status === 'running') {
      this.status = status;
      this.result = result === null ? null : kept(result);
      this.durationMs = performance.now() - this.began;
      this.changed(this);
    }
  }

  summary(): CallSummary {
    return { ...this.facts(), startedAt: new Date(this.startedAt).toISOString(), findings: this.found.length };
  }

  /** As the journal keeps it. */
  record(): CallRecord {
    return {
      ...this.facts(),
      startedAt: this.startedAt,
      arguments: this.arguments ?? null,
      result: this.result,
      timings: this.timings(),
      events: this.events,
      found: this.found,
    };
  }

  detail(): CallDetail {
    return {
      ...this.summary(),
      arguments: readBody(this.arguments ?? null) ?? {},
      result: readBody(this.result),
      timings: this.timings(),
      events: [...this.events],
      found: [...this.found],
    };
  }

  private facts(): Omit<CallSummary, 'startedAt' | 'findings'> {
    return {
      id: this.id,
      client: this.client,
      thread: this.thread,
      profile: this.profile,
      server: this.server,
      tool: this.tool,
      status: this.status,
      durationMs: this.durationMs === null ? null : rounded(this.durationMs),
      requestBytes: this.requestBytes,
      resultBytes: this.result?.length ?? 0,
    };
  }

  private timings(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.segments.map(([name, ms]) => [name, rounded(ms)]));
  }
}

/** Milliseconds with three digits behind the point. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Bytes are a window on all that came in the same piece: small ones are copied, so that they do not hold the rest. */
function kept(bytes: Buffer): Buffer {
  return bytes.length < smallBytes ? Buffer.from(bytes) : bytes;
}
