import { execFile } from 'node:child_process';
import type { TestContext } from 'node:test';

import { startMcpProgram, type McpClient } from './mcpClient.ts';
import type { Ended, WharfHome } from './wharfHome.ts';

/** A shell of this user in their project, with the real Docker CLI. */
export interface Shell {
  readonly env: Readonly<Record<string, string>>;
  /** Runs one line as it stands in a document; words are separated by spaces, and `"…"` keeps them together. */
  run(line: string): Promise<Ended>;
  /** Starts a gateway by such a line. */
  gateway(t: TestContext, line: string): McpClient;
}

export function shellOf(home: WharfHome, more: Readonly<Record<string, string>> = {}): Shell {
  const env = { ...home.env, ...more };
  return {
    env,
    run: (line) => {
      const [program = '', ...args] = wordsOf(line);
      return new Promise((resolve) => {
        execFile(program, args, { cwd: home.project, env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr }),
        );
      });
    },
    gateway: (t, line) => {
      const [program = '', ...args] = wordsOf(line);
      return startMcpProgram(t, program, args, { cwd: home.project, env });
    },
  };
}

function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}
