import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
  return { machine: machineId(), boot: bootId(), pid: process.pid, startedAt: startTime(process.pid) ?? '' };
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
  const started = startTime(identity.pid);
  return identity.startedAt === '' || started === undefined || started === identity.startedAt;
}

function machineId(): string {
  const id = readOptional('/etc/machine-id') ?? hostname();
  return createHash('sha256').update(`wharf:${id}`).digest('hex').slice(0, 16);
}

function bootId(): string {
  return readOptional('/proc/sys/kernel/random/boot_id') ?? 'unknown';
}

/** Field 22 of /proc/PID/stat (proc(5)); the name in field 2 may hold spaces and brackets. */
function startTime(pid: number): string | undefined {
  const stat = readOptional(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
