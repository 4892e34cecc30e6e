import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { problems } from '../core/problems.ts';
import type { Hello } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { connectDaemon, type DaemonConnection } from './controlClient.ts';
import { daemonSocket, locationFile, type Locations } from './locations.ts';
import { ensurePrivateFolder } from './privateFolder.ts';

/** How to run Wharf's own program: `node`, then the script, then arguments. */
export interface WharfProgram {
  readonly node: string;
  readonly script: string;
}

const startPatienceMs = 10_000;
/** A longer log is put aside when a daemon starts; the one before that goes. */
const longestLogBytes = 4 * 1024 * 1024;

/** Connects to the daemon and starts it when there is none. It outlives whoever started it. */
export async function connectOrStartDaemon(locations: Locations, program: WharfProgram, hello: Hello): Promise<Result<DaemonConnection>> {
  const folder = ensurePrivateFolder(locations.runtimeFolder);
  if (!folder.ok) {
    return folder;
  }
  const path = daemonSocket(locations);
  const first = await connectDaemon(path, hello);
  if (first.ok || first.problem.code !== 'WHARF_DAEMON_UNREACHABLE') {
    return first;
  }
  const log = join(locations.dataFolder, 'daemon.log');
  const output = openLog(locations, log);
  if (!output.ok) {
    return output;
  }
  const child = spawnDaemon(locations, program, output.value);
  const end = Date.now() + startPatienceMs;
  let last: Result<DaemonConnection> = first;
  while (Date.now() < end) {
    await pause(25);
    last = await connectDaemon(path, hello);
    if (last.ok || last.problem.code !== 'WHARF_DAEMON_UNREACHABLE') {
      return last;
    }
    const failed = child.failure();
    if (failed !== undefined) {
      return fail(problems.daemonUnreachable(path, `${failed}; see ${log}`));
    }
  }
  return fail(problems.daemonUnreachable(path, `it did not start within ${startPatienceMs / 1000} s; see ${log}`));
}

/** The variables that a daemon needs, and no others: it must not keep one caller's secrets for every later one. */
const passedOn = [
  'HOME',
  'PATH',
  'USER',
  'LOGNAME',
  'LANG',
  'TZ',
  'TMPDIR',
  'WHARF_HOME',
  'LOCALAPPDATA',
  'APPDATA',
  'USERPROFILE',
  'SYSTEMROOT',
  'TEMP',
  'TMP',
];

/** The data folder may lie where nothing can be made any more: on a disk that is gone, or in a home that moved. */
function openLog(locations: Locations, log: string): Result<number> {
  try {
    mkdirSync(locations.dataFolder, { recursive: true, mode: 0o700 });
    if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > longestLogBytes) {
      renameSync(log, `${log}.1`);
    }
    return ok(openSync(log, 'a', 0o600));
  } catch (error) {
    const recorded = locationFile(process.env, homedir(), process.platform);
    return fail(problems.fileUnwritable(log, `${error instanceof Error ? error.message : String(error)}; ${recorded} names this folder`));
  }
}

/** `output` is an open file, closed here. */
function spawnDaemon(locations: Locations, program: WharfProgram, output: number): { failure(): string | undefined } {
  const env = Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = process.env[name];
      return value === undefined || value === '' ? [] : [[name, name === 'WHARF_HOME' ? resolve(value) : value]];
    }),
  );
  const child = spawn(program.node, [program.script, 'daemon', 'run'], {
    cwd: locations.dataFolder,
    detached: true,
    stdio: ['ignore', 'ignore', output],
    env: { ...env, ...locations.environment, ELECTRON_RUN_AS_NODE: '1' },
    windowsHide: true,
  });
  closeSync(output);
  let failure: string | undefined;
  child.on('error', (error) => (failure = error.message));
  child.on('exit', (code) => {
    // Code 0 means that another daemon won the race; it will answer in a moment.
    failure = code === 0 ? undefined : `the daemon ended with ${code ?? 'a signal'}`;
  });
  child.unref();
  return { failure: () => failure };
}
