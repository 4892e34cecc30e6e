import * as problems from '../../core/problems.ts';
import { notificationOf, readEnvelope, requestOf, responseOf, splitBatch } from '../../node/envelope.ts';
import { findMembers, parseSpan, type Span } from '../../node/jsonSpans.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { version } from '../../shared/version.ts';
import type { Channel, ChannelEnd } from '../channel.ts';

/** How a request to a server ended. The bytes are one JSON value, as the server wrote it. */
export type UpstreamReply =
  | { readonly kind: 'result'; readonly value: Buffer }
  | { readonly kind: 'error'; readonly value: Buffer }
  /** The server said nothing for too long. */
  | { readonly kind: 'timeout' }
  /** The server ended. `sent` tells whether the request may have reached it. */
  | { readonly kind: 'gone'; readonly sent: boolean };

/** A request of the server to its client. */
export interface ServerRequest {
  readonly id: RequestId;
  readonly method: string;
  /** One JSON object, or nothing. */
  readonly params: Buffer | undefined;
}

/** Who hears what a server says on its own. */
export interface UpstreamListener {
  request(request: ServerRequest): void;
  /** Everything but progress of requests that came through here. */
  notification(method: string, params: Buffer | undefined): void;
  /** What the server said broke something here: it is ended. */
  broken(error: unknown): void;
}

/** What a request to a server carries besides its parameters. */
export interface UpstreamRequest {
  readonly method: string;
  /** One JSON object, in pieces. The progress token in it, where there is one, must be the id that `nextId` gave. */
  readonly params: readonly Buffer[];
  /** Milliseconds without an answer or progress. */
  readonly timeoutMs: number;
  /** Gets each progress notification's parameters. */
  readonly onProgress?: ((params: Buffer) => void) | undefined;
  readonly onReply: (reply: UpstreamReply) => void;
}

interface Waiting extends UpstreamRequest {
  deadline: number;
  /** The server waits for its client, so that its own time stands still. */
  isHeld: boolean;
}

/** Characters of what is no message that are kept to tell of it. */
const keptJunk = 8_000;
/** The id stands near one end of an answer. */
const edgeBytes = 200;
/** How often requests are looked at for their time-outs. */
const lookMs = 500;

/** An MCP server behind a channel: requests with ids of our own, and what the server says by itself. */
export class Upstream {
  readonly channel: Channel;
  /** What the server said about itself in its answer to "initialize". */
  hello: ServerHello | undefined;
  lastJunk = '';
  /** It was ended from here: what it does not answer any more says nothing about it. */
  isStopped = false;
  private readonly server: string;
  private readonly listener: UpstreamListener;
  private readonly waiting = new Map<number, Waiting>();
  private nextRequest = 1;
  private end: ChannelEnd | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(server: string, channel: Channel, listener: UpstreamListener) {
    this.server = server;
    this.channel = channel;
    this.listener = listener;
    channel.onMessage((message) => {
      try {
        this.receive(message);
      } catch (error) {
        // Whatever one server says must cost nobody else.
        listener.broken(error);
        this.isStopped = true;
        void channel.stop();
      }
    });
    channel.onJunk((text) => this.keepJunk(text));
    void channel.ended.then((end) => this.close(end));
  }

  get isOpen(): boolean {
    return this.end === undefined;
  }

  /** Requests that still wait for their answer. */
  get openRequests(): number {
    return this.waiting.size;
  }

  /** The id of the next request: also its progress token, since several clients may use the same one. */
  get nextId(): number {
    return this.nextRequest;
  }

  /** Sends a request. Gives its id, for `cancel`. */
  request(request: UpstreamRequest): number {
    const id = this.nextRequest++;
    if (this.end !== undefined) {
      request.onReply({ kind: 'gone', sent: false });
      return id;
    }
    this.waiting.set(id, { ...request, deadline: performance.now() + request.timeoutMs, isHeld: false });
    this.timer ??= setInterval(() => this.lookForTimeouts(), lookMs).unref();
    this.channel.send(requestOf(id, request.method, request.params));
    return id;
  }

  /** The same with values instead of bytes, for what is rare. */
  ask(method: string, params: unknown, timeoutMs: number): Promise<UpstreamReply> {
    return new Promise((resolve) => this.request({ method, params: [Buffer.from(JSON.stringify(params))], timeoutMs, onReply: resolve }));
  }

  notify(method: string, params?: Buffer): void {
    if (this.end === undefined) {
      this.channel.send(notificationOf(method, params));
    }
  }

  /** While a request is held it does not time out. */
  hold(id: number, isHeld: boolean): void {
    const waiting = this.waiting.get(id);
    if (waiting !== undefined) {
      waiting.isHeld = isHeld;
      waiting.deadline = performance.now() + waiting.timeoutMs;
    }
  }

  /** Tells the server that nobody waits any more. The request gets no reply. */
  cancel(id: number, reason?: string): void {
    if (this.waiting.delete(id)) {
      this.notify('notifications/cancelled', Buffer.from(JSON.stringify({ requestId: id, ...(reason === undefined ? {} : { reason }) })));
    }
  }

  /** Answers a request of the server. */
  respond(id: RequestId, outcome: 'result' | 'error', value: Buffer): void {
    if (this.end === undefined) {
      this.channel.send(responseOf(id, outcome, value));
    }
  }

  /** The handshake. `capabilities` are what the server may ask of its client. */
  async initialize(capabilities: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<Result<ServerHello>> {
    const params = { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'wharf', title: 'Wharf', version } };
    const reply = await this.ask('initialize', params, timeoutMs);
    if (reply.kind !== 'result') {
      return this.refusal('initialize', reply, timeoutMs);
    }
    const hello = parseSpan(reply.value, { start: 0, end: reply.value.length });
    if (typeof hello !== 'object' || hello === null) {
      return fail(problems.serverRefused(this.server, 'initialize', 'its answer is not JSON'));
    }
    this.hello = readHello(hello as Readonly<Record<string, unknown>>);
    this.channel.negotiated(this.hello.protocolVersion);
    this.notify('notifications/initialized');
    return ok(this.hello);
  }

  /** Whether the server answers within this time, whatever it says. */
  async isAlive(patienceMs: number): Promise<boolean> {
    const reply = await this.ask('ping', {}, patienceMs);
    return reply.kind === 'result' || reply.kind === 'error';
  }

  /** Why there is no result, as a problem. */
  async refusal(doing: string, reply: Exclude<UpstreamReply, { kind: 'result' }>, timeoutMs: number): Promise<Result<never>> {
    switch (reply.kind) {
      case 'error': {
        const { message } = JSON.parse(reply.value.toString()) as { readonly message: string };
        return fail(problems.serverRefused(this.server, doing, message));
      }
      case 'timeout':
        return fail(
          this.lastJunk === '' ? problems.serverTimeout(this.server, doing, timeoutMs) : problems.serverJunk(this.server, this.lastJunk),
        );
      case 'gone': {
        if (this.isStopped) {
          return fail(problems.serverGone(this.server));
        }
        const { code, lastOutput } = await this.channel.ended;
        const isRemote = /^https?:/.test(this.channel.id);
        return fail(isRemote ? problems.remoteFailed(this.server, lastOutput) : problems.serverExited(this.server, code, lastOutput));
      }
    }
  }

  private receive(message: Buffer): void {
    const envelope = readEnvelope(message);
    if (envelope === undefined) {
      this.receiveOther(message);
      return;
    }
    switch (envelope.kind) {
      case 'response': {
        const { value, outcome } = envelope;
        this.settle(envelope.id, soundReply(outcome, message.subarray(value.start, value.end)));
        return;
      }
      case 'request':
        this.listener.request({ id: envelope.id, method: envelope.method, params: part(message, envelope.params) });
        return;
      case 'notification':
        this.hear(envelope.method, message, envelope.params);
    }
  }

  private receiveOther(message: Buffer): void {
    const batch = splitBatch(message);
    if (batch === undefined) {
      this.settle(this.loosestId(message), errorReply({}, 'the answer is not JSON', errorCodes.internal));
      this.keepJunk(message.toString('utf8', 0, keptJunk));
    }
    batch?.forEach((one) => this.receive(one));
  }

  /** Whose answer something that is no JSON was meant to be, as in Python's `NaN`: else its caller would wait for ever. */
  private loosestId(message: Buffer): number | null {
    const edges = message.toString('latin1', 0, edgeBytes) + message.toString('latin1', Math.max(edgeBytes, message.length - edgeBytes));
    const ids = [...edges.matchAll(/"id"\s*:\s*(\d+)/g)].map((match) => Number(match[1]));
    return ids.reverse().find((id) => this.waiting.has(id)) ?? null;
  }

  private keepJunk(text: string): void {
    this.lastJunk = `${this.lastJunk}${text}\n`.slice(-keptJunk);
  }

  private hear(method: string, message: Buffer, params: Span | undefined): void {
    if (method === 'notifications/progress' && params !== undefined) {
      const token = findMembers(message, params.start, ['progressToken'])?.spans[0];
      const waiting = token === undefined ? undefined : this.waiting.get(Number(parseSpan(message, token)));
      if (waiting !== undefined) {
        waiting.deadline = performance.now() + waiting.timeoutMs;
        waiting.onProgress?.(message.subarray(params.start, params.end));
      }
      return;
    }
    this.listener.notification(method, part(message, params));
  }

  private settle(id: RequestId | null, reply: UpstreamReply): void {
    const waiting = typeof id === 'number' ? this.waiting.get(id) : undefined;
    if (waiting !== undefined) {
      this.waiting.delete(id as number);
      waiting.onReply(reply);
    }
  }

  private lookForTimeouts(): void {
    const now = performance.now();
    for (const [id, { deadline, isHeld }] of this.waiting) {
      if (deadline <= now && !isHeld) {
        const waiting = this.waiting.get(id);
        this.cancel(id, 'It took too long.');
        waiting?.onReply({ kind: 'timeout' });
      }
    }
    if (this.waiting.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private close(end: ChannelEnd): void {
    this.end = end;
    clearInterval(this.timer);
    const left = [...this.waiting.values()];
    this.waiting.clear();
    for (const { onReply } of left) {
      onReply({ kind: 'gone', sent: true });
    }
  }
}

/** What a server says about itself. */
export interface ServerHello {
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions: string | undefined;
}

function readHello({ protocolVersion, capabilities, instructions }: Readonly<Record<string, unknown>>): ServerHello {
  return {
    protocolVersion: typeof protocolVersion === 'string' ? protocolVersion : '2025-11-25',
    capabilities: typeof capabilities === 'object' && capabilities !== null ? (capabilities as Readonly<Record<string, unknown>>) : {},
    instructions: typeof instructions === 'string' ? instructions : undefined,
  };
}

/** A result is an object, and an error has a number and a text: a strict client would lose the whole answer otherwise. */
function soundReply(outcome: 'result' | 'error', value: Buffer): UpstreamReply {
  if (outcome === 'result') {
    return value[0] === 0x7b ? { kind: 'result', value } : errorReply({}, 'the answer has no result', errorCodes.invalidRequest);
  }
  const error = parseSpan(value, { start: 0, end: value.length });
  const said = (typeof error === 'object' && error !== null ? error : { message: error }) as Readonly<Record<string, unknown>>;
  if (typeof said['code'] === 'number' && typeof said['message'] === 'string') {
    return { kind: 'error', value };
  }
  return errorReply(said, typeof said['message'] === 'string' ? said['message'] : 'an error without a message', errorCodes.internal);
}

function errorReply(said: Readonly<Record<string, unknown>>, message: string, code: number): UpstreamReply {
  return { kind: 'error', value: Buffer.from(JSON.stringify({ code, ...said, message })) };
}

function part(message: Buffer, span: Span | undefined): Buffer | undefined {
  return span === undefined ? undefined : message.subarray(span.start, span.end);
}

/** The answer to a request of a server that nobody can serve. */
export const notOffered = (method: string): Buffer =>
  Buffer.from(JSON.stringify({ code: errorCodes.methodNotFound, message: `Wharf does not offer "${method}" here.` }));
