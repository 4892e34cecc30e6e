import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { prepareCodexHome } from './codex.ts';
import { startMockModel } from './mockModel.ts';
import { codexBinary } from './tools.mjs';

interface Answer {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** The real `codex app-server`, as an editor runs it: one process with as many threads as one wants. */
export interface CodexAppServer {
  request(method: string, params: unknown): Promise<Readonly<Record<string, unknown>>>;
  /** Starts a thread in this folder and gives its id. */
  startThread(cwd: string): Promise<string>;
  /** Calls a tool as this thread, without a model and without approval. */
  callTool(threadId: string, server: string, tool: string, args: unknown): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

/** Started with the user's home and a mock model; stopped when the test ends. */
export async function startCodexAppServer(
  t: TestContext,
  options: { readonly cwd: string; readonly home: string },
): Promise<CodexAppServer> {
  const model = await startMockModel([]);
  const env = await prepareCodexHome(model.url, options);
  // The app-server takes no profile: here the user's own configuration points at the mock model.
  await copyFile(join(options.home, '.codex', 'mock.config.toml'), join(options.home, '.codex', 'config.toml'));
  const child = spawn(await codexBinary(), ['app-server'], {
    cwd: options.cwd,
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const waiting = new Map<number, (answer: Answer) => void>();
  let nextId = 1;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer & { readonly method?: string };
    if (answer.method === undefined && answer.id !== undefined) {
      waiting.get(answer.id)?.(answer);
    }
  });
  const request = async (method: string, params: unknown): Promise<Readonly<Record<string, unknown>>> => {
    const id = nextId++;
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
    child.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
    const gone = ended.then((): Answer => ({ error: { message: `the app-server ended before it answered ${method}` } }));
    const { result, error } = await Promise.race([answered, gone]);
    if (error !== undefined) {
      throw new Error(`${method}: ${error.message}`);
    }
    return result ?? {};
  };
  const stop = async (): Promise<void> => {
    child.stdin.end();
    child.kill('SIGTERM');
    await ended;
    await model.close();
  };
  t.after(stop);
  await request('initialize', { clientInfo: { name: 'test', title: 'Test', version: '1' }, capabilities: { experimentalApi: true } });
  child.stdin.write(`${JSON.stringify({ method: 'initialized' })}\n`);
  return {
    request,
    stop,
    startThread: async (cwd) => ((await request('thread/start', { cwd })) as { thread: { id: string } }).thread.id,
    callTool: (threadId, server, tool, args) => request('mcpServer/tool/call', { threadId, server, tool, arguments: args }),
  };
}
