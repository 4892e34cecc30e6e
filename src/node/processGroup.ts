import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { processStat, type ProcessStat } from './machine.ts';

const firstLookMs = 5;
const longestLookMs = 160;
/** After SIGKILL only the kernel can keep a process, as while it waits for a disk. */
const killedPatienceMs = 2_000;

/** Whether anything of a process and what it started still runs. `leader` was started as the leader of its group. */
export function isGroupAlive(leader: number): boolean {
  if (!signalGroup(leader, 0) || process.platform !== 'linux') {
    return signalGroup(leader, 0);
  }
  return processStat(leader)?.hasEnded === false || livingMembers(leader).length > 0;
}

/** The kernel counts those that ended and were not fetched by process 1, which in a container may never do so. */
function livingMembers(leader: number): readonly ProcessStat[] {
  return readdirSync('/proc').flatMap((name) => {
    const stat = /^\d+$/.test(name) ? processStat(Number(name)) : undefined;
    return stat?.group === leader && !stat.hasEnded ? [stat] : [];
  });
}

/** Whether what is left of a group whose leader is gone was started in a session of its own, as servers are and jobs of a shell are not. */
export function isOwnSession(leader: number): boolean {
  return livingMembers(leader).some(({ session }) => session === leader);
}

/** Asks a process and all that it started to end, and kills what is left after `patienceMs`. Resolves when nothing is. */
export async function endGroup(leader: number, patienceMs: number): Promise<void> {
  if (process.platform === 'win32') {
    await killTree(leader);
    return;
  }
  signalGroup(leader, 'SIGTERM');
  if (!(await isGone(leader, patienceMs))) {
    signalGroup(leader, 'SIGKILL');
    await isGone(leader, killedPatienceMs);
  }
}

/** Kills a process and all that it started, without waiting for their end. */
export function killGroup(leader: number): void {
  signalGroup(leader, 'SIGKILL');
}

async function isGone(leader: number, patienceMs: number): Promise<boolean> {
  const until = performance.now() + patienceMs;
  for (let lookMs = firstLookMs; isGroupAlive(leader); lookMs = Math.min(lookMs * 2, longestLookMs)) {
    if (performance.now() > until) {
      return false;
    }
    await pause(lookMs);
  }
  return true;
}

/** Whether there was anybody to send it to. Windows has no groups: there it reaches the leader alone. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(process.platform === 'win32' ? leader : -leader, signal);
    return true;
  } catch {
    // ESRCH: nobody is left. EPERM: what is left is not ours, or, on macOS, has ended and was not fetched yet.
    return false;
  }
}

/** Windows knows who started whom as long as the first one runs. */
function killTree(leader: number): Promise<void> {
  return new Promise((resolve) => execFile('taskkill', ['/pid', String(leader), '/t', '/f'], { windowsHide: true }, () => resolve()));
}
