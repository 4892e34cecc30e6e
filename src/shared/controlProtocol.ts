import type { CallDetail, CallSummary } from './calls.ts';
import type { FoundServer } from './foundServer.ts';
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

/** What a client can be served: a profile, or servers without one. */
export type SessionSelection = ProfileSelection | ServersSelection;

/** Servers of catalogues, named on a command line, as a profile that is no file. */
export interface ServersSelection {
  readonly by: 'servers';
  /** References of catalogues of this computer; none are those that are looked at without being named. */
  readonly catalogs: readonly string[];
  readonly servers: readonly string[];
}

export interface SessionHello {
  readonly wharf: typeof protocolVersion;
  readonly role: 'session';
  readonly version: string;
  readonly profile: SessionSelection;
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
  /** Absent in older daemons. */
  readonly journal?: JournalReport;
}

/** The file in which calls outlive the daemon. */
export interface JournalReport {
  readonly file: string;
  /** What it holds, in bytes; null while nothing was written. */
  readonly bytes: number | null;
  /** Calls of this daemon that are missing in it. */
  readonly dropped: number;
  /** Why nothing is written; null where all is well. */
  readonly problem: Problem | null;
}

export interface SessionReport {
  readonly id: string;
  readonly client: string;
  readonly profile: string;
  readonly startedAt: string;
  readonly servers: readonly ServerReport[];
}

/** How the key of the vault is kept: see DESIGN, "Secrets". */
export type VaultKeeper = 'helper' | 'keyring' | 'passphrase' | 'keyFile';

/** A keeper that goes before the chosen one and could not be used. */
export interface PassedOverKeeper {
  /** Such as `docker-credential-pass`, or `the OS keyring`. */
  readonly keeper: string;
  /** Half a sentence. */
  readonly reason: string;
}

/** What is known of a vault whether it is open or not. */
export interface VaultFacts {
  readonly keeper: VaultKeeper;
  /** In words, such as `docker-credential-pass` or the path of the key file. */
  readonly keptBy: string;
  readonly file: string;
  readonly passedOver: readonly PassedOverKeeper[];
}

export type VaultStatus =
  /** None is made yet. */
  | { readonly kind: 'none'; readonly file: string }
  /** `until`: when the key is forgotten, ISO 8601; null is when the daemon ends. */
  | ({ readonly kind: 'open'; readonly until: string | null } & VaultFacts)
  /** `opensItself`: the next who wants a secret gets it, and nobody is asked. `needsPassphrase`: `vault/unlock` wants one. */
  | ({ readonly kind: 'locked'; readonly opensItself: boolean; readonly needsPassphrase: boolean } & VaultFacts);

/** Who shall keep the key of a vault. */
export type KeeperWish =
  /** The first of DESIGN's order that works here. */
  | { readonly kind: 'automatic' }
  /** `docker-credential-NAME`. */
  | { readonly kind: 'helper'; readonly name: string }
  | { readonly kind: 'keyring' }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** An absolute path. The file is made, readable for its user alone, where there is none. */
  | { readonly kind: 'keyFile'; readonly path: string };

/** A secret without its value. */
export interface SecretSummary {
  readonly name: string;
  /** ISO 8601; null where its entry is damaged: it can be removed or set anew, and its value cannot be had. */
  readonly changedAt: string | null;
}

/** A login at a remote server, without its tokens. */
export interface LoginSummary {
  /** The address of the MCP server. */
  readonly server: string;
  readonly issuer: string;
  readonly scopes: readonly string[];
  /** ISO 8601; null where the token says nothing. */
  readonly expiresAt: string | null;
  readonly canRefresh: boolean;
}

/** A client that an authorization server knows already, where it lets nobody register by themselves. */
export type LoginClientChoice =
  /** Registered by hand. `port` is the one of its redirect address `http://127.0.0.1:PORT/callback`; null is any. */
  | { readonly kind: 'known'; readonly id: string; readonly secret: string | null; readonly port: number | null }
  /** Described by a document at this address (Client ID Metadata Document). */
  | { readonly kind: 'document'; readonly url: string };

/** Requests about secrets. Values only ever go to the daemon. */
export interface SecretMethods {
  'vault/status': { params: Record<string, never>; result: VaultStatus };
  /** Whether a vault could be made here without a person; fails as `vault/init` would, and makes none. */
  'vault/probe': { params: Record<string, never>; result: Record<string, never> };
  /** Makes the vault. `forMs` as in `vault/unlock`. */
  'vault/init': { params: { keeper: KeeperWish; forMs: number | null }; result: VaultStatus };
  /** `forMs`: how long the daemon holds the key; null is until it ends. `passphrase` is empty where the keeper needs none. */
  'vault/unlock': { params: { passphrase: string; forMs: number | null }; result: VaultStatus };
  /** Forgets the key, and gets it from no keeper until `vault/unlock`. */
  'vault/lock': { params: Record<string, never>; result: VaultStatus };
  /** `hidden`: also what Wharf keeps for itself, such as tokens of logins. */
  'secret/list': { params: { hidden?: boolean }; result: { secrets: readonly SecretSummary[] } };
  'secret/set': { params: { name: string; value: string }; result: { replaced: boolean } };
  /** Of logins only damaged entries, by their names in the vault: see `oauth/revoke`. */
  'secret/remove': { params: { names: readonly string[] }; result: { removed: readonly string[] } };
  /** A new key for the vault, and every value encrypted anew; with `keeper`, that one keeps it from now on. */
  'vault/rotate': { params: { keeper?: KeeperWish }; result: { secrets: number } };
}

/** Requests about logins at remote servers. */
export interface LoginMethods {
  'oauth/list': { params: Record<string, never>; result: { logins: readonly LoginSummary[] } };
  /** Opens a login at the remote server's authorization server; a person visits the address, and `oauth/wait` tells the outcome. */
  'oauth/begin': {
    /** `client` is remembered for the server's next login; without it the remembered one is used, or Wharf registers by itself. */
    params: { profile: ProfileSelection; cwd: string; server: string; scopes: readonly string[]; client?: LoginClientChoice };
    result: { login: string; address: string };
  };
  'oauth/wait': { params: { login: string }; result: LoginSummary };
  'oauth/cancel': { params: { login: string }; result: Record<string, never> };
  /** `server` is its address. `revoked` is false where its authorization server knows no revocation: then it is only forgotten here. */
  'oauth/revoke': { params: { server: string }; result: { revoked: boolean } };
}

/** A host that a server with `network: learn` reached, or only asked for. Names are the server's own words. */
export interface LearnedHostSummary {
  readonly host: string;
  /** Null where only the name was looked up. */
  readonly port: number | null;
  readonly count: number;
  /** ISO 8601. */
  readonly lastAt: string;
}

/** Requests about what servers reached. */
export interface NetworkMethods {
  /** The last one first. */
  'network/learned': {
    params: { profile: ProfileSelection; cwd: string; server: string };
    result: { hosts: readonly LearnedHostSummary[] };
  };
}

/** Requests for "wharf doctor" and its support report. */
export interface SupportMethods {
  /** Which Docker answers the daemon. */
  'engine/facts': { params: Record<string, never>; result: { endpoint: string; version: string; apiVersion: string } };
  /**
   * The same texts without what looks like a secret, without the values that servers were given or their profiles say, and without
   * those of the vault as far as it is open. `looksIntoVault` is whether the vault's could be looked for; also where there is none.
   */
  'support/redact': { params: { texts: readonly string[] }; result: { texts: readonly string[]; looksIntoVault: boolean } };
  /** The first value of the vault in a text: the secret's name, and where it begins, in bytes of UTF-8. `looksIntoVault` as above. */
  'support/spot': { params: { text: string }; result: { found: { name: string; start: number } | null; looksIntoVault: boolean } };
}

/** Data that servers keep in volumes of the engine. */
export interface DataMethods {
  /** `running`: a server of this gateway has it now. */
  'data/list': { params: Record<string, never>; result: { volumes: readonly (StoredData & { readonly running: boolean })[] } };
  /** Removes volumes of that list for good, those that no container uses. A server that only rests with one is stopped first. */
  'data/remove': { params: { volumes: readonly string[] }; result: { removed: readonly string[] } };
}

/** A volume that keeps data of a server. */
export interface StoredData {
  /** Its name on the engine. */
  readonly volume: string;
  /** What its profile calls it. */
  readonly name: string;
  readonly profile: string;
  /** The file of that profile. */
  readonly path: string;
  readonly server: string;
  /** As the engine says it; null where it does not. */
  readonly createdAt: string | null;
}

/** Every request of a control connection, with what it takes and what it gives. */
export interface ControlMethods extends SecretMethods, LoginMethods, NetworkMethods, SupportMethods, DataMethods {
  'daemon/status': { params: Record<string, never>; result: DaemonStatus };
  'daemon/stop': { params: Record<string, never>; result: Record<string, never> };
  /** A newer version takes over: no new clients are taken, and the daemon ends with the last that it has. `version` is the newer one's. */
  'daemon/replace': { params: { version: string }; result: Record<string, never> };
  /** With `discover`, servers that were never asked are started, asked for their tools, and stopped. */
  'profile/tools': {
    params: { profile: ProfileSelection; cwd: string; discover: boolean };
    result: { servers: readonly ServerReport[] };
  };
  /** The servers as they are now, whatever the lock says: each is started, asked and stopped. `failure`: why that could not be. */
  'profile/found': {
    params: { profile: ProfileSelection; cwd: string };
    result: { servers: readonly (FoundServer & { readonly failure: Problem | null })[] };
  };
  /** The content ids of the images that the engine has for these references now, in their order; null where it has none, or is away. */
  'image/ids': { params: { references: readonly string[] }; result: { ids: readonly (string | null)[] } };
  /** What an image of the engine says of itself under the name of a label, which is null where it has no such label; null where there is no such image, or no engine. */
  'image/label': { params: { reference: string; label: string }; result: { found: { readonly label: string | null } | null } };
  /** One digest of each in the registry that its reference names, in their order; null where the engine knows none, or is away. */
  'image/digests': { params: { references: readonly string[] }; result: { digests: readonly (string | null)[] } };
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
  /** A secret was set or removed, or the vault was made, unlocked or locked. */
  'secrets/changed': Record<string, never>;
}

/** JSON-RPC error code of a failure that carries a `Problem` in `error.data`. */
export const problemErrorCode = -32050;
