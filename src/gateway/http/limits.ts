import type { BearerLimits } from './usage.ts';

/** What the endpoint bears. Sizes are bytes, times are milliseconds. */
export interface HttpLimits {
  /** One body. */
  readonly bodyBytes: number;
  /** All bodies that are being received. */
  readonly bodiesBytes: number;
  readonly sessions: number;
  readonly connections: number;
  /** Headers of one request: all their bytes, and how many. */
  readonly headBytes: number;
  readonly headers: number;
  /** Requests that one connection may have open. */
  readonly pipelined: number;
  /** What the gateway's own token may use at the same time, and what each of the others. */
  readonly main: BearerLimits;
  readonly others: BearerLimits;
  /** Connections that have not shown the token yet. */
  readonly strangers: number;
  /** Time for the head of a request, and for all of it. */
  readonly headMs: number;
  readonly requestMs: number;
  /** How long a connection without a request stays open. */
  readonly restMs: number;
  /** A stream says this often that it is alive; an answer that takes longer becomes a stream. */
  readonly keepAliveMs: number;
  /** Events that are kept for a client that comes back: of one session, and of all. */
  readonly keptEvents: number;
  readonly keptBytes: number;
  readonly allKeptBytes: number;
  /** How long the events of a stream that has ended are kept. */
  readonly keptMs: number;
  /** What may wait on one response before it is cut off. */
  readonly unreadBytes: number;
  /** How long a server's question waits for a stream to the client. */
  readonly questionMs: number;
}

const mebibyte = 1024 * 1024;

export const defaultLimits: HttpLimits = {
  bodyBytes: 64 * mebibyte,
  bodiesBytes: 512 * mebibyte,
  headBytes: 16 * 1024,
  headers: 100,
  pipelined: 100,
  main: { rate: Infinity, requests: 10_000, sessions: 1_000, streams: 2_000 },
  others: { rate: 100, requests: 256, sessions: 100, streams: 200 },
  sessions: 1_000,
  connections: 4_000,
  strangers: 128,
  headMs: 10_000,
  requestMs: 120_000,
  restMs: 75_000,
  keepAliveMs: 25_000,
  keptEvents: 512,
  keptBytes: 16 * mebibyte,
  allKeptBytes: 256 * mebibyte,
  keptMs: 60_000,
  unreadBytes: 128 * mebibyte,
  questionMs: 3_000,
};
