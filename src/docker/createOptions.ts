import type Docker from 'dockerode';

import type { ContainerSpec } from '../core/container/spec.ts';

/** The Engine API's words for a container that gets only what its user granted (DESIGN §2.5 and §6). */
export function createOptions(spec: ContainerSpec): Docker.ContainerCreateOptions {
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
      Tmpfs: Object.fromEntries(
        Object.entries(spec.tmpfs).map(([path, { size }]) => [path, `rw,exec,nosuid,nodev,mode=1777,size=${size}`]),
      ),
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
