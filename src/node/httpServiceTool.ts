import { execFile } from 'node:child_process';

/** How a tool of the system ended. */
export interface ToolOutcome {
  /** null when it could not be started, or took too long. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool of the system to its end. */
export type RunTool = (file: string, args: readonly string[]) => Promise<ToolOutcome>;

/** Longer than the gateway has for stopping (`TimeoutStopSec`): a restart waits for that. */
const patienceMs = 30_000;

/** Runs a tool with this program's environment, which says how to reach the user's service manager. */
export const runTool: RunTool = (file, args) =>
  new Promise((resolve) => {
    execFile(file, [...args], { timeout: patienceMs, maxBuffer: 16 * 1024 ** 2, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr: code === null && stderr === '' ? (error?.message ?? '') : stderr });
    });
  });
