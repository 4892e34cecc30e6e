import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names this machine, this boot and this process, so that a container can say whose it
 * is: a process id alone may belong to somebody else after a while.
 */
export interface ProcessIdentity {
  readonly machine: string;
  readonly boot: string;
  readonly pid: number;
  /** The kernel's start time of the process, or an empty text where it is not known. */
  readonly startedAt: string;
}

export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid);
}

export function identityOf(pid: number): ProcessIdentity {
  return { machine: machineId(), boot: bootId(), pid, startedAt: processStat(pid)?.startedAt ?? '' };
}

/** Whether the process that wrote an identity still runs on this machine. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.boot !== bootId()) {
    return false;
  }
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') {
      return false;
    }
  }
  // Another user's process may be hidden (mount option hidepid): then it counts as alive.
  const stat = processStat(identity.pid);
  if (stat === undefined) {
    return true;
  }
  return !stat.hasEnded && (identity.startedAt === '' || stat.startedAt === identity.startedAt);
}

/** Where the system does not tell: nothing can be said there of processes that others started. */
export const unknownBoot = 'unknown';

function machineId(): string {
  const id = readOptional('/etc/machine-id') ?? hostname();
  return createHash('sha256').update(`wharf:${id}:${processSpace()}`).digest('hex').slice(0, 16);
}

/** Two containers may share a machine id, but a process id of one means nothing in the other. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function bootId(): string {
  return readOptional('/proc/sys/kernel/random/boot_id') ?? unknownBoot;
}

export interface ProcessStat {
  readonly startedAt: string;
  readonly hasEnded: boolean;
  /** The process group, by the id of its leader. */
  readonly group: number;
  readonly session: number;
}

/** Fields 3, 5, 6 and 22 of /proc/PID/stat (proc(5)); the name in field 2 may hold spaces and brackets. */
export function processStat(pid: number): ProcessStat | undefined {
  const stat = readOptional(`/proc/${pid}/stat`);
  if (stat === undefined) {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie: its parent, often process 1, just did not look yet.
  return {
    startedAt: fields[19] ?? '',
    hasEnded: fields[0] === 'Z' || fields[0] === 'X',
    group: Number(fields[2]),
    session: Number(fields[3]),
  };
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
