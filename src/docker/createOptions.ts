import type Docker from 'dockerode';

import { engineName } from '../core/packages/packageImage.ts';
import { secretsFolder, type ContainerNetwork, type ContainerSpec } from '../core/container/spec.ts';

/** Bytes of a folder that the image declares as a volume. */
const volumeSize = 256 * 1024 * 1024;

/** What a container's settings depend on besides what is wanted. */
export interface CreateFacts {
  /** The paths that the image declares with VOLUME: Docker would make each a folder on the host's disk, without bound. */
  readonly volumes: readonly string[];
  /** `user[:group]`. */
  readonly user: string;
  /** The volume with the container's secret files. */
  readonly secrets?: { readonly volume: string; readonly isReadOnly: boolean };
}

/**
 * The Engine API's words for a container that gets only what its user granted (DESIGN §2.5 and §6). What is not said here
 * is the engine's own: its seccomp and AppArmor profiles, its user namespace, no device.
 */
export function createOptions(spec: ContainerSpec, facts: CreateFacts): Docker.ContainerCreateOptions {
  return {
    Image: engineName(spec.image),
    ...(spec.command.length === 0 ? {} : { Cmd: [...spec.command] }),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels },
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    // The server sees the end of its input when we die, however we die.
    StdinOnce: true,
    Tty: false,
    User: facts.user,
    ...(spec.network.kind === 'egress'
      ? { NetworkingConfig: { EndpointsConfig: { [spec.network.network]: { Links: [...spec.network.links] } } } }
      : {}),
    // Nobody would ask, and the image's own check would run beside the server.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: hostConfig(spec, facts),
  };
}

function hostConfig(spec: ContainerSpec, { volumes, secrets }: CreateFacts): Docker.HostConfig {
  // Said apart, as dockerode's types lack some of it.
  const config = {
    AutoRemove: true,
    Init: true,
    Privileged: false,
    CapDrop: ['ALL'],
    ...(spec.capAdd.length === 0 ? {} : { CapAdd: [...spec.capAdd] }),
    SecurityOpt: ['no-new-privileges'],
    // An engine can be set to share these by default.
    IpcMode: 'private',
    CgroupnsMode: 'private',
    ReadonlyRootfs: !spec.writableRoot,
    Tmpfs: tmpfs(spec, volumes),
    Mounts: [...mounts(spec), ...dataMounts(spec), ...(secrets === undefined ? [] : [secretsMount(secrets)])],
    ...(spec.shm === null ? {} : { ShmSize: spec.shm }),
    NanoCpus: Math.round(spec.cpus * 1e9),
    Memory: spec.memory,
    MemorySwap: spec.memory,
    PidsLimit: spec.pids,
    // A core dump would hold the server's secrets, on the disk of the host.
    Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
    NetworkMode: networkMode(spec.network),
    ...(spec.network.kind === 'egress' ? { Dns: [spec.network.dns] } : {}),
    // The engine's own log files would keep every result in clear.
    LogConfig: { Type: 'none', Config: {} },
  };
  return config;
}

/** Never filled with what the image has at its path: it is for files of one container. */
function secretsMount({ volume, isReadOnly }: NonNullable<CreateFacts['secrets']>): Docker.MountConfig[number] {
  const options = { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } };
  return { Type: 'volume', Source: volume, Target: secretsFolder, ReadOnly: isReadOnly, VolumeOptions: options };
}

/** A new one is filled with what the image has at its path, as everybody expects of volumes. */
function dataMounts({ volumes }: ContainerSpec): Docker.MountConfig {
  return volumes.map(({ name, target, readOnly, labels }) => ({
    Type: 'volume',
    Source: name,
    Target: target,
    ReadOnly: readOnly,
    VolumeOptions: { NoCopy: false, Labels: { ...labels }, DriverConfig: { Name: '', Options: {} } },
  }));
}

function tmpfs(spec: ContainerSpec, volumes: readonly string[]): Record<string, string> {
  const mounted = new Set([...spec.mounts, ...spec.volumes].map(({ target }) => target));
  const wanted = { ...Object.fromEntries(volumes.map((path) => [path, { size: volumeSize, exec: true }])), ...spec.tmpfs };
  return Object.fromEntries(
    Object.entries(wanted)
      .filter(([path]) => !mounted.has(path))
      .map(([path, { size, exec }]) => [path, `rw,${exec ? 'exec' : 'noexec'},nosuid,nodev,mode=1777,size=${size}`]),
  );
}

/** As mounts, not as "binds": the engine then refuses a missing source, and makes no folder of root's in its place. */
function mounts({ mounts: wanted }: ContainerSpec): Docker.MountConfig {
  return wanted.map(({ source, target, readOnly }) => ({
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    // What is mounted below the folder was not checked, and would stay writable.
    BindOptions: { Propagation: 'rprivate', NonRecursive: true },
  }));
}

function networkMode(network: ContainerNetwork): string {
  switch (network.kind) {
    case 'none':
      return 'none';
    case 'open':
      return 'bridge';
    case 'egress':
      return network.network;
  }
}
