import * as problems from '../../core/problems.ts';
import { notificationOf, readEnvelope, requestOf, responseOf, splitBatch } from '../../node/envelope.ts';
import { findMembers, parseSpan, type Span } from '../../node/jsonSpans.ts';
import { maxLineBytes } from '../../node/lines.ts';
import type { RequestId } from '../../shared/mcp.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { version } from '../../shared/version.ts';
import type { Channel, ChannelEnd } from '../channel.ts';
import { LastWords } from '../lastWords.ts';
import { AwaitedReplies, type Awaiting } from './awaitedReplies.ts';
import { readHello, type ServerHello } from './serverHello.ts';
import { soundReply, unreadableReply, type UpstreamReply } from './upstreamReply.ts';

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
  /** A text of the server for people, without the secrets in it; as it is where absent. */
  redact?(text: string): string;
  /** What the server said broke something here: it is ended. */
  broken(error: unknown): void;
}

/** What a request to a server carries besides its parameters. */
export interface UpstreamRequest extends Awaiting {
  readonly method: string;
  /** One JSON object, in pieces. The progress token in it, where there is one, must be the id that `nextId` gave. */
  readonly params: readonly Buffer[];
}

/** Characters of what is no message that are kept to tell of it. */
const keptJunk = 8_000;
/** Nobody has so much to say of itself, and all of it is read at once. */
const longestHello = 4 * 1024 * 1024;
/** Bytes of it that are looked at for secrets: more than are kept, so that none is cut off unseen. */
const lookedAtJunk = 16_000;
/** The id stands near one end of an answer. */
const edgeBytes = 200;

/** An MCP server behind a channel: requests with ids of our own, and what the server says by itself. */
export class Upstream {
  readonly channel: Channel;
  /** What the server said about itself in its answer to "initialize". */
  hello: ServerHello | undefined;
  /** It was ended from here: what it does not answer any more says nothing about it. */
  isStopped = false;
  private readonly junk = new LastWords(keptJunk);
  readonly name: string;
  private readonly listener: UpstreamListener;
  private readonly awaited = new AwaitedReplies((id) => this.cancel(id, 'It took too long.'));
  private nextRequest = 1;
  private end: ChannelEnd | undefined;
  private brokenFor: string | undefined;

  constructor(server: string, channel: Channel, listener: UpstreamListener) {
    this.name = server;
    this.channel = channel;
    this.listener = listener;
    channel.onMessage((message) => {
      try {
        this.receive(message);
      } catch (error) {
        this.breakOff(error);
      }
    });
    channel.onJunk((text) => this.keepJunk(text));
    void channel.ended.then((end) => this.close(end));
  }

  /** What it said last that is no message. */
  get lastJunk(): string {
    return this.junk.text;
  }

  get isRemote(): boolean {
    return /^https?:/.test(this.channel.id);
  }

  get isOpen(): boolean {
    return this.end === undefined;
  }

  /** Requests that still wait for their answer. */
  get openRequests(): number {
    return this.awaited.size;
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
    this.awaited.add(id, request);
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
    this.awaited.hold(id, isHeld);
  }

  /** Tells the server that nobody waits any more. The request gets no reply. */
  cancel(id: number, reason?: string): void {
    if (this.awaited.forget(id)) {
      this.notify('notifications/cancelled', Buffer.from(JSON.stringify({ requestId: id, ...(reason === undefined ? {} : { reason }) })));
    }
  }

  /** Answers a request of the server. */
  respond(id: RequestId, outcome: 'result' | 'error', value: Buffer): void {
    if (this.channel.queuedBytes > maxLineBytes) {
      this.brokenFor = 'Wharf ended it: it asks and asks, and does not read the answers.';
      this.breakOff(new Error(this.brokenFor));
    } else if (this.end === undefined) {
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
    const hello = reply.value.length > longestHello ? undefined : parseSpan(reply.value, { start: 0, end: reply.value.length });
    if (typeof hello !== 'object' || hello === null) {
      return fail(problems.serverRefused(this.name, 'initialize', `its answer is not JSON, or is longer than ${longestHello} bytes`));
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
        // Before it is shortened: half a secret is recognized by nobody.
        return fail(problems.serverRefused(this.name, doing, this.withoutSecrets(message)));
      }
      case 'timeout':
        return fail(
          this.lastJunk === '' ? problems.serverTimeout(this.name, doing, timeoutMs) : problems.serverJunk(this.name, this.lastJunk),
        );
      case 'gone': {
        if (this.isStopped) {
          return fail(problems.serverGone(this.name));
        }
        const { code, lastOutput, problem } = await this.channel.ended;
        if (problem !== undefined) {
          return fail(problem);
        }
        return fail(this.isRemote ? problems.remoteFailed(this.name, lastOutput) : problems.serverExited(this.name, code, lastOutput));
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
        this.awaited.settle(envelope.id, soundReply(outcome, message.subarray(value.start, value.end)));
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
      this.awaited.settle(this.loosestId(message), unreadableReply());
      this.keepJunk(this.withoutSecrets(message.toString('utf8', 0, lookedAtJunk)).slice(0, keptJunk));
    }
    batch?.forEach((one) => this.receive(one));
  }

  /** Whose answer something that is no JSON was meant to be, as in Python's `NaN`: else its caller would wait for ever. */
  private loosestId(message: Buffer): number | null {
    const edges = message.toString('latin1', 0, edgeBytes) + message.toString('latin1', Math.max(edgeBytes, message.length - edgeBytes));
    const ids = [...edges.matchAll(/"id"\s*:\s*(\d+)/g)].map((match) => Number(match[1]));
    return ids.reverse().find((id) => this.awaited.has(id)) ?? null;
  }

  private withoutSecrets(text: string): string {
    return this.listener.redact?.(text) ?? text;
  }

  private keepJunk(text: string): void {
    this.junk.add('out', `${text}\n`);
  }

  /** Whatever one server says must cost nobody else. */
  private breakOff(error: unknown): void {
    if (!this.isStopped) {
      this.isStopped = true;
      this.listener.broken(error);
      void this.channel.stop();
    }
  }

  private hear(method: string, message: Buffer, params: Span | undefined): void {
    if (method === 'notifications/progress' && params !== undefined) {
      const token = findMembers(message, params.start, ['progressToken'])?.spans[0];
      const id = token === undefined ? undefined : Number(parseSpan(message, token));
      if (id !== undefined) {
        this.awaited.progress(id, message.subarray(params.start, params.end));
      }
      return;
    }
    this.listener.notification(method, part(message, params));
  }

  private close(end: ChannelEnd): void {
    this.end = end;
    const why = this.brokenFor ?? (this.isStopped ? undefined : end.why);
    this.awaited.settleAll({ kind: 'gone', sent: true, ...(why === undefined ? {} : { why }) });
  }
}

function part(message: Buffer, span: Span | undefined): Buffer | undefined {
  return span === undefined ? undefined : message.subarray(span.start, span.end);
}
