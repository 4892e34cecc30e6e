import type { ImageServer } from '../profile/profile.ts';

/** A container as Wharf wants it, free of any engine's vocabulary. */
export interface ContainerSpec {
  readonly server: string;
  readonly image: string;
  /** Arguments after the image's entrypoint; empty means the image's own. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly cpus: number;
  /** Bytes; swap is not allowed on top of it. */
  readonly memory: number;
  readonly pids: number;
  readonly network: ContainerNetwork;
  /** Folders in memory, by path. Sizes in bytes. */
  readonly tmpfs: Readonly<Record<string, { readonly size: number; readonly exec: boolean }>>;
  /** Files that only this container can read, by path, such as secrets: kept in memory, never on a disk. */
  readonly files: Readonly<Record<string, string>>;
  /** Folders and files of the engine's computer, checked and without links. */
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[];
  /** Volumes of the engine, made when they are not there yet, which nobody removes with the container. */
  readonly volumes: readonly ContainerVolume[];
  readonly writableRoot: boolean;
  readonly capAdd: readonly string[];
  /** `user[:group]`; null is the image's own, or nobody where that is root and can be left out. */
  readonly user: string | null;
  /** Bytes of /dev/shm; null is the engine's own. */
  readonly shm: number | null;
}

export interface ContainerVolume {
  /** On the engine. */
  readonly name: string;
  /** Say whose it is: a volume of this name without them is somebody else's. */
  readonly labels: Readonly<Record<string, string>>;
  readonly target: string;
  readonly readOnly: boolean;
}

export type ContainerNetwork =
  | { readonly kind: 'none' }
  /** The engine's default bridge. */
  | { readonly kind: 'open' }
  /**
   * A network without a way out, but for what egress proxies in it pass on. `dns` is the address of the one that answers names;
   * `links` are `CONTAINER:HOST`, for hosts that are found without it.
   */
  | { readonly kind: 'egress'; readonly network: string; readonly dns: string; readonly links: readonly string[] };

/** What a container gets of which nobody says anything: nothing. */
export const bareSpec = {
  command: [],
  env: {},
  labels: {},
  network: { kind: 'none' },
  tmpfs: {},
  files: {},
  mounts: [],
  volumes: [],
  writableRoot: false,
  capAdd: [],
  user: null,
  shm: null,
} as const satisfies Partial<ContainerSpec>;

const gibibyte = 1024 ** 3;

/** Limits of a server whose profile says nothing: the promise of DESIGN §2.5. */
export const defaultLimits = { cpus: 1, memory: 2 * gibibyte, pids: 256 } as const;

const home = '/home/wharf';

/** Where a server finds the secrets that it reads from files. */
export const secretsFolder = '/run/wharf-secrets';

/** What a gateway gives to servers whose entries are silent. */
export interface ContainerDefaults {
  readonly cpus?: number;
  /** Bytes. */
  readonly memory?: number;
  /** No container gets a network, whatever its entry says. */
  readonly blockNetwork?: boolean;
}

/** What is known only when a server starts. */
export interface StartFacts {
  /** Variables with the values of the server's secrets. */
  readonly secretEnv: Readonly<Record<string, string>>;
  /** Files with the values of the server's secrets, by path. */
  readonly secretFiles: Readonly<Record<string, string>>;
  readonly mounts: ContainerSpec['mounts'];
  readonly volumes: ContainerSpec['volumes'];
  readonly network: ContainerNetwork;
}

/** What a server of a profile gets, and nothing else: no environment but its own and a HOME that it can write to. */
export function containerSpec(
  server: ImageServer,
  labels: Readonly<Record<string, string>>,
  defaults: ContainerDefaults = {},
  facts: StartFacts = simpleFacts(server, defaults),
): ContainerSpec {
  const { isolation } = server;
  const folder = { size: gibibyte / 4 };
  const inMemory = (paths: readonly string[], exec: boolean): ContainerSpec['tmpfs'] =>
    Object.fromEntries(paths.map((path) => [path, { ...folder, exec }]));
  return {
    server: server.name,
    image: server.image,
    command: server.command,
    env: { HOME: home, ...server.env, ...facts.secretEnv },
    labels,
    cpus: server.limits.cpus ?? defaults.cpus ?? defaultLimits.cpus,
    memory: server.limits.memory ?? defaults.memory ?? defaultLimits.memory,
    pids: defaultLimits.pids,
    network: facts.network,
    tmpfs: { ...inMemory(['/tmp', home], true), ...inMemory(isolation.tmpfs, false), ...inMemory(isolation.exec, true) },
    files: facts.secretFiles,
    mounts: facts.mounts,
    volumes: facts.volumes,
    writableRoot: isolation.writable,
    capAdd: isolation.capAdd,
    user: isolation.user,
    shm: isolation.shm,
  };
}

/** Those of a server that asks for nothing of its surroundings. Without a network where that would have to be made first. */
export function simpleFacts({ network }: ImageServer, { blockNetwork }: ContainerDefaults): StartFacts {
  const kind = network.kind === 'open' && blockNetwork !== true ? 'open' : 'none';
  return { secretEnv: {}, secretFiles: {}, mounts: [], volumes: [], network: { kind } };
}
