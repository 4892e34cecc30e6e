import { closeSync, openSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import * as problems from '../core/problems.ts';
import type { Hello } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { connectDaemon, sayHello, type DaemonConnection } from './controlClient.ts';
import { daemonEnvironment, daemonId, daemonSocket, locationFile, type Locations } from './locations.ts';
import { makeFolder } from './makeFolder.ts';
import { replaceOlder } from './olderDaemon.ts';
import { ensurePrivateFolder } from './privateFolder.ts';

/** How to run Wharf's own program: `node`, then the script, then arguments. */
export interface WharfProgram {
  readonly node: string;
  readonly script: string;
}

const startPatienceMs = 10_000;
/** How long one program may take to start a daemon before another tries as well. */
const claimMs = 2_000;
/** A longer log is put aside when a daemon starts; the one before that goes. */
const longestLogBytes = 4 * 1024 * 1024;

/** Connects to the daemon and starts it when there is none, or only an older one. It outlives whoever started it. */
export async function connectOrStartDaemon(locations: Locations, program: WharfProgram, hello: Hello): Promise<Result<DaemonConnection>> {
  const folder = ensurePrivateFolder(locations.runtimeFolder);
  if (!folder.ok) {
    return folder;
  }
  const path = daemonSocket(locations);
  const found = await replaceOlder(path, hello, await sayHello(path, hello));
  if (found.kind === 'connected') {
    return ok(found.connection);
  }
  return found.problem.code === 'WHARF_DAEMON_UNREACHABLE' ? startDaemon(locations, program, hello, path) : fail(found.problem);
}

/** Starts a daemon, or waits for the one that another program starts, and connects to it. */
async function startDaemon(locations: Locations, program: WharfProgram, hello: Hello, path: string): Promise<Result<DaemonConnection>> {
  const log = join(locations.dataFolder, 'daemon.log');
  const claim = join(locations.runtimeFolder, `daemon-${daemonId(locations)}.starting`);
  const end = Date.now() + startPatienceMs;
  let isOurs = false;
  let child: StartingDaemon | undefined;
  try {
    while (Date.now() < end) {
      if (child === undefined && takeClaim(claim)) {
        isOurs = true;
        const output = openLog(locations, log);
        if (!output.ok) {
          return output;
        }
        child = spawnDaemon(locations, program, output.value);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
      const connection = await connectDaemon(path, hello);
      if (connection.ok || connection.problem.code !== 'WHARF_DAEMON_UNREACHABLE') {
        return connection;
      }
      const failed = child?.failure();
      if (failed !== undefined) {
        return fail(problems.daemonUnreachable(path, `${failed}; see ${log}`));
      }
    }
  } finally {
    if (isOurs) {
      rmSync(claim, { force: true });
    }
  }
  return fail(problems.daemonUnreachable(path, `it did not start within ${startPatienceMs / 1000} s; see ${log}`));
}

/**
 * Twenty programs that find no daemon at the same moment would start twenty, of which nineteen end at once: the daemon's lock
 * sees to that, but it costs seconds. So one claims the start, and the others wait for a while.
 */
function takeClaim(claim: string): boolean {
  try {
    closeSync(openSync(claim, 'wx', 0o600));
    return true;
  } catch {
    const facts = statSync(claim, { throwIfNoEntry: false });
    if (facts !== undefined && Math.abs(Date.now() - facts.mtimeMs) < claimMs) {
      return false;
    }
  }
  try {
    utimesSync(claim, new Date(), new Date());
  } catch {
    // It was given back just now, or nothing can be written here; the daemon's own lock decides.
  }
  return true;
}

interface StartingDaemon {
  /** Why it will not come; undefined while it still may. */
  failure(): string | undefined;
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
    makeFolder(locations.dataFolder, 0o700);
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
function spawnDaemon(locations: Locations, program: WharfProgram, output: number): StartingDaemon {
  // Loaded here alone: most programs find a daemon, and a shim has to stay small.
  const { spawn } = process.getBuiltinModule('node:child_process');
  const env = Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = process.env[name];
      return value === undefined || value === '' ? [] : [[name, name === 'WHARF_HOME' ? resolve(value) : value]];
    }),
  );
  const child = spawn(program.node, [...memoryFlags(), program.script, 'daemon', 'run'], {
    cwd: locations.dataFolder,
    detached: true,
    stdio: ['ignore', 'ignore', output],
    env: { ...env, ...daemonEnvironment(locations), ELECTRON_RUN_AS_NODE: '1' },
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

/** Node's own measure for what is new in memory is that of a server; with half of it a busy daemon keeps a third less. VS Code's runtime takes no such words. */
function memoryFlags(): readonly string[] {
  return 'electron' in process.versions ? [] : ['--max-semi-space-size=8'];
}
