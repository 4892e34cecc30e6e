import { messageOf, notificationOf } from '../../node/envelope.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import { isEmptyObject, parseObject, withMembers } from './objectBytes.ts';
import { asObject, metaKeys, toldChanges, type Json, type ListenFilter } from './revision.ts';

/** What subscriptions need of the server and of its client. */
export interface ListeningWires {
  /** Sends a request and gives its id. */
  ask(method: string, params: Json, onReply: (outcome: 'result' | 'error', value: Buffer) => void): RequestId;
  /** Ends a request that `ask` sent. */
  cancel(id: RequestId): void;
  /** In the turn in which the server spoke. */
  toClient(message: Buffer): void;
  /** In a later turn: what needs no word of the server. */
  toClientSoon(message: Buffer): void;
}

interface Stream {
  readonly id: RequestId;
  readonly uris: readonly string[];
  /** When the server acknowledged it, in the clock of `performance.now`. */
  readonly since: number;
  /** The server tells nothing on it. */
  readonly isEmpty: boolean;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/** Keeps one `subscriptions/listen` open at a server of 2026-07-28, for a client that subscribes as in the revisions before. */
export class Listening {
  private readonly wires: ListeningWires;
  private readonly kinds: ListenFilter;
  private readonly uris = new Set<string>();
  private readonly subscribers: { readonly id: RequestId; readonly uri: string }[] = [];
  /** Acknowledged by the server. */
  private current: Stream | undefined;
  /** Asked for, and not acknowledged yet. */
  private opening: Stream | undefined;
  private isStale = false;
  private soon: NodeJS.Immediate | undefined;
  private again: NodeJS.Timeout | undefined;
  private pauseMs = firstPauseMs;

  constructor(wires: ListeningWires, capabilities: Json) {
    this.wires = wires;
    this.kinds = toldChanges(capabilities);
  }

  /** The client is ready to hear. */
  start(): void {
    this.refreshSoon();
  }

  subscribe(id: RequestId, uri: string): void {
    if (this.current?.uris.includes(uri) === true && this.uris.has(uri)) {
      this.wires.toClientSoon(messageOf({ id, result: {} }));
      return;
    }
    this.uris.add(uri);
    this.subscribers.push({ id, uri });
    this.refreshSoon();
  }

  unsubscribe(id: RequestId, uri: string): void {
    this.uris.delete(uri);
    this.wires.toClientSoon(messageOf({ id, result: {} }));
    this.refreshSoon();
  }

  /** `params` of `notifications/subscriptions/acknowledged`. */
  acknowledged(params: Json): void {
    const opened = this.opening;
    if (opened === undefined || subscriptionOf(params) !== opened.id) {
      return;
    }
    const before = this.current;
    this.opening = undefined;
    const honoured = asObject(params['notifications']) ?? {};
    const agreed = honoured['resourceSubscriptions'];
    const granted = opened.uris.filter((uri) => Array.isArray(agreed) && agreed.includes(uri));
    this.current = { id: opened.id, uris: granted, since: performance.now(), isEmpty: Object.keys(honoured).length === 0 };
    if (before !== undefined) {
      this.wires.cancel(before.id);
    }
    this.answerSubscribers(opened.uris, (uri) => (granted.includes(uri) ? undefined : refusal(uri)));
    this.refreshIfStale();
  }

  /** A notification of the server that came for a subscription. */
  hear(method: string, params: Buffer | undefined): void {
    const said = parseObject(params ?? Buffer.from('{}'));
    if (said === undefined) {
      return;
    }
    const subscription = subscriptionOf(said);
    if (subscription !== undefined && subscription !== this.current?.id) {
      // It came for a stream that a newer one has replaced, and comes for that as well.
      return;
    }
    const meta = asObject(said['_meta']);
    if (params === undefined || meta === undefined) {
      this.wires.toClient(notificationOf(method, params));
      return;
    }
    const { [metaKeys.subscription]: _tag, ...rest } = meta;
    const _meta = Object.keys(rest).length === 0 ? null : Buffer.from(JSON.stringify(rest));
    const left = Buffer.concat(withMembers(params, 0, { _meta }) ?? [params]);
    this.wires.toClient(notificationOf(method, isEmptyObject(left) ? undefined : left));
  }

  /** The server ended a stream: with its result, an error, or a cancellation. */
  ended(id: unknown, error?: Buffer): void {
    if (this.opening !== undefined && this.opening.id === id) {
      const { uris } = this.opening;
      this.opening = undefined;
      this.answerSubscribers(uris, (uri) => (error === undefined ? refusal(uri) : (parseObject(error) ?? refusal(uri))));
      if (!this.refreshIfStale() && error !== undefined && !isFinal(error)) {
        this.refreshLater();
      }
    } else if (this.current !== undefined && this.current.id === id) {
      const { since, isEmpty } = this.current;
      this.current = undefined;
      this.pauseMs = performance.now() - since > longestPauseMs ? firstPauseMs : this.pauseMs;
      if (!isEmpty) {
        this.refreshLater();
      }
    }
  }

  close(): void {
    clearImmediate(this.soon);
    clearTimeout(this.again);
  }

  private refreshSoon(): void {
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      this.refresh();
    });
  }

  private refreshLater(): void {
    clearTimeout(this.again);
    this.again = setTimeout(() => this.refresh(), this.pauseMs).unref();
    this.pauseMs = Math.min(2 * this.pauseMs, longestPauseMs);
  }

  private refreshIfStale(): boolean {
    const wasStale = this.isStale;
    this.isStale = false;
    if (wasStale) {
      this.refresh();
    }
    return wasStale;
  }

  private refresh(): void {
    clearTimeout(this.again);
    if (this.opening !== undefined) {
      this.isStale = true;
      return;
    }
    const uris = [...this.uris];
    const notifications: ListenFilter = { ...this.kinds, ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }) };
    if (Object.keys(notifications).length === 0) {
      const { current } = this;
      this.current = undefined;
      if (current !== undefined) {
        this.wires.cancel(current.id);
      }
      return;
    }
    const id = this.wires.ask('subscriptions/listen', { notifications }, (outcome, value) =>
      this.ended(id, outcome === 'error' ? value : undefined),
    );
    this.opening = { id, uris, since: 0, isEmpty: false };
  }

  private answerSubscribers(uris: readonly string[], errorFor: (uri: string) => unknown): void {
    for (const { id, uri } of this.subscribers.splice(0)) {
      if (!uris.includes(uri)) {
        this.subscribers.push({ id, uri });
        continue;
      }
      const error = errorFor(uri);
      if (error !== undefined) {
        this.uris.delete(uri);
      }
      this.wires.toClient(messageOf(error === undefined ? { id, result: {} } : { id, error }));
    }
  }
}

function subscriptionOf(params: Json): unknown {
  return asObject(params['_meta'])?.[metaKeys.subscription];
}

function refusal(uri: string): unknown {
  return { code: errorCodes.invalidParams, message: `The server does not tell of changes of ${uri}.` };
}

/** A server that does not know the method, or not these words, will not know them later. */
function isFinal(error: Buffer): boolean {
  const code = parseObject(error)?.['code'];
  return code === errorCodes.methodNotFound || code === errorCodes.invalidParams;
}
