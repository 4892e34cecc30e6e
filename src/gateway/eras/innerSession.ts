import { messageOf, notificationOf, readEnvelope, requestOf, responseOf, type Envelope } from '../../node/envelope.ts';
import { parseSpan, skipValue } from '../../node/jsonSpans.ts';
import type { JsonRpcError, RequestId } from '../../shared/mcp.ts';
import { version } from '../../shared/version.ts';
import type { ClientLink, ClientSession } from '../clientLink.ts';
import { readReply, readResultHead, type InnerReply } from './modernReplies.ts';
import { asObject, legacyVersion, type Json } from './revision.ts';

/** A question of a server to the client. */
export interface Question {
  readonly id: RequestId;
  readonly method: string;
  /** One JSON object, or nothing. */
  readonly params: Buffer | undefined;
}

/** Who hears what an inner session says on its own. `about` is the number that `begin` gave to the request it belongs to. */
export interface InnerListener {
  asked(question: Question, about: RequestId | undefined): void;
  told(method: string, params: Buffer | undefined, about: RequestId | undefined): void;
}

/** What the inner session said of itself. */
export interface InnerHello {
  readonly capabilities: Json;
  readonly instructions: string | undefined;
  /** JSON. */
  readonly serverInfo: Buffer;
}

type State =
  | { readonly kind: 'apart' }
  | { readonly kind: 'shaking'; readonly waiting: ((failure: JsonRpcError | undefined) => void)[] }
  | { readonly kind: 'ready' };

/** A session with a handshake, used on behalf of a client that makes none. Its requests have numbers of our own. */
export class InnerSession implements ClientLink {
  hello: InnerHello = { capabilities: {}, instructions: undefined, serverInfo: Buffer.from(JSON.stringify({ name: 'wharf', version })) };
  private readonly link: ClientLink;
  private readonly session: ClientSession;
  private readonly listener: InnerListener;
  private readonly initialize: Json;
  private readonly waiting = new Map<number, (reply: InnerReply) => void>();
  private state: State = { kind: 'apart' };
  private nextId = 1;

  constructor(
    link: ClientLink,
    open: (link: ClientLink) => ClientSession,
    client: { info: Json; capabilities: Json },
    listener: InnerListener,
  ) {
    this.link = link;
    this.listener = listener;
    this.initialize = { protocolVersion: legacyVersion, capabilities: client.capabilities, clientInfo: client.info };
    this.session = open(this);
  }

  get queuedBytes(): number {
    return this.link.queuedBytes;
  }

  cutOff(reason: string): void {
    this.link.cutOff(reason);
  }

  /** Runs when the handshake is done, or with the error that refused it; the next call then tries again. */
  whenReady(run: (failure: JsonRpcError | undefined) => void): void {
    if (this.state.kind === 'ready') {
      run(undefined);
    } else if (this.state.kind === 'shaking') {
      this.state.waiting.push(run);
    } else {
      const waiting = [run];
      this.state = { kind: 'shaking', waiting };
      this.begin('initialize', [Buffer.from(JSON.stringify(this.initialize))], (reply) => this.shaken(reply, waiting));
    }
  }

  /** The number that the next request will have. */
  get upcoming(): number {
    return this.nextId;
  }

  /** Sends a request whose parameters are pieces of one JSON object. Gives its number. */
  begin(method: string, params: readonly Buffer[], onReply: (reply: InnerReply) => void): number {
    const id = this.nextId++;
    this.waiting.set(id, onReply);
    this.session.receive(requestOf(id, method, params));
    return id;
  }

  /** Gives a request up. It gets no reply. */
  cancel(id: number, reason: string | undefined): void {
    if (this.waiting.delete(id)) {
      this.session.receive(
        messageOf({ method: 'notifications/cancelled', params: { requestId: id, ...(reason === undefined ? {} : { reason }) } }),
      );
    }
  }

  answer(question: Question, outcome: 'result' | 'error', value: Buffer): void {
    this.session.receive(responseOf(question.id, outcome, value));
  }

  refuse(question: Question, code: number, message: string): void {
    this.answer(question, 'error', Buffer.from(JSON.stringify({ code, message })));
  }

  drained(): void {
    this.session.drained();
  }

  close(): Promise<void> {
    this.waiting.clear();
    return this.session.close();
  }

  /** A message of the inner session. */
  send(message: Buffer, about?: RequestId): void {
    const result = readResultHead(message);
    if (result !== undefined) {
      this.settle(result.id, result.reply);
      return;
    }
    const envelope = readEnvelope(message);
    switch (envelope?.kind) {
      case 'response':
        this.settle(envelope.id, readReply(message, envelope));
        return;
      case 'request':
        this.listener.asked({ id: envelope.id, method: envelope.method, params: paramsOf(message, envelope) }, about);
        return;
      case 'notification':
        this.listener.told(envelope.method, paramsOf(message, envelope), about);
        return;
      case undefined:
      // The session was handed nothing that it could call unreadable.
    }
  }

  private settle(id: RequestId | null, reply: InnerReply): void {
    const onReply = typeof id === 'number' ? this.waiting.get(id) : undefined;
    if (onReply !== undefined) {
      this.waiting.delete(id as number);
      onReply(reply);
    }
  }

  private shaken(reply: InnerReply, waiting: readonly ((failure: JsonRpcError | undefined) => void)[]): void {
    if (reply.kind === 'error') {
      this.state = { kind: 'apart' };
      waiting.forEach((run) => run(reply.error));
      return;
    }
    this.hello = readHello(resultOf(reply), this.hello.serverInfo);
    this.state = { kind: 'ready' };
    this.session.receive(notificationOf('notifications/initialized'));
    waiting.forEach((run) => run(undefined));
  }
}

function resultOf({ message, at }: Extract<InnerReply, { kind: 'result' }>): Json {
  const end = skipValue(message, at);
  return asObject(parseSpan(message, { start: at, end })) ?? {};
}

function readHello(said: Json, unnamed: Buffer): InnerHello {
  const { instructions, serverInfo } = said;
  return {
    capabilities: asObject(said['capabilities']) ?? {},
    instructions: typeof instructions === 'string' ? instructions : undefined,
    serverInfo: asObject(serverInfo) === undefined ? unnamed : Buffer.from(JSON.stringify(serverInfo)),
  };
}

function paramsOf(message: Buffer, { params }: Extract<Envelope, { kind: 'request' | 'notification' }>): Buffer | undefined {
  return params === undefined ? undefined : message.subarray(params.start, params.end);
}
