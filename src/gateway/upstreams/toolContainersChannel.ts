import type { ServerProcess } from '../../core/ports.ts';
import type { PociServer } from '../../core/profile/profile.ts';
import { describeProblem } from '../../shared/problem.ts';
import type { Result } from '../../shared/result.ts';
import { version } from '../../shared/version.ts';
import type { Channel, ChannelEnd } from '../channel.ts';
import { ChannelOutlet } from './channelOutlet.ts';
import { outputOf, type CallArguments, type Output } from './toolContainers.ts';

/** Starts what one call runs, where it is still wanted when its turn comes; a refusal is a sentence for the model. */
export type StartCall = (
  tool: string,
  args: CallArguments,
  isWanted: () => boolean,
) => Promise<Result<ServerProcess> | { readonly refusal: string }>;

type Id = string | number;

interface Request {
  readonly id?: Id;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

interface RunningCall {
  isCancelled: boolean;
  process: ServerProcess | undefined;
}

/** More wait: each is a container. */
const mostAtOnce = 4;
const mostWaiting = 64;
const methodNotFound = -32601;
const invalidParams = -32602;
const serverBusy = -32000;

/** A server without a process: it answers the lists itself, and runs a container for each call. */
export class ToolContainersChannel implements Channel {
  readonly id: string;
  private readonly server: PociServer;
  private readonly start: StartCall;
  private readonly outlet = new ChannelOutlet();
  private readonly calls = new Map<Id, RunningCall>();
  private readonly turns: (() => void)[] = [];
  private held: Buffer[] | undefined;

  constructor(server: PociServer, start: StartCall) {
    this.id = server.name;
    this.server = server;
    this.start = start;
  }

  get ended(): Promise<ChannelEnd> {
    return this.outlet.ended;
  }

  get queuedBytes(): number {
    return 0;
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.outlet.onMessage = listener;
  }

  onJunk(listener: (text: string) => void): void {
    this.outlet.onJunk = listener;
  }

  pause(): void {
    this.held ??= [];
  }

  resume(): void {
    const { held = [] } = this;
    this.held = undefined;
    held.forEach((message) => this.outlet.deliver(message));
  }

  negotiated(): void {
    // Nothing is sent that depends on it.
  }

  async stop(): Promise<void> {
    this.outlet.end('');
    await Promise.all([...this.calls.values()].map((call) => cancel(call)));
  }

  send(message: Buffer): void {
    const request = JSON.parse(message.toString('utf8')) as Request;
    setImmediate(() => this.take(request));
  }

  private take({ id, method, params = {} }: Request): void {
    if (method === 'notifications/cancelled') {
      const call = this.calls.get(params['requestId'] as Id);
      void (call && cancel(call));
    }
    if (id === undefined || method === undefined) {
      return;
    }
    switch (method) {
      case 'initialize':
        this.answer(id, {
          protocolVersion: params['protocolVersion'],
          capabilities: { tools: {} },
          serverInfo: { name: this.server.name, version },
        });
        return;
      case 'ping':
        this.answer(id, {});
        return;
      case 'tools/list':
        this.answer(id, { tools: this.server.promisedTools });
        return;
      case 'tools/call':
        void this.call(id, params);
        return;
      default:
        this.refuse(id, methodNotFound, `"${method}" is not there: each tool of this server is a container of its own.`);
    }
  }

  private async call(id: Id, params: Readonly<Record<string, unknown>>): Promise<void> {
    const { name, arguments: given } = params;
    const container = this.server.toolContainers.find(({ tool }) => tool === name);
    if (container === undefined) {
      this.refuse(id, invalidParams, `There is no tool "${String(name)}".`);
      return;
    }
    if (this.turns.length >= mostWaiting) {
      this.refuse(id, serverBusy, `${mostWaiting} calls wait for a container already; try again later.`);
      return;
    }
    const call: RunningCall = { isCancelled: false, process: undefined };
    this.calls.set(id, call);
    if (this.calls.size > mostAtOnce) {
      await new Promise<void>((resolve) => this.turns.push(resolve));
    }
    const { text, isError } = await this.run(call, container.tool, (given ?? {}) as CallArguments);
    this.calls.delete(id);
    this.turns.shift()?.();
    this.answer(id, { content: [{ type: 'text', text }], isError });
  }

  private async run(call: RunningCall, tool: string, args: CallArguments): Promise<Output> {
    if (call.isCancelled) {
      return { text: 'It was cancelled.', isError: true };
    }
    const started = await this.start(tool, args, () => !call.isCancelled && !this.outlet.isOver);
    if ('refusal' in started) {
      return { text: started.refusal, isError: true };
    }
    if (!started.ok) {
      return { text: describeProblem(started.problem), isError: true };
    }
    call.process = started.value;
    if (call.isCancelled || this.outlet.isOver) {
      await started.value.stop();
    }
    return outputOf(started.value);
  }

  private answer(id: Id, result: unknown): void {
    this.say({ jsonrpc: '2.0', id, result });
  }

  private refuse(id: Id, code: number, message: string): void {
    this.say({ jsonrpc: '2.0', id, error: { code, message } });
  }

  private say(message: unknown): void {
    const bytes = Buffer.from(JSON.stringify(message));
    if (this.held === undefined) {
      this.outlet.deliver(bytes);
    } else {
      this.held.push(bytes);
    }
  }
}

async function cancel(call: RunningCall): Promise<void> {
  call.isCancelled = true;
  await call.process?.stop();
}
