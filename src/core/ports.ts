import type { Result } from '../shared/result.ts';
import type { ContainerSpec } from './container/spec.ts';

/** How a server process ended. `code` is null when a signal ended it. */
export interface ServerExit {
  readonly code: number | null;
}

/** A running MCP server, whatever it runs in, seen as three byte streams. */
export interface ServerProcess {
  /** Container id or process id, for people and for logs. */
  readonly id: string;
  /** Resolves when the bytes were taken, so that a caller who waits respects back-pressure. */
  write(bytes: Uint8Array): Promise<void>;
  onStdout(listener: (bytes: Uint8Array) => void): void;
  onStderr(listener: (bytes: Uint8Array) => void): void;
  readonly exited: Promise<ServerExit>;
  /** Closes stdin, waits a moment, then kills. Resolves when nothing is left of it. May be called again. */
  stop(): Promise<void>;
}

export interface EngineFacts {
  readonly endpoint: string;
  readonly version: string;
  readonly apiVersion: string;
}

/** A container engine. The implementation over Docker's Engine API is in src/docker. */
export interface ContainerEngine {
  facts(): Promise<Result<EngineFacts>>;
  start(spec: ContainerSpec): Promise<Result<ServerProcess>>;
  /** Removes containers of this machine whose owner is dead. Returns how many. */
  removeOrphans(): Promise<Result<number>>;
}
