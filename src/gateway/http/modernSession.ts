import type { IncomingMessage, ServerResponse } from 'node:http';

import { messageOf, responseOf } from '../../node/envelope.ts';
import { findMembers, replaceSpans, type Span } from '../../node/jsonSpans.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import type { ClientLink } from '../clientLink.ts';
import { describeError } from '../describeError.ts';
import { metaKeys } from '../eras/revision.ts';
import type { Access, HttpContext } from './context.ts';
import { LateSession } from './lateSession.ts';
import { errorCode, idSpan, readHead, type MessageHead } from './messageHead.ts';
import { ModernExchange } from './modernExchange.ts';
import { Outlets } from './outlets.ts';
import { whenGone } from './replies.ts';
import type { HeldSession } from './sessionTable.ts';

const noRequests = { code: errorCodes.methodNotFound, message: 'In this revision servers make no requests.' };

/**
 * Serves requests of revision 2026-07-28 that come from the same client or thread. Each POST stands for itself, so that two may
 * have the same id: the session sees numbers of ours instead.
 */
export class ModernSession implements ClientLink, HeldSession {
  readonly access: Access;
  readonly number: number;
  lastUsed = performance.now();
  private readonly context: HttpContext;
  private readonly onEnd: (reason: string) => void;
  private readonly session: LateSession;
  private readonly outlets: Outlets;
  private readonly exchanges = new Map<RequestId, ModernExchange>();
  private nextId = 1;
  private dropped = 0;

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
    this.session = new LateSession(context.open(access, this.number, this), (error) => {
      context.log(`A session could not be opened: ${describeError(error)}`);
      onEnd('Wharf failed inside; its log has the details.');
    });
  }

  get queuedBytes(): number {
    return this.outlets.queuedBytes;
  }

  get isBusy(): boolean {
    return this.exchanges.size > 0;
  }

  /** Passes on a request, whose answer goes to this response. */
  take(message: Buffer, method: string, request: IncomingMessage, response: ServerResponse): void {
    const at = idSpan(message);
    if (at === undefined) {
      throw new Error('A request has an id.');
    }
    const id = this.nextId++;
    const ownId = Buffer.from(message.subarray(at.start, at.end));
    this.exchanges.set(id, new ModernExchange(response, ownId, method === 'subscriptions/listen', this.outlets));
    whenGone(request, response, () => this.disconnected(id));
    this.session.receive(withValues(message, [{ ...at, by: Buffer.from(String(id)) }]));
  }

  send(message: Buffer, about?: RequestId): void {
    const head = readHead(message);
    switch (head?.kind) {
      case undefined:
        this.context.log('A session said something that is no JSON-RPC message.');
        return;
      case 'response':
        this.answer(head, message);
        return;
      case 'request':
        this.session.receive(responseOf(head.id, 'error', Buffer.from(JSON.stringify(noRequests))));
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
    for (const exchange of this.exchanges.values()) {
      exchange.keepAlive(now, this.context.limits.keepAliveMs);
    }
  }

  async close(reason: string): Promise<void> {
    // Subscriptions end with an answer, which the session gives now.
    const closing = this.session.close();
    const error = Buffer.from(JSON.stringify({ code: errorCodes.internal, message: reason }));
    for (const [id, exchange] of this.exchanges) {
      this.exchanges.delete(id);
      exchange.answer([Buffer.from('{"jsonrpc":"2.0","id":'), exchange.ownId, Buffer.from(',"error":'), error, Buffer.from('}')], 503);
    }
    if (this.dropped > 0) {
      this.context.log(`${this.dropped} messages of servers belonged to no request and were dropped.`);
    }
    await closing;
  }

  /** Closing the stream is how a client cancels (2026-07-28, Streamable HTTP, "Cancellation"). */
  private disconnected(id: number): void {
    this.lastUsed = performance.now();
    if (this.exchanges.delete(id)) {
      const params = { requestId: id, reason: 'The client closed the response.' };
      this.session.receive(messageOf({ method: 'notifications/cancelled', params }));
    }
  }

  private answer({ id, idAt, isError }: Extract<MessageHead, { kind: 'response' }>, message: Buffer): void {
    const exchange = id === null ? undefined : this.exchanges.get(id);
    if (exchange !== undefined && id !== null) {
      this.exchanges.delete(id);
      const tag = exchange.isSubscription ? subscriptionSpan(message, 'result') : undefined;
      const spans = [idAt, ...(tag === undefined ? [] : [tag])].sort((a, b) => a.start - b.start);
      const pieces = replaceSpans(
        message,
        whole(message),
        spans.map((span) => ({ ...span, by: exchange.ownId })),
      );
      exchange.answer(pieces, isError ? statusFor(errorCode(message)) : 200);
    }
  }

  private tell(message: Buffer, about: RequestId | undefined): void {
    const exchange = about === undefined ? undefined : this.exchanges.get(about);
    if (exchange === undefined) {
      this.dropped++;
      return;
    }
    const tag = exchange.isSubscription ? subscriptionSpan(message, 'params') : undefined;
    exchange.tell(tag === undefined ? [message] : replaceSpans(message, whole(message), [{ ...tag, by: exchange.ownId }]));
  }
}

/** Where a message names the subscription that it is for: that is the id of the request that asked for it. */
function subscriptionSpan(message: Buffer, member: 'params' | 'result'): Span | undefined {
  const outer = findMembers(message, 0, [member])?.spans[0];
  const meta = outer === undefined ? undefined : findMembers(message, outer.start, ['_meta'])?.spans[0];
  return meta === undefined ? undefined : findMembers(message, meta.start, [metaKeys.subscription])?.spans[0];
}

function withValues(message: Buffer, replacements: readonly (Span & { readonly by: Buffer })[]): Buffer {
  return Buffer.concat(replaceSpans(message, whole(message), replacements));
}

function whole(message: Buffer): Span {
  return { start: 0, end: message.length };
}

/** 2026-07-28, Streamable HTTP, "Protocol Version Header" and "Server Validation"; basic, "Per-request protocol fields". */
function statusFor(code: number | undefined): number {
  if (code === errorCodes.methodNotFound) {
    return 404;
  }
  return code === -32020 || code === -32021 || code === -32022 ? 400 : 200;
}
