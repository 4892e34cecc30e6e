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

/** What a server wants from the vault. */
export interface VaultNeed {
  /** Names that it wants and the vault does not have. */
  readonly missing: readonly string[];
  /** The vault is locked, and opens only for a person. */
  readonly isLocked: boolean;
}

/** What the daemon knows of one server of a profile. */
export interface ServerReport {
  readonly name: string;
  readonly state: ServerState;
  /** null until the server has been asked once. */
  readonly tools: readonly ToolSummary[] | null;
  /** How many of these tools "tools" of the profile leaves to its clients; absent while they are not known. */
  readonly offered?: number;
  /** Those of its tools that are not served, as they are not what the lock of the profile says. */
  readonly withheld?: readonly string[];
  /** Names in "tools" of the profile that the server does not have. */
  readonly warnings?: readonly Problem[];
  /** What it wants from the vault; absent where it wants nothing from there. */
  readonly secrets?: VaultNeed;
  /** How many hosts it reached that could be pinned; absent unless it learns them. */
  readonly learnedHosts?: number;
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
  /** Its container may reach every host; absent where it may not. */
  readonly isOpen?: boolean;
}
