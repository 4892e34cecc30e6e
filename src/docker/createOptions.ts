import type Docker from 'dockerode';

import type { ContainerSpec } from '../core/container/spec.ts';

/** Bytes of a folder that the image declares as a volume. */
const volumeSize = 256 * 1024 * 1024;

/**
 * The Engine API's words for a container that gets only what its user granted (DESIGN §2.5 and §6).
 * `volumes` are the paths that the image declares with VOLUME: Docker would make each a folder on the host's disk, without bound.
 */
export function createOptions(spec: ContainerSpec, volumes: readonly string[]): Docker.ContainerCreateOptions {
  const tmpfs = { ...Object.fromEntries(volumes.map((path) => [path, { size: volumeSize }])), ...spec.tmpfs };
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
    HostConfig: {
      AutoRemove: true,
      Init: true,
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Tmpfs: Object.fromEntries(Object.entries(tmpfs).map(([path, { size }]) => [path, `rw,exec,nosuid,nodev,mode=1777,size=${size}`])),
      NanoCpus: Math.round(spec.cpus * 1e9),
      Memory: spec.memory,
      MemorySwap: spec.memory,
      PidsLimit: spec.pids,
      NetworkMode: spec.network === 'none' ? 'none' : 'bridge',
      // The engine's own log files would keep every result in clear.
      LogConfig: { Type: 'none', Config: {} },
    },
  };
}
