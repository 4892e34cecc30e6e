import { spawn } from 'node:child_process';

/** How a program that was asked for something ended. */
export type ToolOutcome =
  | { readonly kind: 'ended'; readonly code: number | null; readonly stdout: Buffer; readonly stderr: string }
  /** Half a sentence. */
  | { readonly kind: 'failed'; readonly reason: string; readonly isMissing: boolean };

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Goes to its stdin, where no other process of this computer can read it. */
  readonly input: string;
  readonly timeoutMs: number;
  /** Where it runs: this process's own folder where nothing is said. */
  readonly cwd?: string;
  /** Bytes that it may say, 1 MB where nothing is said. */
  readonly longestOutput?: number;
}

const usualLongest = 1024 * 1024;

/** Runs a program of the user without a shell, and reads what it says. Never throws. */
export function runTool({ command, args, env, cwd, input, timeoutMs, longestOutput = usualLongest }: ToolRun): Promise<ToolOutcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let length = 0;
    const end = (outcome: ToolOutcome): void => {
      clearTimeout(timer);
      output.stdout.forEach((chunk) => chunk.fill(0));
      resolve(outcome);
    };
    const fail = (reason: string, isMissing = false): void => {
      child.kill('SIGKILL');
      // What it started itself may hold these open for longer.
      child.stdout.destroy();
      child.stderr.destroy();
      end({ kind: 'failed', reason, isMissing });
    };
    const timer = setTimeout(() => fail(`it did not answer within ${timeoutMs / 1000} s`), timeoutMs);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        output[stream].push(chunk);
        length += chunk.length;
        if (length > longestOutput) {
          fail(`it said more than ${longestOutput / 1024} KB`);
        }
      });
    }
    child.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'ENOENT' ? 'there is no such program on the PATH' : error.message, error.code === 'ENOENT'),
    );
    child.on('close', (code) =>
      end({ kind: 'ended', code, stdout: Buffer.concat(output.stdout), stderr: Buffer.concat(output.stderr).toString('utf8').trim() }),
    );
    // It may end without reading.
    child.stdin.on('error', () => undefined).end(input);
  });
}
