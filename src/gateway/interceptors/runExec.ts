import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import type { Writable } from 'node:stream';

import { killGroup } from '../../node/processGroup.ts';
import { LastWords } from '../lastWords.ts';
import { BoundedOutput, failed, keptWords, tooMuch, type Outcome } from './outcome.ts';

export interface ExecHost {
  /** Where the script runs. */
  readonly cwd: string;
  /** Gets what the script writes to stderr, when it has ended. */
  heard(lastWords: string): void;
}

const usualPath = '/usr/local/bin:/usr/bin:/bin';

/**
 * Runs `/bin/sh -c script` with the payload on its stdin. It is over when its output is closed, as for Docker's gateway.
 * `signal` kills it and all that it started, unless that left the process group on purpose; its reason is half a sentence.
 */
export function runExec(script: string, payload: Buffer, host: ExecHost, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', script], {
      cwd: host.cwd,
      // The gateway's own variables may hold tokens.
      env: { PATH: process.env['PATH'] || usualPath, HOME: homedir() },
      // A process group of its own, so that a kill takes what the script started too.
      detached: true,
      stdio: 'pipe',
    });
    const output = new BoundedOutput();
    const lastWords = new LastWords(keptWords);
    let failure: string | undefined;
    const kill = (reason: string): void => {
      failure ??= reason;
      if (child.pid !== undefined) {
        killGroup(child.pid);
      }
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const abort = (): void => kill(String(signal.reason));
    const finish = (outcome: Outcome): void => {
      signal.removeEventListener('abort', abort);
      const said = lastWords.text.trim();
      if (said !== '') {
        host.heard(said);
      }
      resolve(outcome);
    };
    signal.addEventListener('abort', abort, { once: true });
    child.on('error', (error) =>
      finish(failed(`it could not be started: ${existsSync(host.cwd) ? error.message : `there is no ${host.cwd}`}`)),
    );
    if ((child.stdin as Writable | undefined) === undefined) {
      // Without free file descriptors there is a child without pipes, and its error comes later.
      return;
    }
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk) || kill(tooMuch));
    child.stderr.on('data', (chunk: Buffer) => lastWords.hear('err', chunk));
    child.on('close', (code) => {
      const reason = failure ?? (code === null ? 'it was ended by a signal' : code === 0 ? undefined : `it ended with exit code ${code}`);
      finish(reason === undefined ? { kind: 'output', bytes: output.bytes } : failed(reason, lastWords.text.trim()));
    });
    // A script need not read what it is given.
    child.stdin.on('error', () => undefined);
    child.stdin.write(payload);
    // `read` of a shell fails on a line that does not end.
    child.stdin.end('\n');
    if (signal.aborted) {
      abort();
    }
  });
}
