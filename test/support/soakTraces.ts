import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What the kernel tells of processes, for those who look for what was left behind. Linux only. */
export interface Trace {
  readonly pid: number;
  /** The beginning of its command line. */
  readonly command: string;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The processes that live in this home folder, whoever started them: HOME is a variable that Codex and Wharf pass on. */
export function processesOf(home: string): readonly Trace[] {
  return pids()
    .filter((pid) => textOf(`/proc/${pid}/environ`).split('\0').includes(`HOME=${home}`))
    .map((pid) => ({ pid, command: textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 200) }));
}

/** Children that ended and that this process did not wait for. */
export function zombiesOf(parent: number): readonly number[] {
  return pids().filter((pid) => {
    const stat = textOf(`/proc/${pid}/stat`);
    const [state, itsParent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' && Number(itsParent) === parent;
  });
}

/** What a process has open, one word for each descriptor: a path, or "socket" or "pipe" with the number that the kernel gave it. */
export function openFiles(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${name}`)];
    } catch {
      return [];
    }
  });
}

/** Megabytes that a process holds in memory. */
export function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? Number.NaN) / 1024;
}
