import { messageOf, readEnvelope, type Envelope } from '../../node/envelope.ts';
import { parseSpan, type Span } from '../../node/jsonSpans.ts';
import { errorCodes, type JsonRpcError, type RequestId } from '../../shared/mcp.ts';
import type { ClientLink, ClientSession } from '../clientLink.ts';
import { modernError } from './modernReplies.ts';
import { ModernSession } from './modernSession.ts';
import { readModernRequest, unsupportedVersion, type ModernRequest } from './requestMeta.ts';
import { asObject, inputMethods, roundMethods } from './revision.ts';
import type { WaitingLimits } from './rounds.ts';

/** Methods of the older revisions that are gone (2026-07-28, key changes). */
const removed: ReadonlySet<string> = new Set([
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/list',
  'tasks/result',
]);

/** Sessions with different capabilities that one client may have; a client has one kind, or two where it asks before it declares. */
const sessionsPerClient = 4;

/** A client of revision 2026-07-28. The session that it gets speaks the revisions with a handshake. */
export class ModernClient implements ClientSession {
  private readonly link: ClientLink;
  private readonly open: (link: ClientLink) => ClientSession;
  private readonly limits: WaitingLimits;
  /** By what the client lets servers ask; the one that was used last is the last. */
  private readonly sessions = new Map<string, ModernSession>();
  private asked = false;
  private closed = false;

  constructor(link: ClientLink, open: (link: ClientLink) => ClientSession, limits: WaitingLimits) {
    this.link = link;
    this.open = open;
    this.limits = limits;
  }

  /** Whether the client did nothing yet but ask which revisions are spoken: then it may still choose an older one. */
  get onlyLooked(): boolean {
    return !this.asked;
  }

  receive(message: Buffer): void {
    if (this.closed) {
      return;
    }
    const envelope = readEnvelope(message);
    switch (envelope?.kind) {
      case 'request':
        this.take(envelope, message);
        return;
      case 'notification':
        if (envelope.method === 'notifications/cancelled') {
          this.cancel(message, envelope.params);
        }
        return;
      case 'response':
        // Nobody asks this client in requests of their own.
        return;
      case undefined:
        this.link.send(messageOf({ error: { code: errorCodes.parse, message: 'This is not one JSON-RPC 2.0 message.' } }));
    }
  }

  drained(): void {
    this.sessions.forEach((session) => session.drained());
  }

  async close(): Promise<void> {
    this.closed = true;
    const open = [...this.sessions.values()];
    this.sessions.clear();
    await Promise.all(open.map((session) => session.close()));
  }

  private take(raw: Extract<Envelope, { kind: 'request' }>, message: Buffer): void {
    const { id, method } = raw;
    if (method === 'initialize') {
      const requested = raw.params === undefined ? undefined : asObject(parseSpan(message, raw.params))?.['protocolVersion'];
      this.refuse(id, unsupportedVersion(typeof requested === 'string' ? requested : ''));
      return;
    }
    const read = readModernRequest(raw, message);
    if (!read.ok) {
      this.refuse(id, read.error);
    } else if (removed.has(method)) {
      this.refuse(id, { code: errorCodes.methodNotFound, message: `There is no "${method}" in this revision.` });
    } else if ([...this.sessions.values()].some((session) => session.has(id))) {
      this.refuse(id, { code: errorCodes.invalidRequest, message: 'A request with this id is open already.' });
    } else {
      this.asked ||= method !== 'server/discover';
      this.route(read.request);
    }
  }

  private route(request: ModernRequest): void {
    const span = roundMethods.has(request.method) ? request.members.get('requestState') : undefined;
    if (span === undefined) {
      this.sessionFor(request)?.receive(request);
      return;
    }
    const state = parseSpan(request.message, span);
    const session = typeof state === 'string' ? [...this.sessions.values()].find((one) => one.holds(state)) : undefined;
    if (typeof state === 'string' && session !== undefined) {
      session.resume(request, state);
    } else {
      const message = 'This "requestState" is unknown or has expired; make the request again without it.';
      this.refuse(request.id, { code: errorCodes.invalidParams, message });
    }
  }

  /** "Servers MUST NOT infer capabilities from prior requests": each set of them has its own session. */
  private sessionFor({ id, capabilities, clientInfo }: ModernRequest): ModernSession | undefined {
    const key = JSON.stringify([...inputMethods.values()].map((name) => capabilities[name] ?? null));
    const known = this.sessions.get(key);
    this.sessions.delete(key);
    if (known === undefined && !this.makeRoom()) {
      this.refuse(id, { code: errorCodes.invalidRequest, message: 'Requests with too many different capabilities are open at once.' });
      return undefined;
    }
    const info = clientInfo ?? { name: 'unknown client', version: '0' };
    const session = known ?? new ModernSession(this.link, this.open, { info, capabilities }, this.limits);
    this.sessions.set(key, session);
    return session;
  }

  private makeRoom(): boolean {
    if (this.sessions.size < sessionsPerClient) {
      return true;
    }
    const idle = [...this.sessions].find(([, { isIdle }]) => isIdle);
    if (idle !== undefined) {
      this.sessions.delete(idle[0]);
      void idle[1].close();
    }
    return idle !== undefined;
  }

  private cancel(message: Buffer, params: Span | undefined): void {
    const { requestId, reason } = (params === undefined ? undefined : asObject(parseSpan(message, params))) ?? {};
    for (const session of this.sessions.values()) {
      if (session.cancel(requestId as RequestId, typeof reason === 'string' ? reason : undefined)) {
        return;
      }
    }
  }

  private refuse(id: RequestId, error: JsonRpcError): void {
    this.link.send(modernError(id, error), id);
  }
}
