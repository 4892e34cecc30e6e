import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { TestContext } from 'node:test';
import { LineFramer } from '../../src/node/lines.ts';
import { until } from './until.ts';

export interface Reply {
  readonly id: number | string | null;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code?: string } };
}

export interface Notification {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface ListedTool {
  readonly name: string;
  readonly description?: string;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** An MCP client that shows every line: what an SDK would hide is what tests look at. */
export class McpClient {
  readonly pid: number;
  readonly notifications: Notification[] = [];
  /** Answers to no request of this client, such as a parse error with id null. */
  readonly strays: Reply[] = [];
  readonly exited: Promise<Exit>;
  /** Hears every line as it came. */
  onLine: (line: string) => void = () => undefined;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private errors = '';
  private nextId = 1;
  private ended = false;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    this.pid = child.pid ?? 0;
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (bytes: Buffer) => (this.errors += bytes.toString()));
    // Not Node's readline, which ends a line at U+2028 too.
    const framer = new LineFramer((line) => this.receive(line.toString()));
    child.stdout.on('data', (bytes: Buffer) => framer.push(bytes));
    this.exited = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        this.ended = true;
        resolve({ code, signal });
      });
    });
  }

  get stderr(): string {
    return this.errors;
  }

  get isRunning(): boolean {
    return !this.ended;
  }

  /** Sends bytes as they are. */
  write(text: string): void {
    this.child.stdin.write(text);
  }

  notify(method: string, params?: unknown): void {
    this.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`);
  }

  /** Sends a request; `id` is what a later cancellation names. A gateway that ends instead of answering rejects. */
  begin(method: string, params?: unknown): { readonly id: number; readonly reply: Promise<Reply> } {
    const id = this.nextId++;
    const answered = new Promise<Reply>((resolve) => this.waiting.set(id, resolve));
    const gone = this.exited.then((exit): never => {
      throw new Error(`The gateway ended with ${exit.code ?? exit.signal} before it answered "${method}".\n${this.errors}`);
    });
    const reply = Promise.race([answered, gone]);
    reply.catch(() => undefined);
    this.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return { id, reply };
  }

  request(method: string, params?: unknown): Promise<Reply> {
    return this.begin(method, params).reply;
  }

  async initialize(name = 'test-client'): Promise<Reply> {
    const reply = await this.request('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name, title: 'Test', version: '1.0.0' },
    });
    this.notify('notifications/initialized');
    return reply;
  }

  /** Throws the gateway's error. */
  async listTools(): Promise<readonly ListedTool[]> {
    return (sound(await this.request('tools/list', {})) as { tools: readonly ListedTool[] }).tools;
  }

  async toolNames(): Promise<readonly string[]> {
    return (await this.listTools()).map((tool) => tool.name);
  }

  callTool(name: string, args: unknown = {}, meta?: unknown): Promise<Reply> {
    return this.request('tools/call', { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) });
  }

  /** The text of a result. Throws the gateway's error. */
  async callText(name: string, args: unknown = {}): Promise<string> {
    const { content } = sound(await this.callTool(name, args)) as { content: readonly { readonly text?: string }[] };
    return content[0]?.text ?? '';
  }

  /** What the gateway itself reported, as `notifications/message`. */
  get warnings(): readonly string[] {
    return this.notifications
      .filter(({ method, params }) => method === 'notifications/message' && params?.['logger'] === 'wharf')
      .map(({ params }) => String(params?.['data']));
  }

  endInput(): void {
    this.child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends its input and waits until it is gone. */
  async close(): Promise<Exit> {
    this.endInput();
    return this.exited;
  }

  private receive(line: string): void {
    this.onLine(line);
    const message = JSON.parse(line) as Partial<Reply> & Partial<Notification>;
    const give = typeof message.id === 'number' ? this.waiting.get(message.id) : undefined;
    if (message.method !== undefined) {
      this.notifications.push(message as Notification);
    } else if (give === undefined) {
      this.strays.push(message as Reply);
    } else {
      this.waiting.delete(message.id as number);
      give(message as Reply);
    }
  }
}

function sound(reply: Reply): unknown {
  if (reply.error !== undefined) {
    throw new Error(reply.error.message);
  }
  return reply.result;
}

/** Starts a program that speaks MCP on stdio; it is killed by its id when the test ends. */
export function startMcpProgram(
  t: TestContext,
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): McpClient {
  const client = new McpClient(spawn(command, args, { cwd: options.cwd, env: options.env, stdio: 'pipe' }));
  t.after(async () => {
    client.kill('SIGKILL');
    await until(() => !client.isRunning, { what: `process ${client.pid} to end` });
  });
  return client;
}
