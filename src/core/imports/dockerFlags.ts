/** What an option of `docker run` is to an entry of a profile. */
export type FlagRole =
  /** Carried over; what takes it is in dockerRun.ts. */
  | 'env'
  | 'volume'
  | 'mount'
  | 'tmpfs'
  | 'network'
  | 'memory'
  | 'cpus'
  | 'user'
  | 'capAdd'
  | 'shm'
  /** The gateway does the same by itself. */
  | 'own'
  /** Says which program runs, so that the entry would be another server without it. */
  | 'needed'
  /** Not carried over, for the reason that stands in `whyNot`. */
  | 'left';

interface Flag {
  readonly role: FlagRole;
  readonly takesValue: boolean;
}

const groups: readonly (readonly [FlagRole, boolean, string])[] = [
  ['env', true, '-e --env'],
  ['volume', true, '-v --volume'],
  ['mount', true, '--mount'],
  ['tmpfs', true, '--tmpfs'],
  ['network', true, '--network --net'],
  ['memory', true, '-m --memory'],
  ['cpus', true, '--cpus'],
  ['user', true, '-u --user'],
  ['capAdd', true, '--cap-add'],
  ['shm', true, '--shm-size'],
  ['own', false, '-i --interactive --rm --init --read-only -q --quiet --sig-proxy --no-healthcheck --disable-content-trust'],
  ['own', true, '--name --cidfile --pull -a --attach --cap-drop --log-driver --log-opt --stop-timeout --stop-signal --pids-limit'],
  ['own', true, '--memory-swap --memory-reservation --restart --label -l --label-file --detach-keys'],
  ['needed', true, '--entrypoint'],
  ['left', false, '-t --tty -d --detach --privileged -P --publish-all --oom-kill-disable --use-api-socket'],
  [
    'left',
    true,
    '-p --publish --expose --device --device-cgroup-rule --gpus --runtime --security-opt --pid --ipc --uts --userns --cgroupns',
  ],
  [
    'left',
    true,
    '--cgroup-parent --group-add --add-host --dns --dns-option --dns-search --domainname -h --hostname --ip --ip6 --mac-address',
  ],
  ['left', true, '--link --link-local-ip --network-alias --net-alias --volumes-from --volume-driver --storage-opt --sysctl --ulimit'],
  ['left', true, '-w --workdir --env-file --platform -c --cpu-shares --cpuset-cpus --cpuset-mems --cpu-period --cpu-quota --isolation'],
  ['left', true, '--health-cmd --health-interval --health-retries --health-timeout --health-start-period --blkio-weight --oom-score-adj'],
  ['left', true, '--annotation --device-read-bps --device-write-bps --device-read-iops --device-write-iops --kernel-memory'],
];

const flags: ReadonlyMap<string, Flag> = new Map(
  groups.flatMap(([role, takesValue, names]) => names.split(' ').map((name) => [name, { role, takesValue }] as const)),
);

const reasons: Readonly<Record<string, string>> = {
  '--privileged': 'it takes away all that stands between the server and this computer, and no profile grants it',
  '--device': 'no profile gives a server a device of this computer',
  '--gpus': 'no profile gives a server a device of this computer',
  '--security-opt': 'what holds a container is not loosened by a profile',
  '--pid': 'a server sees no processes but its own',
  '--ipc': 'a server sees no processes but its own',
  '--userns': 'a server sees no processes but its own',
  '--env-file': 'a file with variables is not read: "wharf secret import FILE" takes it into the vault',
  '--add-host': 'this version cannot give a server names of hosts',
  '--dns': 'this version cannot give a server another name server',
  '-p': 'the gateway speaks to the server over stdio, and opens no port of this computer',
  '--publish': 'the gateway speaks to the server over stdio, and opens no port of this computer',
  '-t': 'a terminal would put other bytes among the messages',
  '--tty': 'a terminal would put other bytes among the messages',
  '-d': 'the gateway speaks to the server over stdio',
  '--use-api-socket': 'whoever reaches the engine has this whole computer',
  '-w': "the image's own folder is used",
  '--workdir': "the image's own folder is used",
  '--platform': "the engine's own platform is used",
};

export function flagNamed(name: string): Flag | undefined {
  return flags.get(name);
}

/** Why an option is not carried over, as half a sentence. */
export function whyNot(name: string): string {
  return (Object.hasOwn(reasons, name) ? reasons[name] : undefined) ?? 'an entry of a profile has nothing of the kind';
}
