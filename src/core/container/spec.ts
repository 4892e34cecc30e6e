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
  readonly network: 'none' | 'open';
  /** Folders in memory, by path; the only places a server can write to. Sizes in bytes. */
  readonly tmpfs: Readonly<Record<string, { readonly size: number }>>;
}

const gibibyte = 1024 ** 3;

/** Limits of a server whose profile says nothing: the promise of DESIGN §2.5. */
export const defaultLimits = { cpus: 1, memory: 2 * gibibyte, pids: 256 } as const;

const home = '/home/wharf';

/** What a gateway gives to servers whose entries are silent. */
export interface ContainerDefaults {
  readonly cpus?: number;
  /** Bytes. */
  readonly memory?: number;
  /** No container gets a network, whatever its entry says. */
  readonly blockNetwork?: boolean;
}

/**
 * What a server of a profile gets, and nothing else: no mounts, no host files, no
 * environment but its own and a HOME that it can write to.
 */
export function containerSpec(
  server: ImageServer,
  labels: Readonly<Record<string, string>>,
  defaults: ContainerDefaults = {},
): ContainerSpec {
  return {
    server: server.name,
    image: server.image,
    command: server.command,
    env: { HOME: home, ...server.env },
    labels,
    cpus: server.limits.cpus ?? defaults.cpus ?? defaultLimits.cpus,
    memory: server.limits.memory ?? defaults.memory ?? defaultLimits.memory,
    pids: defaultLimits.pids,
    network: defaults.blockNetwork === true ? 'none' : server.network,
    tmpfs: { '/tmp': { size: gibibyte / 4 }, [home]: { size: gibibyte / 4 } },
  };
}
