import type { StoredData } from '../shared/controlProtocol.ts';
import type { Problem } from '../shared/problem.ts';
import type { Result } from '../shared/result.ts';
import type { ContainerOwner } from './container/labels.ts';
import type { ContainerNetwork, ContainerSpec } from './container/spec.ts';
import type { AllowedHost } from './network/allowedHost.ts';
import type { Contact } from './network/contact.ts';

/** How a server process ended. `code` is null when a signal ended it. */
export interface ServerExit {
  readonly code: number | null;
  /** A sentence that says why, where Wharf ended it. */
  readonly why?: string;
}

/** Gives the values of secrets to whoever starts a server. */
export interface SecretSource {
  /** `reference` as `parseSecretReference` reads it; `variable` is what the server reads it from, by which a session's file of secrets may name it. */
  resolve(reference: string, variable?: string): Promise<Result<SecretValue>>;
  /** The version of the value, for whoever only asks whether it changed. Where a person may be asked with each look, it can be some minutes old. */
  versionOf(reference: string, variable?: string): Promise<Result<string>>;
}

export interface SecretValue {
  readonly value: string;
  /** Changes when the value does, and tells nothing of it. */
  readonly version: string;
}

/** A running MCP server, whatever it runs in, seen as three byte streams. */
export interface ServerProcess {
  /** Container id or process id, for people and for logs. */
  readonly id: string;
  /** Resolves when the bytes were taken, so that a caller who waits respects back-pressure. */
  write(bytes: Uint8Array): Promise<void>;
  onStdout(listener: (bytes: Uint8Array) => void): void;
  onStderr(listener: (bytes: Uint8Array) => void): void;
  /** From now on its output waits in its pipe, until `resumeOutput`. */
  pauseOutput(): void;
  resumeOutput(): void;
  readonly exited: Promise<ServerExit>;
  /** Stops all its work where it stands, until `thaw`. Absent where that cannot be done. */
  readonly freeze?: () => Promise<Result<null>>;
  readonly thaw?: () => Promise<Result<null>>;
  /** Closes stdin after what was written, and lets it go on. */
  endInput(): void;
  /** Closes stdin, waits a moment, then kills. Resolves when nothing is left of it. May be called again. */
  stop(): Promise<void>;
}

export interface EngineFacts {
  readonly endpoint: string;
  readonly version: string;
  readonly apiVersion: string;
}

/** How far the download of an image is; `totalBytes` grows while the engine learns of more layers. */
export interface PullProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What a gateway tells the engine's watch. */
export interface WatchHost {
  /** Whether a container that carries this gateway's labels is one that it still knows. */
  isKnown(containerId: string): boolean;
  /** An image came, went, or changed its tags; also after a time in which nobody watched. */
  imagesChanged(): void;
  log(line: string): void;
}

/** What one running copy of a server may reach. */
export interface EgressPlan {
  readonly server: string;
  /** Of the server's container: they name its owner. */
  readonly labels: Readonly<Record<string, string>>;
  readonly hosts: readonly AllowedHost[];
  /** Every public host on the ports of the web as well. */
  readonly learn: boolean;
  /** Those of `hosts` that may have private addresses, because the user granted exactly them. */
  readonly allowPrivate: readonly AllowedHost[];
  /** Hears of each attempt; a server that makes very many is heard of less. */
  readonly onContact: (contact: Contact) => void;
}

/** The way out of one running copy of a server: nobody else is on its network. */
export interface Egress {
  /** For the server's container. */
  readonly network: ContainerNetwork;
  /** Resolves when the way out is lost, though nobody closed it: the server should be stopped. */
  readonly failed: Promise<Problem>;
  /** To be called when the server's container is gone. Leaves neither proxy nor network. May be called again. */
  close(): Promise<void>;
}

/** A container engine. The implementation over Docker's Engine API is in src/docker. */
export interface ContainerEngine {
  facts(): Promise<Result<EngineFacts>>;
  /** The content id of the image that a reference stands for now, such as `sha256:…`. */
  imageId(reference: string): Promise<Result<string>>;
  /**
   * The digests under which this engine got the image that a reference stands for now from the repository of that reference:
   * several when the repository has it under several lists of platforms, none when it was built, loaded or tagged here.
   */
  imageDigests(reference: string): Promise<Result<readonly string[]>>;
  /** What an image says of itself under the name of a label; null where it has no such label. */
  imageLabel(reference: string, label: string): Promise<Result<string | null>>;
  /** Downloads an image. `cancel` ends it early, as a failure. */
  pull(reference: string, onProgress: (progress: PullProgress) => void): { readonly done: Promise<Result<null>>; cancel(): void };
  start(spec: ContainerSpec): Promise<Result<ServerProcess>>;
  /** Makes a network of its own and the proxies in it. Fails when the hosts cannot be told apart, or when Wharf's image is missing. */
  openEgress(plan: EgressPlan): Promise<Result<Egress>>;
  /** The volumes with data of servers that carry this mark of their owner. */
  listData(owner: string): Promise<Result<readonly StoredData[]>>;
  /** Removes such a volume. false where a container has it. */
  removeData(volume: string): Promise<Result<boolean>>;
  /** Removes containers and networks of this machine whose owner is dead. Returns how many containers. */
  removeOrphans(): Promise<Result<number>>;
  /**
   * Follows the engine's events until the returned function is called. Within 10 seconds it removes containers and networks of
   * this machine whose owner died, and containers of `owner` that `host` does not know any more. Connects again
   * when the engine was away, and looks at everything once more.
   */
  watch(owner: ContainerOwner, host: WatchHost): () => void;
}
