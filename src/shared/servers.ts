import type { Problem } from './problem.ts';

/** The one state of a server instance. Times are ISO 8601, UTC. */
export type ServerState =
  | { readonly kind: 'stopped' }
  /** `step` tells what takes long, such as a download. */
  | { readonly kind: 'starting'; readonly since: string; readonly step?: string }
  | { readonly kind: 'ready'; readonly since: string; readonly processId: string }
  /** Frozen where it stands, until the next call. */
  | { readonly kind: 'paused'; readonly since: string; readonly processId: string }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'failed'; readonly problem: Problem };

export interface ToolSummary {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  /** From the tool's own annotations: null when the server says nothing. */
  readonly readOnly: boolean | null;
}

/** What the daemon knows of one server of a profile. */
export interface ServerReport {
  readonly name: string;
  readonly state: ServerState;
  /** null until the server has been asked once. */
  readonly tools: readonly ToolSummary[] | null;
  /** How many of these tools "tools" of the profile leaves to its clients; absent while they are not known. */
  readonly offered?: number;
  /** Names in "tools" of the profile that the server does not have. */
  readonly warnings?: readonly Problem[];
}

/** One running copy of a server, and who uses it. */
export interface InstanceReport {
  readonly profile: string;
  readonly server: string;
  readonly share: 'user' | 'workspace' | 'session';
  readonly state: ServerState;
  /** Ids of the sessions that it works for. */
  readonly sessions: readonly string[];
  readonly openCalls: number;
}
