import type { Finding } from './findings.ts';

export type CallStatus = 'running' | 'ok' | 'error' | 'blocked' | 'cancelled';

/** One tool call as a list shows it. */
export interface CallSummary {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** The client's own name and version, such as `codex-mcp-client 0.169.0`. */
  readonly client: string;
  /** The conversation that the client says the call belongs to, or null when it says none. */
  readonly thread: string | null;
  readonly profile: string;
  readonly server: string;
  readonly tool: string;
  readonly status: CallStatus;
  /** Milliseconds from receiving the call to sending its answer; null while it runs. */
  readonly durationMs: number | null;
  readonly requestBytes: number;
  readonly resultBytes: number;
  /** How many findings the output scan made. */
  readonly findings: number;
}

/** A life-cycle step that happened during a call. */
export interface CallEvent {
  /** Milliseconds after the start of the call. */
  readonly atMs: number;
  readonly text: string;
}

/** One call with everything that is known about it. */
export interface CallDetail extends CallSummary {
  /** JSON. */
  readonly arguments: unknown;
  /** The MCP result, or the JSON-RPC error, as JSON; null while the call runs. */
  readonly result: unknown;
  readonly timings: Readonly<Record<string, number>>;
  readonly events: readonly CallEvent[];
  readonly found: readonly Finding[];
}
