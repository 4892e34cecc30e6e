import type { CallDetail, CallSummary } from './calls.ts';
import type { GatewaySettings } from './gatewaySettings.ts';
import type { Problem } from './problem.ts';
import type { InstanceReport, ServerReport } from './servers.ts';

/**
 * What runs on the daemon's local socket: one JSON text per line, UTF-8.
 * The first line each way is a hello. After it a `session` connection carries
 * MCP messages and a `control` connection JSON-RPC 2.0 requests of `ControlMethods`.
 */
export const protocolVersion = 1;

export type ProfileSelection = { readonly by: 'id'; readonly id: string } | { readonly by: 'file'; readonly path: string };

export interface SessionHello {
  readonly wharf: typeof protocolVersion;
  readonly role: 'session';
  readonly version: string;
  readonly profile: ProfileSelection;
  /** The caller's working folder: project profiles are looked up from here. */
  readonly cwd: string;
  readonly settings?: GatewaySettings;
  /** The client was served by another daemon before: what servers of its own held in memory went with that one. */
  readonly resumed?: boolean;
  /** Wants to hear at once, with `refusalMethod`, that the profile cannot be served; its client hears that with its first request. */
  readonly hearsRefusal?: boolean;
}

/** A notification of the daemon to a shim, which keeps it from its client. Its `sentence` is for the person who started it. */
export const refusalMethod = 'wharf/refused';

export interface ControlHello {
  readonly wharf: typeof protocolVersion;
  readonly role: 'control';
  readonly version: string;
}

export type Hello = SessionHello | ControlHello;

export type HelloReply =
  | { readonly wharf: typeof protocolVersion; readonly ok: true; readonly version: string; readonly pid: number }
  | { readonly wharf: typeof protocolVersion; readonly ok: false; readonly problem: Problem };

export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  /** Where the daemon reaches Docker, such as `unix:///var/run/docker.sock`. */
  readonly dockerEndpoint: string;
  readonly socket: string;
  readonly dataFolder: string;
  readonly sessions: readonly SessionReport[];
  /** Every server that runs, also those that nobody uses at the moment. */
  readonly instances: readonly InstanceReport[];
}

export interface SessionReport {
  readonly id: string;
  readonly client: string;
  readonly profile: string;
  readonly startedAt: string;
  readonly servers: readonly ServerReport[];
}

/** Every request of a control connection, with what it takes and what it gives. */
export interface ControlMethods {
  'daemon/status': { params: Record<string, never>; result: DaemonStatus };
  'daemon/stop': { params: Record<string, never>; result: Record<string, never> };
  /** A newer version takes over: no new clients are taken, and the daemon ends with the last that it has. `version` is the newer one's. */
  'daemon/replace': { params: { version: string }; result: Record<string, never> };
  /** With `discover`, servers that were never asked are started, asked for their tools, and stopped. */
  'profile/tools': {
    params: { profile: ProfileSelection; cwd: string; discover: boolean };
    result: { servers: readonly ServerReport[] };
  };
  'calls/list': { params: { limit: number }; result: { calls: readonly CallSummary[] } };
  'calls/show': { params: { id: string }; result: CallDetail };
  /** From now on this connection gets the notifications of `ControlNotifications`. */
  'calls/follow': { params: Record<string, never>; result: { calls: readonly CallSummary[] } };
}

export interface ControlNotifications {
  /** A call began, or its summary changed. */
  'call/changed': CallSummary;
  /** The known tools or the state of a profile's servers changed. */
  'profile/changed': { profile: string };
}

/** JSON-RPC error code of a failure that carries a `Problem` in `error.data`. */
export const problemErrorCode = -32050;
