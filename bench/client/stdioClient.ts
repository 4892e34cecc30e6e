import { spawn, type ChildProcess } from 'node:child_process';

import { checked, idOf, type Answer, type BenchClient } from './messages.ts';

const newline = 0x0a;
const lastWords = 2_000;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A program that speaks MCP on stdio, and its client: raw lines, no SDK. */
export class StdioClient implements BenchClient {
  readonly pid: number | undefined;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private readonly exited: Promise<void>;
  private begun: Buffer[] = [];
  private errors = '';
  private nextId = 1;

  constructor(command: string, args: readonly string[], options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    this.child = spawn(command, args, { ...options, stdio: 'pipe' });
    this.pid = this.child.pid;
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.on('data', (chunk: Buffer) => this.receive(chunk));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.errors = (this.errors + chunk.toString()).slice(-lastWords)));
    this.exited = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.waiting.forEach(({ reject }) => reject(new Error(`${command} ${args.join(' ')} ${reason}: ${this.errors}`)));
        this.waiting.clear();
        resolve();
      };
      this.child.on('error', (error) => end(`could not be started (${error.message})`));
      this.child.on('close', (code, signal) => end(`ended with ${signal ?? code}`));
    });
  }

  request(method: string, params: unknown): Promise<Answer> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  notify(method: string, params: unknown): Promise<void> {
    this.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`);
    return Promise.resolve();
  }

  /** Ends its input, as Codex does, and kills it when it does not go. */
  async close(): Promise<void> {
    this.child.stdin?.end();
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await this.exited;
    clearTimeout(kill);
  }

  private receive(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const piece = chunk.subarray(start, end);
      this.receiveLine(this.begun.length === 0 ? piece : Buffer.concat([...this.begun, piece]));
      this.begun = [];
      start = end + 1;
    }
    if (start < chunk.length) {
      this.begun.push(chunk.subarray(start));
    }
  }

  private receiveLine(line: Buffer): void {
    const id = idOf(line);
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (id !== undefined && waiting !== undefined) {
      this.waiting.delete(id);
      try {
        waiting.resolve(checked(line));
      } catch (error) {
        waiting.reject(error as Error);
      }
    }
  }
}
