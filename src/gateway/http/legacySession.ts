import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { messageOf } from '../../node/envelope.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import type { ClientLink } from '../clientLink.ts';
import { describeError } from '../describeError.ts';
import type { Access, HttpContext } from './context.ts';
import type { EventStream } from './eventStream.ts';
import { LateSession } from './lateSession.ts';
import { readHead, type MessageHead } from './messageHead.ts';
import { Outlets } from './outlets.ts';
import { PostExchange, type ExchangeHost } from './postExchange.ts';
import { whenGone } from './replies.ts';
import { SessionStreams } from './sessionStreams.ts';
import type { HeldSession } from './sessionTable.ts';

/** The first revision in which a client understands an event without content. */
const primingVersion = '2025-11-25';

/** The messages of one POST; `ids` are those of the requests among them. */
export interface Post {
  readonly messages: readonly Buffer[];
  readonly ids: readonly RequestId[];
  /** Requests that the client gives up: they get no answer. */
  readonly cancelled: readonly RequestId[];
  readonly isBatch: boolean;
}

/** A session of the revisions with a handshake, 2025-03-26 to 2025-11-25. It spans many requests and streams. */
export class LegacySession implements ClientLink, HeldSession, ExchangeHost {
  readonly id = randomBytes(24).toString('base64url');
  readonly access: Access;
  readonly number: number;
  readonly outlets: Outlets;
  lastUsed = performance.now();
  /** The revision that was agreed on. */
  version = '';
  private readonly context: HttpContext;
  private readonly onEnd: (reason: string) => void;
  private readonly session: LateSession;
  private readonly exchanges = new Map<RequestId, PostExchange>();
  private readonly streams: SessionStreams;
  private greeting: PostExchange | undefined;
  private isRefused = false;
  /** A client that is told 404 begins a new session. */
  private failStatus = 404;
  private closed = false;

  /** `onEnd` is told where the session ends by itself. */
  constructor(access: Access, context: HttpContext, onEnd: (reason: string) => void) {
    this.access = access;
    this.number = context.nextNumber();
    this.context = context;
    this.onEnd = onEnd;
    this.outlets = new Outlets(
      context.limits.unreadBytes,
      () => this.session.drained(),
      (bytes) => context.log(`A response was cut off: its client left ${bytes} bytes unread.`),
    );
    this.streams = new SessionStreams(context, this.outlets);
    this.session = new LateSession(context.open(access, this.number, this), (error) => {
      context.log(`A session could not be opened: ${describeError(error)}`);
      this.failStatus = 500;
      onEnd('Wharf failed inside; its log has the details.');
    });
  }

  get queuedBytes(): number {
    return this.outlets.queuedBytes;
  }

  get isBusy(): boolean {
    return this.streams.isConnected || [...this.exchanges.values()].some(({ isConnected }) => isConnected);
  }

  get isListenedTo(): boolean {
    return this.streams.listening.isConnected;
  }

  /** The first request of the session. */
  greet(id: RequestId, message: Buffer, request: IncomingMessage, response: ServerResponse): void {
    this.greeting = this.exchange({ messages: [message], ids: [id], cancelled: [], isBatch: false }, request, response);
    this.session.receive(message);
  }

  /** false where the id of one of the requests is in use. */
  take(post: Post, request: IncomingMessage, response: ServerResponse): boolean {
    const { ids, messages, cancelled } = post;
    if (ids.some((id) => this.exchanges.has(id)) || new Set(ids).size < ids.length) {
      return false;
    }
    this.lastUsed = performance.now();
    if (ids.length > 0) {
      this.exchange(post, request, response);
    }
    messages.forEach((message) => this.session.receive(message));
    cancelled.forEach((id) => this.forget(id));
    return true;
  }

  streamOf(number: number): EventStream | undefined {
    return this.streams.get(number);
  }

  /** Sends a stream to this response, which is an event stream already. */
  connect(stream: EventStream, behind: number | undefined, request: IncomingMessage, response: ServerResponse): void {
    this.lastUsed = performance.now();
    whenGone(request, response, () => {
      stream.disconnect(response);
      this.lastUsed = performance.now();
    });
    stream.connect(response, behind);
  }

  send(message: Buffer, about?: RequestId): void {
    if (this.closed) {
      return;
    }
    const head = readHead(message);
    switch (head?.kind) {
      case undefined:
        this.context.log('A session said something that is no JSON-RPC message.');
        return;
      case 'response':
        this.answer(head, message);
        return;
      case 'request':
        this.ask(head.id, message, about);
        return;
      case 'notification':
        this.tell(message, about);
    }
  }

  cutOff(reason: string): void {
    this.context.log(`An HTTP session was cut off: ${reason}`);
    this.onEnd('The session was ended by the server.');
  }

  tick(now: number): void {
    const { keepAliveMs } = this.context.limits;
    for (const exchange of this.exchanges.values()) {
      if (exchange.isConnected && now - exchange.startedAt >= keepAliveMs) {
        exchange.stream();
      }
    }
    this.streams.tick(now);
  }

  async close(reason: string): Promise<void> {
    this.closed = true;
    const closing = this.session.close();
    for (const exchange of new Set(this.exchanges.values())) {
      exchange.fail(this.failStatus, reason);
    }
    this.exchanges.clear();
    this.streams.close();
    await closing;
  }

  newStream(): EventStream {
    return this.streams.add();
  }

  headersFor(exchange: PostExchange): Readonly<Record<string, string>> {
    return exchange === this.greeting && !this.isRefused ? { 'mcp-session-id': this.id } : noHeaders;
  }

  private exchange({ ids, isBatch }: Post, request: IncomingMessage, response: ServerResponse): PostExchange {
    const exchange = new PostExchange(this, ids, isBatch, response);
    ids.forEach((id) => this.exchanges.set(id, exchange));
    whenGone(request, response, () => {
      exchange.disconnect();
      this.lastUsed = performance.now();
    });
    return exchange;
  }

  /** A request was cancelled by its client, which does not wait for an answer any more. */
  private forget(id: RequestId): void {
    const exchange = this.exchanges.get(id);
    if (exchange !== undefined && exchange !== this.greeting) {
      this.exchanges.delete(id);
      exchange.forget(id);
    }
  }

  private tell(message: Buffer, about: RequestId | undefined): void {
    const exchange = about === undefined ? undefined : this.exchanges.get(about);
    // What is about a request that nobody waits for any more is for nobody.
    const stream = exchange === undefined ? this.streams.listening : exchange.stream();
    stream?.push(message);
  }

  private answer({ id, isError }: Extract<MessageHead, { kind: 'response' }>, message: Buffer): void {
    const exchange = id === null ? undefined : this.exchanges.get(id);
    if (exchange === undefined || id === null) {
      return;
    }
    this.exchanges.delete(id);
    if (exchange !== this.greeting) {
      exchange.answer(id, message);
      return;
    }
    this.isRefused = isError;
    this.version = isError ? '' : agreedVersion(message);
    this.streams.primes = this.version >= primingVersion;
    exchange.answer(id, message);
    this.greeting = undefined;
    if (isError) {
      // The client was given no id to come back with.
      this.onEnd('The session was refused.');
    }
  }

  /** A question of a server. Where no stream takes it to the client in time it is answered here, so that nobody waits for ever. */
  private ask(id: RequestId, message: Buffer, about: RequestId | undefined): void {
    const stream = about === undefined ? undefined : this.exchanges.get(about)?.stream();
    this.streams.ask(stream ?? this.streams.listening, message, () => {
      const error = { code: errorCodes.internal, message: 'The client has no stream open on which it could be asked.' };
      this.session.receive(messageOf({ id, error }));
    });
  }
}

const noHeaders = {};

function agreedVersion(answer: Buffer): string {
  const { result } = JSON.parse(answer.toString()) as { readonly result?: { readonly protocolVersion?: unknown } };
  return typeof result?.protocolVersion === 'string' ? result.protocolVersion : '';
}
