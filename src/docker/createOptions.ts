import type Docker from 'dockerode';

import type { ContainerNetwork, ContainerSpec } from '../core/container/spec.ts';

/** Bytes of a folder that the image declares as a volume. */
const volumeSize = 256 * 1024 * 1024;

/**
 * The Engine API's words for a container that gets only what its user granted (DESIGN §2.5 and §6).
 * `volumes` are the paths that the image declares with VOLUME: Docker would make each a folder on the host's disk, without bound.
 */
export function createOptions(spec: ContainerSpec, volumes: readonly string[]): Docker.ContainerCreateOptions {
  const tmpfs = { ...Object.fromEntries(volumes.map((path) => [path, { size: volumeSize, exec: true }])), ...spec.tmpfs };
  return {
    Image: spec.image,
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
    ...(spec.user === null ? {} : { User: spec.user }),
    ...(spec.network.kind === 'egress'
      ? { NetworkingConfig: { EndpointsConfig: { [spec.network.network]: { Links: [...spec.network.links] } } } }
      : {}),
    HostConfig: {
      AutoRemove: true,
      Init: true,
      Privileged: false,
      CapDrop: ['ALL'],
      ...(spec.capAdd.length === 0 ? {} : { CapAdd: [...spec.capAdd] }),
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: !spec.writableRoot,
      Tmpfs: Object.fromEntries(
        Object.entries(tmpfs).map(([path, { size, exec }]) => [path, `rw,${exec ? 'exec' : 'noexec'},nosuid,nodev,mode=1777,size=${size}`]),
      ),
      ...(spec.shm === null ? {} : { ShmSize: spec.shm }),
      NanoCpus: Math.round(spec.cpus * 1e9),
      Memory: spec.memory,
      MemorySwap: spec.memory,
      PidsLimit: spec.pids,
      NetworkMode: networkMode(spec.network),
      ...(spec.network.kind === 'egress' ? { Dns: [spec.network.dns] } : {}),
      // The engine's own log files would keep every result in clear.
      LogConfig: { Type: 'none', Config: {} },
    },
  };
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
