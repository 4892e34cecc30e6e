import type { CallEvent, CallSummary } from '../../shared/calls.ts';
import type { Finding } from '../../shared/findings.ts';
import type { ProcessIdentity } from '../../node/machine.ts';

/** A call as it is at some moment. Bodies are bytes, and hold no secret: the scan masked them. */
export interface CallRecord extends Omit<CallSummary, 'startedAt' | 'findings'> {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly timings: Readonly<Record<string, number>>;
  readonly events: readonly CallEvent[];
  readonly found: readonly Finding[];
  readonly arguments: Uint8Array | null;
  readonly result: Uint8Array | null;
}

/** Something that happened to a server, whoever called it or not. */
export interface ServerEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly profile: string;
  readonly server: string;
  /** Container or process id, where there is one. */
  readonly process: string | null;
  /** A kind of `ServerState`, or `finding` for what the scan found where it belongs to no call. */
  readonly kind: string;
  readonly text: string;
}

/** Where a body lies in a batch's bytes. */
export type Span = readonly [start: number, end: number] | null;

export type PackedCall = Omit<CallRecord, 'arguments' | 'result'> & { readonly arguments: Span; readonly result: Span };

/** What goes to the journal's thread at once. */
export interface Batch {
  readonly calls: readonly PackedCall[];
  /** Nobody else writes there until the batch is over. */
  readonly bodies: SharedArrayBuffer;
  /** Of all bodies. */
  readonly bytes: number;
  readonly events: readonly ServerEvent[];
  /** Calls of this run that the journal misses, so far. */
  readonly dropped: number;
}

/** The process that writes. */
export interface Run {
  readonly process: ProcessIdentity;
  readonly version: string;
}

/** What the journal's thread is started with. */
export interface WorkerSettings {
  readonly path: string;
  readonly run: Run;
  /** JSON of what a call ended with whose gateway died under it. */
  readonly lostResult: string;
  readonly limits: Limits;
}

/** What is kept. */
export interface Limits {
  readonly bytes: number;
  readonly ageMs: number;
  /** Of life-cycle events. */
  readonly events: number;
}

export type ToWorker =
  | { readonly kind: 'write'; readonly batch: Batch }
  | { readonly kind: 'list'; readonly ask: number; readonly limit: number }
  | { readonly kind: 'show'; readonly ask: number; readonly id: string }
  | { readonly kind: 'close' };

/** Why nothing can be written. */
export type Failure =
  /** A newer Wharf wrote the file. */
  { readonly kind: 'newer'; readonly version: number } | { readonly kind: 'unwritable'; readonly detail: string };

export type FromWorker =
  | { readonly kind: 'opened'; readonly bytes: number }
  /** The journal has `bytes` now; null where nothing was written, and `lost` calls of the batch are missing. */
  | { readonly kind: 'written'; readonly bytes: number | null; readonly lost: number }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The file was no journal any more; it lies at `aside`, and a new one was begun. */
  | { readonly kind: 'setAside'; readonly aside: string; readonly detail: string }
  | { readonly kind: 'listed'; readonly ask: number; readonly calls: readonly StoredCall[] }
  | { readonly kind: 'shown'; readonly ask: number; readonly call: CallRecord | null }
  | { readonly kind: 'closed' };

/** As a list needs it. */
export type StoredCall = Omit<CallRecord, 'arguments' | 'result' | 'timings' | 'events' | 'found'> & { readonly findings: number };
