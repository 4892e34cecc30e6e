import type { McpTool } from '../../shared/mcp.ts';

/** A profile as Wharf uses it: Docker's exported profile, version 1, with what Wharf needs of it. */
export interface Profile {
  readonly id: string;
  readonly name: string;
  /** How tools are named to the client: as their server names them, or as `server_tool`. */
  readonly toolNames: 'plain' | 'prefix';
  readonly servers: readonly ProfileServer[];
}

export type ProfileServer = ImageServer | RemoteServer | NativeServer | BuiltInServer;

/** Who may use one running copy of a server: every thread of the user, those of one project folder, or one thread alone. */
export type Sharing = 'user' | 'workspace' | 'session';

interface ServerCommon {
  /** Unique in its profile. */
  readonly name: string;
  /** Names of the tools that are offered; null means all. */
  readonly tools: readonly string[] | null;
  /** What the catalogue says that the server offers: served while the server itself was never asked. */
  readonly promisedTools: readonly McpTool[];
  readonly share: Sharing;
  /** Milliseconds until "initialize" and the lists must be answered. */
  readonly startTimeoutMs: number;
  /** Milliseconds that a request may take without a sign of progress. */
  readonly callTimeoutMs: number;
  /** Milliseconds without a request after which a server that is not bound to a session is released; null is the gateway's own. */
  readonly idleTimeoutMs: number | null;
  /** What happens to an idle server. Only containers can be paused; a paused one is stopped later. */
  readonly onIdle: 'stop' | 'pause';
  /** How many copies may run at the same time; null means as many as the gateway allows. */
  readonly maxInstances: number | null;
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
}

/** Runs elsewhere and is reached over HTTP. */
export interface RemoteServer extends ServerCommon {
  readonly kind: 'remote';
  /** `https:`, or `http:` on the loopback interface. */
  readonly url: string;
  /** Streamable HTTP, or the HTTP with SSE of revision 2024-11-05. */
  readonly transport: 'streamable' | 'sse';
  readonly headers: Readonly<Record<string, string>>;
}

/** Runs as a process of the user, outside any container: only what the user granted by name. */
export interface NativeServer extends ServerCommon {
  readonly kind: 'native';
  readonly command: string;
  readonly args: readonly string[];
  /** Exactly these variables, and a PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it runs; null is the user's home folder. */
  readonly cwd: string | null;
}

/** A server that ships with Wharf and runs as a child process. It reads no file and opens no socket. */
export interface BuiltInServer extends ServerCommon {
  readonly kind: 'builtIn';
  readonly program: 'demo';
}

/** What a server does of which its profile says nothing. */
export const serverDefaults = {
  promisedTools: [],
  share: 'session',
  startTimeoutMs: 30_000,
  callTimeoutMs: 30 * 60_000,
  idleTimeoutMs: null,
  onIdle: 'stop',
  maxInstances: null,
} as const satisfies Partial<ServerCommon>;
