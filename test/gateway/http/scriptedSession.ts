import type { ClientLink, ClientSession } from '../../../src/gateway/clientLink.ts';
import type { HttpClient } from '../../../src/gateway/http/server.ts';
import type { RequestId } from '../../../src/shared/mcp.ts';

export interface Message {
  readonly id?: RequestId | null;
  readonly method?: string;
  readonly params?: { readonly [key: string]: unknown; readonly name?: string; readonly arguments?: Record<string, unknown> };
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A session behind the endpoint that does what the name of the called tool says. */
export class ScriptedSession implements ClientSession {
  readonly handle: string;
  readonly link: ClientLink;
  readonly client: HttpClient | undefined;
  readonly received: Message[] = [];
  drains = 0;
  isClosed = false;
  /** What `close` does before it is done. */
  onClose: () => void = () => undefined;
  private readonly answers = new Map<RequestId, (answer: Message) => void>();
  private nextId = 1;

  constructor(handle: string, link: ClientLink, client?: HttpClient) {
    this.handle = handle;
    this.client = client;
    this.link = link;
  }

  receive(message: Buffer): void {
    const said = JSON.parse(message.toString()) as Message;
    this.received.push(said);
    if (said.method === undefined) {
      const answer = this.answers.get(said.id ?? '');
      this.answers.delete(said.id ?? '');
      answer?.(said);
    } else if (said.id !== undefined && said.id !== null) {
      this.serve(said, said.id, said.method);
    }
  }

  drained(): void {
    this.drains++;
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.onClose();
    return Promise.resolve();
  }

  /** Methods of the messages so far. */
  get methods(): readonly (string | undefined)[] {
    return this.received.map(({ method }) => method);
  }

  /** The requests for a tool of this name. */
  callsOf(tool: string): readonly Message[] {
    return this.received.filter(({ method, params }) => method === 'tools/call' && params?.name === tool);
  }

  reply(id: RequestId, result: unknown): void {
    this.link.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, result })), id);
  }

  fault(id: RequestId, code: number, message: string): void {
    this.link.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } })), id);
  }

  tell(method: string, params: unknown, about?: RequestId): void {
    this.link.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', method, params })), about);
  }

  ask(method: string, params: unknown, about?: RequestId): Promise<Message> {
    const id = `question-${this.nextId++}`;
    return new Promise((resolve) => {
      this.answers.set(id, resolve);
      this.link.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params })), about);
    });
  }

  private serve({ params }: Message, id: RequestId, method: string): void {
    switch (method) {
      case 'initialize':
        if (params?.['refuse'] === true) {
          this.fault(id, -32000, 'not allowed');
          return;
        }
        this.reply(id, {
          protocolVersion: params?.['protocolVersion'],
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name: `scripted ${this.handle}`, version: '1' },
        });
        return;
      case 'tools/call':
        this.call(id, params?.name ?? '', params?.arguments ?? {});
        return;
      case 'tools/list':
        this.reply(id, { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] });
        return;
      case 'subscriptions/listen':
        this.tell('notifications/subscriptions/acknowledged', { notifications: {}, _meta: { [subscriptionKey]: id } }, id);
        return;
      case 'ping':
        this.reply(id, {});
        return;
      default:
        this.fault(id, -32601, `no "${method}"`);
    }
  }

  private call(id: RequestId, tool: string, given: Record<string, unknown>): void {
    switch (tool) {
      case 'echo':
        this.reply(id, textResult(JSON.stringify(given)));
        return;
      case 'big':
        this.reply(id, textResult('x'.repeat(Number(given['bytes']))));
        return;
      case 'progress':
        this.tell('notifications/progress', { progressToken: 'p', progress: 1 }, id);
        this.tell('notifications/progress', { progressToken: 'p', progress: 2 }, id);
        this.reply(id, textResult('done'));
        return;
      case 'elicit':
        void this.ask('elicitation/create', { message: 'name?', requestedSchema: { type: 'object', properties: {} } }, id).then((answer) =>
          this.reply(id, textResult(JSON.stringify(answer.result ?? answer.error))),
        );
        return;
      case 'begin':
        // One word now, and the rest when the test says so.
        this.tell('notifications/progress', { progressToken: 'p', progress: 1 }, id);
        return;
      case 'throw':
        throw new Error('a bug');
      case 'hold':
      default:
    }
  }
}

export const subscriptionKey = 'io.modelcontextprotocol/subscriptionId';

export function textResult(text: string): unknown {
  return { content: [{ type: 'text', text }] };
}
