import type { DockerServer } from '../catalog/entry.ts';
import type { McpTool } from '../../shared/mcp.ts';
import type { AllowedHost } from '../network/allowedHost.ts';
import type { MissingKey } from './missingKey.ts';

/** A profile as Wharf uses it: Docker's exported profile, version 1, with what Wharf needs of it. */
export interface Profile {
  readonly id: string;
  readonly name: string;
  /** How tools are named to the client: as their server names them, or as `server_tool`. */
  readonly toolNames: 'plain' | 'prefix';
  /** What happens to a secret in what a server says, or in what it is given. */
  readonly output: OutputPolicy;
  /** Images that are not named by their digest are refused. */
  readonly requireDigest: boolean;
  /** Images must carry a signature that the policy file accepts. */
  readonly verify: boolean;
  readonly servers: readonly ProfileServer[];
  /** What lean entries took from catalogues, in the order of the file: a part of what the profile is, which its text does not hold. */
  readonly lookedUp: readonly LookedUp[];
}

/** What a catalogue says of a lean entry. */
export interface LookedUp {
  /** Of the entry among the servers of its profile, from 0. */
  readonly index: number;
  readonly server: DockerServer;
  /** The tools that whoever made the catalogue allows; null for all. They count where the entry names none. */
  readonly tools: readonly string[] | null;
}

export type ProfileServer = ImageServer | RemoteServer | NativeServer | BuiltInServer | PociServer;

/** Who may use one running copy of a server: every thread of the user, those of one project folder, or one thread alone. */
export type Sharing = 'user' | 'workspace' | 'session';

/** A profile that says nothing of itself. */
export const profileDefaults = {
  toolNames: 'plain',
  output: 'redact',
  requireDigest: false,
  verify: false,
  lookedUp: [],
} as const satisfies Partial<Profile>;

/** `redact` replaces it, `block` withholds the whole message, `warn` only reports it, `off` does not look. */
export type OutputPolicy = 'redact' | 'block' | 'warn' | 'off';

/** One secret that a server gets. The profile names it; its value is looked up when the server starts. */
export interface SecretUse {
  /** The variable that the server reads. As a file it reads the path of the file from `NAME_FILE` instead. */
  readonly env: string;
  /** As `parseSecretReference` reads it. */
  readonly reference: string;
  readonly as: 'env' | 'file';
}

/**
 * What a container's server may reach. `isOwn`: the entry itself names the hosts, and no catalogue, so that they may be private
 * ones: all, or only `privateHosts` where the entry says which. Hosts that were learned and pinned are never among those.
 */
export type NetworkWish =
  | { readonly kind: 'none' }
  /** These hosts, those that its connection strings name, and no others. */
  | ({ readonly kind: 'declared' } & NamedHosts)
  /** Every public host, and each is written down; never private ones but those in `hosts`. */
  | ({ readonly kind: 'learn' } & NamedHosts)
  /** `isChosen`: the profile says so, though the catalogue names the hosts that the server needs. */
  | { readonly kind: 'open'; readonly isChosen: boolean };

interface NamedHosts {
  readonly hosts: readonly AllowedHost[];
  readonly isOwn: boolean;
  readonly privateHosts?: readonly AllowedHost[];
}

/** A folder or file of this computer inside a container. */
export interface Mount {
  /** An absolute path, one from `~/`, or one from `${workspace}`: the caller's trusted project. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A folder of a container whose content outlives it: a volume of the engine that this server of this profile has alone. */
export interface DataVolume {
  /** As the entry calls it; on the engine it has a name of Wharf's own. */
  readonly name: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** What a container gets beyond the strictest settings. */
export interface Isolation {
  readonly mounts: readonly Mount[];
  readonly volumes: readonly DataVolume[];
  /** More folders in memory that the server may write to, without running what lies there. */
  readonly tmpfs: readonly string[];
  /** The same, and what lies there may be run. */
  readonly exec: readonly string[];
  /** The root file system can be written to; what is written goes with the container. */
  readonly writable: boolean;
  /** Capabilities, such as `SETUID`, without `CAP_`. */
  readonly capAdd: readonly string[];
  /** `user[:group]`; null is the image's own, or nobody where that is root and the image allows it. */
  readonly user: string | null;
  /** Bytes of /dev/shm; null is Docker's own 64 MB. */
  readonly shm: number | null;
}

/** What one server says of the scan, beyond its profile. */
export interface ServerOutput {
  /** For all its tools; null is the profile's own. */
  readonly policy: OutputPolicy | null;
  /** For single tools, by the server's own names. */
  readonly tools: Readonly<Record<string, OutputPolicy>>;
  /** Findings that are none: ids of rules, or `sha256:` and the hash of the value that was taken for a secret. */
  readonly allow: readonly string[];
}

interface ServerCommon {
  /** Unique in its profile. */
  readonly name: string;
  /** Names of the tools that are offered; null means all. */
  readonly tools: readonly string[] | null;
  /** What the catalogue says that the server offers: served while the server itself was never asked. */
  readonly promisedTools: readonly McpTool[];
  /** Keys of its configuration that it needs and that have no value; it is not started before they have. */
  readonly missingConfig: readonly MissingKey[];
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
  readonly output: ServerOutput;
  /** Line of the entry in the profile file, from 1. */
  readonly line: number;
}

/** Runs in a container. */
export interface ImageServer extends ServerCommon {
  readonly kind: 'image';
  readonly image: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Those of `env` whose values the catalogue chose, and not the entry itself: no private host is opened for what they name. */
  readonly catalogEnv: readonly string[];
  readonly secrets: readonly SecretUse[];
  readonly network: NetworkWish;
  readonly isolation: Isolation;
  readonly limits: { readonly cpus?: number; readonly memory?: number };
}

/** Runs elsewhere and is reached over HTTP. */
export interface RemoteServer extends ServerCommon {
  readonly kind: 'remote';
  /** `https:`, or `http:` on the loopback interface. */
  readonly url: string;
  /** Streamable HTTP, or the HTTP with SSE of revision 2024-11-05. */
  readonly transport: 'streamable' | 'sse';
  /** A value may hold `${NAME}`, for the secret of that `env`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Only for headers; `as` means nothing here. */
  readonly secrets: readonly SecretUse[];
  /** Scopes to ask for when a person logs in; null where the entry says nothing of OAuth. */
  readonly oauthScopes: readonly string[] | null;
}

/** Runs as a process of the user, outside any container: only what the user granted by name. */
export interface NativeServer extends ServerCommon {
  readonly kind: 'native';
  readonly command: string;
  readonly args: readonly string[];
  /** Exactly these variables, and a PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly SecretUse[];
  /** Where it runs; null is the user's home folder. */
  readonly cwd: string | null;
}

/** A server that ships with Wharf and runs as a child process. It reads no file and opens no socket. */
export interface BuiltInServer extends ServerCommon {
  readonly kind: 'builtIn';
  readonly program: 'demo';
}

/**
 * Each of its tools is a container of its own, which runs once for each call; what it prints is the result (Docker's "poci"). What
 * a call asks to mount is mounted only below what `isolation.mounts` grants.
 */
export interface PociServer extends ServerCommon, Pick<ImageServer, 'env' | 'secrets' | 'network' | 'isolation' | 'limits'> {
  readonly kind: 'poci';
  readonly toolContainers: readonly ToolContainer[];
}

/** The container of one tool. `command` and `volumes` hold templates over the arguments of a call. */
export interface ToolContainer {
  readonly tool: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly volumes: readonly string[];
  readonly user: string | null;
}

/** The strictest settings. */
export const strictIsolation = {
  mounts: [],
  volumes: [],
  tmpfs: [],
  exec: [],
  writable: false,
  capAdd: [],
  user: null,
  shm: null,
} as const satisfies Isolation;

/** A container that gets nothing. */
export const closedContainer = {
  command: [],
  env: {},
  catalogEnv: [],
  secrets: [],
  network: { kind: 'none' },
  isolation: strictIsolation,
  limits: {},
} as const satisfies Partial<ImageServer>;

/** What a server does of which its profile says nothing. */
export const serverDefaults = {
  promisedTools: [],
  missingConfig: [],
  share: 'session',
  startTimeoutMs: 30_000,
  callTimeoutMs: 30 * 60_000,
  idleTimeoutMs: null,
  onIdle: 'stop',
  maxInstances: null,
  output: { policy: null, tools: {}, allow: [] },
} as const satisfies Partial<ServerCommon>;
