import { messageOf, notificationOf } from '../../node/envelope.ts';
import { logLevels, type RequestId } from '../../shared/mcp.ts';
import type { ClientLink, ClientSession } from '../clientLink.ts';
import { InnerSession, type InnerListener, type Question } from './innerSession.ts';
import { Listeners } from './listeners.ts';
import { modernError } from './modernReplies.ts';
import { parseObject } from './objectBytes.ts';
import { OpenCalls } from './openCalls.ts';
import type { ModernRequest } from './requestMeta.ts';
import { asObject, listChanges, metaKeys, modernVersion, type Json } from './revision.ts';
import type { WaitingLimits } from './rounds.ts';

/** The requests of a client of 2026-07-28 that declare the same capabilities: they share one session with a handshake. */
export class ModernSession implements InnerListener {
  private readonly link: ClientLink;
  private readonly inner: InnerSession;
  private readonly calls: OpenCalls;
  private readonly listeners: Listeners;
  /** Requests that wait for the handshake. */
  private readonly early = new Set<RequestId>();
  /** The most talkative log level that any request wanted, as an index; servers are told that one, and the rest is sifted here. */
  private level = logLevels.length;

  constructor(
    link: ClientLink,
    open: (link: ClientLink) => ClientSession,
    client: { info: Json; capabilities: Json },
    limits: WaitingLimits,
  ) {
    this.link = link;
    this.inner = new InnerSession(link, open, client, this);
    this.calls = new OpenCalls(link, this.inner, client.capabilities, limits);
    this.listeners = new Listeners(link, this.inner);
  }

  get isIdle(): boolean {
    return this.early.size === 0 && this.calls.isIdle && this.listeners.isIdle;
  }

  has(id: RequestId): boolean {
    return this.early.has(id) || this.calls.has(id) || this.listeners.has(id);
  }

  holds(state: string): boolean {
    return this.calls.holds(state);
  }

  /** The next try of a request that was answered with a question. */
  resume(request: ModernRequest, state: string): void {
    this.wantLog(request.logLevel);
    this.calls.resume(request, state);
  }

  receive(request: ModernRequest): void {
    this.early.add(request.id);
    this.inner.whenReady((failure) => {
      if (!this.early.delete(request.id)) {
        // Cancelled meanwhile.
        return;
      }
      if (failure === undefined) {
        this.dispatch(request);
      } else {
        this.link.send(modernError(request.id, failure), request.id);
      }
    });
  }

  /** false where there is no request of this id. */
  cancel(id: RequestId, reason: string | undefined): boolean {
    return this.early.delete(id) || this.calls.cancel(id, reason) || this.listeners.cancel(id);
  }

  drained(): void {
    this.inner.drained();
  }

  close(): Promise<void> {
    this.early.clear();
    this.calls.close();
    this.listeners.close();
    return this.inner.close();
  }

  asked(question: Question, about: RequestId | undefined): void {
    if (question.method === 'ping') {
      this.inner.answer(question, 'result', Buffer.from('{}'));
    } else {
      this.calls.asked(question, about);
    }
  }

  told(method: string, params: Buffer | undefined, about: RequestId | undefined): void {
    switch (method) {
      case 'notifications/progress':
        this.calls.progress(params, about);
        return;
      case 'notifications/cancelled':
        this.calls.withdraw(valueIn(params, 'requestId'));
        return;
      case 'notifications/resources/updated':
        this.listeners.tell(method, params);
        return;
      case 'notifications/elicitation/complete':
        // Removed: the client hears of it by trying again.
        return;
      default:
        if (listChanges.has(method)) {
          this.listeners.tell(method, params);
        } else {
          this.passOn(method, params, about);
        }
    }
  }

  private dispatch(request: ModernRequest): void {
    switch (request.method) {
      case 'server/discover':
        this.discover(request.id);
        return;
      case 'subscriptions/listen':
        this.listeners.begin(request);
        return;
      default:
        this.wantLog(request.logLevel);
        this.calls.begin(request);
    }
  }

  private discover(id: RequestId): void {
    const { capabilities, instructions, serverInfo } = this.inner.hello;
    const { tasks: _moved, ...offered } = capabilities;
    const result = {
      resultType: 'complete',
      supportedVersions: [modernVersion],
      capabilities: offered,
      ...(instructions === undefined ? {} : { instructions }),
      ttlMs: 0,
      cacheScope: 'private',
      _meta: { [metaKeys.serverInfo]: JSON.parse(serverInfo.toString()) as unknown },
    };
    this.link.send(messageOf({ id, result }), id);
  }

  /** What belongs to a request that is open, and nothing else: there is no other place for it. */
  private passOn(method: string, params: Buffer | undefined, about: RequestId | undefined): void {
    const outer = this.calls.outerOf(about);
    if (outer === undefined) {
      return;
    }
    if (method === 'notifications/message') {
      // Without a level the client wants none.
      const level = logLevels.indexOf(String(valueIn(params, 'level')));
      if (outer.logLevel === undefined || level < logLevels.indexOf(outer.logLevel)) {
        return;
      }
    }
    this.link.send(notificationOf(method, params), outer.id);
  }

  private wantLog(level: string | undefined): void {
    const wanted = level === undefined ? logLevels.length : logLevels.indexOf(level);
    if (wanted < this.level && asObject(this.inner.hello.capabilities['logging']) !== undefined) {
      this.level = wanted;
      this.inner.begin('logging/setLevel', [Buffer.from(JSON.stringify({ level }))], () => undefined);
    }
  }
}

function valueIn(params: Buffer | undefined, name: string): unknown {
  return parseObject(params)?.[name];
}
