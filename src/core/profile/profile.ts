/** A profile as Wharf uses it: Docker's exported profile, version 1, with what Wharf needs of it. */
export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly servers: readonly ProfileServer[];
}

export type ProfileServer = ImageServer | BuiltInServer;

interface ServerCommon {
  /** Unique in its profile. */
  readonly name: string;
  /** Names of the tools that are offered; null means all. */
  readonly tools: readonly string[] | null;
  /** Line of the entry in the profile file, from 1. */
  readonly line: number;
}

/** Runs in a container. */
export interface ImageServer extends ServerCommon {
  readonly kind: 'image';
  readonly image: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly network: 'none' | 'open';
  readonly limits: { readonly cpus?: number; readonly memory?: number };
  /** Milliseconds until "initialize" must be answered. */
  readonly startTimeoutMs: number;
}

/** A server that ships with Wharf and runs as a child process. It reads no file and opens no socket. */
export interface BuiltInServer extends ServerCommon {
  readonly kind: 'builtIn';
  readonly program: 'demo';
}
