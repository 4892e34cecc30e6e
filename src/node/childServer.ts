import { spawn } from 'node:child_process';
import { once } from 'node:events';

import type { ServerExit, ServerProcess } from '../core/ports.ts';

const stopPatienceMs = 2_000;

/** Starts a program as an MCP server over stdio. It gets exactly the environment that is given. */
export function startChildServer(options: {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}): ServerProcess {
  const child = spawn(options.command, options.args, { cwd: options.cwd, env: options.env, stdio: 'pipe', windowsHide: true });
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code) => resolve({ code }));
    child.once('error', () => resolve({ code: null }));
  });
  child.stdin.on('error', () => undefined);
  return {
    id: String(child.pid ?? 0),
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
      const timer = setTimeout(() => child.kill('SIGKILL'), stopPatienceMs);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(timer);
    },
  };
}
