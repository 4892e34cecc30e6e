import { messageOf, notificationOf } from '../../node/envelope.ts';
import { parseSpan } from '../../node/jsonSpans.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import type { ClientLink } from '../clientLink.ts';
import type { InnerSession } from './innerSession.ts';
import { modernError } from './modernReplies.ts';
import { parseObject, withMembers } from './objectBytes.ts';
import type { ModernRequest } from './requestMeta.ts';
import { asObject, listChanges, metaKeys, toldChanges, type ListenFilter } from './revision.ts';

interface Listener {
  readonly id: RequestId;
  readonly filter: ListenFilter;
  /** Acknowledged: nothing may be told before that. */
  isOpen: boolean;
  /** What happened before it was. */
  readonly early: [method: string, params: Buffer | undefined][];
}

/** A resource that some listener wants to hear of. */
interface Followed {
  listeners: number;
  /** Whether the server agreed. */
  readonly agreed: Promise<boolean>;
}

const listenersPerClient = 64;
const addressesPerListener = 1000;
const earlyLimit = 100;
/** Milliseconds that a server may take to agree before the client is told that it did. */
const patienceMs = 5_000;

/** The subscriptions of a client of 2026-07-28 (`subscriptions/listen`), on top of a session that tells everything. */
export class Listeners {
  private readonly link: ClientLink;
  private readonly inner: InnerSession;
  private readonly open = new Map<RequestId, Listener>();
  private readonly followed = new Map<string, Followed>();

  constructor(link: ClientLink, inner: InnerSession) {
    this.link = link;
    this.inner = inner;
  }

  get isIdle(): boolean {
    return this.open.size === 0;
  }

  has(id: RequestId): boolean {
    return this.open.has(id);
  }

  begin({ id, message, members }: ModernRequest): void {
    const span = members.get('notifications');
    const asked = span === undefined ? undefined : readFilter(parseSpan(message, span));
    if (asked === undefined) {
      this.refuse(id, errorCodes.invalidParams, '"notifications" must say what to listen for.');
      return;
    }
    if (this.open.size >= listenersPerClient || (asked.resourceSubscriptions?.length ?? 0) > addressesPerListener) {
      this.refuse(id, errorCodes.internal, 'This client has too many subscriptions.');
      return;
    }
    const listener: Listener = { id, filter: this.honoured(asked), isOpen: false, early: [] };
    this.open.set(id, listener);
    const uris = listener.filter.resourceSubscriptions ?? [];
    const agreed = uris.map((uri) => this.follow(uri));
    if (agreed.length === 0) {
      this.acknowledge(listener, []);
    } else {
      void within(patienceMs, agreed).then((answers) =>
        this.acknowledge(
          listener,
          uris.filter((_uri, index) => answers[index] !== false),
        ),
      );
    }
  }

  /** Tells those who asked for it what the server said. */
  tell(method: string, params: Buffer | undefined): void {
    const kind = listChanges.get(method);
    const uri = kind === undefined ? parseObject(params)?.['uri'] : undefined;
    if (params !== undefined && parseObject(params) === undefined) {
      return;
    }
    for (const listener of this.open.values()) {
      const wants = kind === undefined ? typeof uri === 'string' && covers(listener.filter, uri) : listener.filter[kind] === true;
      if (wants && listener.isOpen) {
        this.send(listener, method, params);
      } else if (wants && listener.early.length < earlyLimit) {
        listener.early.push([method, params]);
      }
    }
  }

  /** The client does not listen any more. false where there is no listener of this id. */
  cancel(id: RequestId): boolean {
    const listener = this.open.get(id);
    if (listener !== undefined) {
      this.open.delete(id);
      listener.filter.resourceSubscriptions?.forEach((uri) => this.leave(uri));
    }
    return listener !== undefined;
  }

  /** Ends every subscription in good order ("Graceful closure"). */
  close(): void {
    const serverInfo = JSON.parse(this.inner.hello.serverInfo.toString()) as unknown;
    for (const { id } of this.open.values()) {
      const _meta = { [metaKeys.subscription]: id, [metaKeys.serverInfo]: serverInfo };
      this.link.send(messageOf({ id, result: { resultType: 'complete', _meta } }), id);
    }
    this.open.clear();
    this.followed.clear();
  }

  private refuse(id: RequestId, code: number, message: string): void {
    this.link.send(modernError(id, { code, message }), id);
  }

  /** What of a wish can be met at all. */
  private honoured(asked: ListenFilter): ListenFilter {
    const { capabilities } = this.inner.hello;
    const told = toldChanges(capabilities);
    const kinds = [...listChanges.values()].filter((kind) => asked[kind] === true && told[kind] === true);
    const follows = asObject(capabilities['resources'])?.['subscribe'] === true && (asked.resourceSubscriptions?.length ?? 0) > 0;
    return {
      ...Object.fromEntries(kinds.map((kind) => [kind, true])),
      ...(follows ? { resourceSubscriptions: [...new Set(asked.resourceSubscriptions)] } : {}),
    };
  }

  private acknowledge(listener: Listener, uris: readonly string[]): void {
    if (this.open.get(listener.id) !== listener) {
      return;
    }
    listener.isOpen = true;
    const { resourceSubscriptions: _asked, ...kinds } = listener.filter;
    const notifications = uris.length === 0 ? kinds : { ...kinds, resourceSubscriptions: uris };
    this.send(listener, 'notifications/subscriptions/acknowledged', Buffer.from(JSON.stringify({ notifications })));
    listener.early.splice(0).forEach(([method, params]) => this.send(listener, method, params));
  }

  private send({ id }: Listener, method: string, params: Buffer | undefined): void {
    const said = params ?? Buffer.from('{}');
    const tag = Buffer.from(JSON.stringify({ [metaKeys.subscription]: id }));
    const pieces = withMembers(said, 0, { _meta: tag }) ?? [Buffer.from('{"_meta":'), tag, Buffer.from('}')];
    this.link.send(notificationOf(method, Buffer.concat(pieces)), id);
  }

  private follow(uri: string): Promise<boolean> {
    const known = this.followed.get(uri);
    if (known !== undefined) {
      known.listeners++;
      return known.agreed;
    }
    const agreed = new Promise<boolean>((resolve) => {
      this.inner.begin('resources/subscribe', [Buffer.from(JSON.stringify({ uri }))], ({ kind }) => {
        if (kind === 'error') {
          // The next who asks is told again.
          this.followed.delete(uri);
        }
        resolve(kind === 'result');
      });
    });
    this.followed.set(uri, { listeners: 1, agreed });
    return agreed;
  }

  private leave(uri: string): void {
    const known = this.followed.get(uri);
    if (known !== undefined && --known.listeners === 0) {
      this.followed.delete(uri);
      this.inner.begin('resources/unsubscribe', [Buffer.from(JSON.stringify({ uri }))], () => undefined);
    }
  }
}

/** What a client wants to hear; undefined when it is not written as the specification says. */
function readFilter(value: unknown): ListenFilter | undefined {
  const said = asObject(value);
  const kinds = [...listChanges.values()];
  const uris = said?.['resourceSubscriptions'];
  const areTexts = uris === undefined || (Array.isArray(uris) && uris.every((uri) => typeof uri === 'string'));
  if (said === undefined || !areTexts || kinds.some((kind) => !['boolean', 'undefined'].includes(typeof said[kind]))) {
    return undefined;
  }
  return {
    ...Object.fromEntries(kinds.filter((kind) => said[kind] === true).map((kind) => [kind, true])),
    ...(uris === undefined ? {} : { resourceSubscriptions: uris }),
  };
}

/** A resource below a followed one counts as well (schema, `ResourceUpdatedNotificationParams`). */
function covers({ resourceSubscriptions = [] }: ListenFilter, uri: string): boolean {
  return resourceSubscriptions.some((one) => uri === one || uri.startsWith(one.endsWith('/') ? one : `${one}/`));
}

/** What is known of these answers after a time: undefined for one that is not there yet. */
async function within(ms: number, answers: readonly Promise<boolean>[]): Promise<readonly (boolean | undefined)[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms).unref()));
  const known = await Promise.all(answers.map((answer) => Promise.race([answer, late])));
  clearTimeout(timer);
  return known;
}
