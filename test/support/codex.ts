import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startMockModel } from './mockModel.ts';
import type { ModelRequest, PlanStep } from './mockModel.ts';
import { codexBinary } from './tools.mjs';

export interface CodexOptions {
  /** The project folder; its `.codex/config.toml` counts, because the folder is trusted. */
  readonly cwd: string;
  /** A home folder of the test. Codex and the servers that it starts see it as HOME; CODEX_HOME is `.codex` in it. */
  readonly home: string;
  readonly plan: readonly PlanStep[];
  readonly prompt?: string;
  /** More arguments of `codex exec`. */
  readonly args?: readonly string[];
  /** More variables for Codex itself. It passes almost none of them on to servers. */
  readonly env?: Readonly<Record<string, string>>;
  /** After this the whole process group is killed. Default 60 000. */
  readonly timeoutMs?: number;
  /** An unknown slug makes Codex offer MCP tools directly instead of behind its tool search. Default `gpt-5.5`. */
  readonly model?: string;
  /** False leaves the project folder untrusted. Default true. */
  readonly trusted?: boolean;
  /** How long Codex waits for servers before it first asks the model; null is Codex's own second. Default 0: until they answered. */
  readonly graceMs?: number | null;
}

/** One line of `codex exec --json`. */
export interface CodexEvent {
  readonly type: string;
  readonly item?: CodexItem;
  readonly [key: string]: unknown;
}

export interface CodexItem {
  readonly id: string;
  readonly type: string;
  readonly server?: string;
  readonly tool?: string;
  readonly arguments?: unknown;
  readonly result?: {
    readonly content: readonly { readonly type: string; readonly text?: string }[];
    readonly structured_content?: unknown;
  } | null;
  readonly error?: { readonly message: string } | null;
  readonly status?: 'in_progress' | 'completed' | 'failed';
  readonly text?: string;
  readonly message?: string;
  readonly [key: string]: unknown;
}

export interface CodexRun {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly events: readonly CodexEvent[];
  /** The finished MCP calls, in their order. */
  readonly toolCalls: readonly CodexItem[];
  readonly stderr: string;
  /** Everything that Codex asked the model. */
  readonly requests: readonly ModelRequest[];
}

/** The name of the Codex profile that points at the mock model. */
const profile = 'mock';

/**
 * Runs the real `codex exec` against a model that follows `plan`. What Codex needs for that stands in a Codex profile of
 * its own (`mock.config.toml`), so that a test may read and write `config.toml` in both places as a user does.
 */
export async function runCodex(options: CodexOptions): Promise<CodexRun> {
  const model = await startMockModel(options.plan);
  try {
    const env = await prepareCodexHome(model.url, options);
    const before = ['exec', '--profile', profile, '--skip-git-repo-check', '--json', '--disable', 'plugins', '--disable', 'apps'];
    const args = [...before, ...(options.args ?? []), options.prompt ?? 'Please call the tool.'];
    const ended = await runToEnd(await codexBinary(), args, { cwd: options.cwd, env, timeoutMs: options.timeoutMs ?? 60_000 });
    const events = parseEvents(ended.stdout);
    return {
      code: ended.code,
      timedOut: ended.timedOut,
      events,
      toolCalls: events.flatMap(({ type, item }) => (type === 'item.completed' && item?.type === 'mcp_tool_call' ? [item] : [])),
      stderr: ended.stderr,
      requests: model.requests,
    };
  } finally {
    await model.close();
  }
}

/** Writes the Codex profile that points at the mock model. Gives the variables that Codex runs with. */
export async function prepareCodexHome(
  modelUrl: string,
  options: Pick<CodexOptions, 'cwd' | 'home' | 'env' | 'model' | 'trusted' | 'graceMs'>,
): Promise<Readonly<Record<string, string>>> {
  const codexHome = join(options.home, '.codex');
  await mkdir(codexHome, { recursive: true });
  await writeFile(join(codexHome, `${profile}.config.toml`), mockConfig(modelUrl, options));
  return {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    TERM: 'xterm',
    RUST_BACKTRACE: '0',
    ...options.env,
    HOME: options.home,
    CODEX_HOME: codexHome,
  };
}

function mockConfig(modelUrl: string, options: Pick<CodexOptions, 'cwd' | 'model' | 'trusted' | 'graceMs'>): string {
  const trust = options.trusted === false ? 'untrusted' : 'trusted';
  return `model = ${JSON.stringify(options.model ?? 'gpt-5.5')}
model_provider = "mock"
check_for_update_on_startup = false
${
  options.graceMs === null
    ? ''
    : `# The mock model answers at once, so that nothing but this gives servers the time that a real model's first answer does.
mcp_optional_startup_grace_ms = ${options.graceMs ?? 0}`
}

[model_providers.mock]
name = "mock"
base_url = ${JSON.stringify(modelUrl)}
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0

[projects.${JSON.stringify(options.cwd)}]
trust_level = "${trust}"
`;
}

interface Ended {
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** In a process group of its own, so that a time-out takes the whole of it. Servers have groups of their own and see the end of stdin. */
function runToEnd(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly timeoutMs: number },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) {
        process.kill(-child.pid, 'SIGKILL');
      }
      // A server that outlives Codex may hold the pipes open; the run is over all the same.
      child.stdout.destroy();
      child.stderr.destroy();
    }, options.timeoutMs);
    child.stdout.on('data', (bytes: Uint8Array) => stdout.push(bytes));
    child.stderr.on('data', (bytes: Uint8Array) => stderr.push(bytes));
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, timedOut, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** A killed Codex may leave half a line, which is dropped. */
function parseEvents(stdout: string): readonly CodexEvent[] {
  return stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as CodexEvent);
}
