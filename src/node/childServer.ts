import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import type { ServerExit, ServerProcess } from '../core/ports.ts';
import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { OwnedGroups } from './ownedGroups.ts';
import { endGroup } from './processGroup.ts';

const stopPatienceMs = 2_000;
/** A server ends by itself at the end of its input (MCP, stdio, "Shutdown"). */
const farewellMs = 500;
/** What was written before the end is still read. */
const lastWordsMs = 500;

export interface ChildServerOptions {
  /** Its name, for people. */
  readonly server: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/**
 * Starts a program as an MCP server over stdio. It gets exactly the environment that is given, and leads a process group, so
 * that its end is the end of all that it started. `groups` remembers it for the case that this process is killed.
 */
export async function startChildServer(options: ChildServerOptions, groups?: OwnedGroups): Promise<Result<ServerProcess>> {
  const { command, args, env, cwd, server } = options;
  const child = spawn(command, args, { cwd, env, stdio: 'pipe', windowsHide: true, detached: process.platform !== 'win32' });
  const exited = new Promise<ServerExit>((resolve) => child.once('exit', (code) => resolve({ code })));
  const started = once(child, 'spawn');
  child.on('error', () => undefined);
  // Without free file descriptors there is a child without pipes, and its error comes later.
  (child.stdin as Writable | undefined)?.on('error', () => undefined);
  try {
    await started;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return fail(existsSync(cwd) ? problems.commandNotStarted(server, command, detail) : problems.folderOfServerMissing(server, cwd));
  }
  return ok(serverProcess(child, exited, groups));
}

function serverProcess(child: ChildProcessWithoutNullStreams, exited: Promise<ServerExit>, groups: OwnedGroups | undefined): ServerProcess {
  const pid = child.pid ?? 0;
  const forget = groups?.add(pid);
  let ending: Promise<void> | undefined;
  const endAll = async (): Promise<void> => {
    await endGroup(pid, stopPatienceMs);
    forget?.();
    // What left the group on purpose may hold the other ends for as long as it lives.
    setTimeout(() => [child.stdout, child.stderr].forEach((pipe) => pipe.destroy()), lastWordsMs).unref();
  };
  const end = (): Promise<void> => (ending ??= endAll());
  // What it started may outlive it.
  void exited.then(end);
  return {
    id: String(pid),
    exited,
    onStdout: (listener) => void child.stdout.on('data', listener),
    onStderr: (listener) => void child.stderr.on('data', listener),
    pauseOutput: () => void child.stdout.pause(),
    resumeOutput: () => void child.stdout.resume(),
    async write(bytes) {
      if (!child.stdin.writableEnded && !child.stdin.write(bytes)) {
        // A pipe that breaks instead of draining ends the wait as well: `exited` tells the owner.
        await Promise.race([once(child.stdin, 'drain').catch(() => undefined), exited]);
      }
    },
    endInput: () => void child.stdin.end(),
    async stop() {
      child.stdin.end();
      await Promise.race([exited, pause(farewellMs, undefined, { ref: false })]);
      await end();
      await exited;
    },
  };
}
