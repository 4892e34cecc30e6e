import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import * as problems from '../../core/problems.ts';
import type { KnownToken } from '../../node/httpTokens.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { ClientLink, ClientSession } from '../clientLink.ts';
import { describeError } from '../describeError.ts';
import { Audit } from './audit.ts';
import { Bearers, type Bearer } from './bearer.ts';
import type { Access, HttpContext } from './context.ts';
import { Cors } from './cors.ts';
import { Door } from './door.ts';
import { bracketed, Gate } from './gate.ts';
import type { LegacySession } from './legacySession.ts';
import { defaultLimits, type HttpLimits } from './limits.ts';
import { Listener } from './listener.ts';
import type { ModernSession } from './modernSession.ts';
import { Refusals } from './refusals.ts';
import { sendNothing } from './replies.ts';
import { Router } from './router.ts';
import { auditSessions } from './sessionAudit.ts';
import { SessionTable, type HeldSession } from './sessionTable.ts';
import { Strangers } from './strangers.ts';
import type { TlsPair } from './tls.ts';
import { Usages } from './usage.ts';

/** Whoever opens a session. */
export interface HttpClient {
  /** The name of the token; `main` is the gateway's own. */
  readonly token: string;
  /** What the token lets it use of the profile (src/core/tools/toolGrants.ts); undefined means everything. */
  readonly granted: readonly string[] | undefined;
  /** By which the audit log names the session. */
  readonly session: number;
}

export interface HttpFrontOptions {
  /** The address to listen on. */
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  /** The bearer token that may use everything; undefined where there is none. Every request but those for `/health` needs a token. */
  readonly token: string | undefined;
  /** Tokens that may use less. */
  readonly tokens?: readonly KnownToken[];
  /** The profiles that are served: each under `/p/HANDLE/mcp`, the first under `/mcp` too. */
  readonly handles: readonly string[];
  /** Opens a session of a profile for one client. */
  open(handle: string, link: ClientLink, client: HttpClient): Promise<ClientSession>;
  readonly log: (line: string) => void;
  /** More names that requests may have in `Host`. Names of the loopback interface and the address listened on always are allowed. */
  readonly allowedHosts?: readonly string[];
  /** Milliseconds after which a session without a request or an open stream is closed; 30 minutes where it is not given. */
  readonly sessionIdleMs?: number;
  readonly health?: () => { readonly ok: boolean };
  readonly limits?: Partial<HttpLimits>;
  /** Origins whose pages may call the endpoint from a browser, exactly as browsers write them. */
  readonly corsOrigins?: readonly string[];
  /** Encrypts every connection. */
  readonly tls?: TlsPair;
  readonly audit?: Audit;
}

export interface HttpFront {
  /** Where the first profile is served. */
  readonly url: string;
  readonly port: number;
  /** From now on these tokens are good besides the main one. Sessions and streams of others end. */
  useTokens(tokens: readonly KnownToken[]): void;
  /** Connections from now on get this certificate. */
  useTls(pair: TlsPair): void;
  /** Ends every session and every connection. */
  close(): Promise<void>;
}

const idleMs = 30 * 60_000;
/** Milliseconds for responses to reach their clients when the endpoint closes. */
const farewellMs = 2_000;
/** How often it is looked whose token has expired. */
const sweepMs = 1_000;

/** Serves profiles over Streamable HTTP, to clients of either era. Fails where the address cannot be listened on. */
export async function startHttpFront(options: HttpFrontOptions): Promise<Result<HttpFront>> {
  if (options.token === '' || (options.token === undefined && options.tokens === undefined)) {
    throw new Error('The HTTP endpoint needs a token.');
  }
  const front = new Front(options);
  const failure = await front.listen(options.host, options.port);
  return failure === undefined ? ok(front) : fail(problems.httpUnavailable(options.host, options.port, failure));
}

class Front implements HttpFront {
  url = '';
  port = 0;
  private readonly listener: Listener;
  private readonly strangers: Strangers;
  private readonly bearers: Bearers;
  private readonly usages: Usages;
  private readonly legacy: SessionTable<LegacySession>;
  private readonly modern: SessionTable<ModernSession>;
  private readonly router: Router;
  private readonly timers: readonly NodeJS.Timeout[];
  private readonly limits: HttpLimits;
  private readonly audit: Audit;
  private readonly log: (line: string) => void;
  private readonly isSecure: boolean;
  private sessionNumber = 0;
  private closing: Promise<void> | undefined;

  constructor(options: HttpFrontOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    this.limits = limits;
    this.log = options.log;
    this.audit = options.audit ?? new Audit(undefined);
    this.isSecure = options.tls !== undefined;
    this.bearers = new Bearers(options.token);
    this.bearers.use(options.tokens ?? []);
    this.usages = new Usages((bearer) => this.limitsOf(bearer));
    this.strangers = new Strangers(limits.strangers);
    const listener = auditSessions(this.audit, options.log);
    this.legacy = new SessionTable(listener);
    this.modern = new SessionTable(listener);
    const { bearers, usages, strangers, audit } = this;
    const cors = new Cors(options.corsOrigins ?? []);
    const gate = new Gate(options.host, options.allowedHosts ?? [], cors);
    const { handles, health = (): { readonly ok: boolean } => ({ ok: true }) } = options;
    const refusals = new Refusals(audit, options.log);
    const door = new Door(bearers, usages, strangers, refusals);
    const parts = { gate, cors, door, refusals, handles, health };
    this.router = new Router(parts, this.makeContext(options), this.legacy, this.modern);
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => this.serve(request, response);
    this.listener = new Listener({ limits, strangers, audit, tls: options.tls, onRequest });
    this.timers = this.startTimers(options.sessionIdleMs ?? idleMs);
  }

  useTokens(tokens: readonly KnownToken[]): void {
    this.bearers.use(tokens);
    this.sweep();
    this.usages.prune((id) => !this.bearers.has(id));
  }

  useTls(pair: TlsPair): void {
    this.listener.useTls(pair);
  }

  /** Why it failed; undefined where it did not. */
  async listen(host: string, port: number): Promise<string | undefined> {
    const failure = await new Promise<Error | undefined>((resolve) => {
      this.listener.server.once('error', resolve);
      this.listener.server.listen(port, host, () => {
        this.listener.server.off('error', resolve);
        resolve(undefined);
      });
    });
    if (failure !== undefined) {
      this.timers.forEach((timer) => clearInterval(timer));
      return failure.message;
    }
    this.listener.server.on('error', (error) => this.log(`The HTTP endpoint: ${describeError(error)}`));
    this.port = (this.listener.server.address() as AddressInfo).port;
    this.url = `http${this.isSecure ? 's' : ''}://${reachable(host)}:${this.port}/mcp`;
    return undefined;
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.timers.forEach((timer) => clearInterval(timer));
    const closed = new Promise<void>((resolve) => this.listener.server.close(() => resolve()));
    const reason = 'The gateway is shutting down.';
    await Promise.all([this.legacy.closeAll(reason), this.modern.closeAll(reason)]);
    // What is on its way gets a moment; a connection that carries nothing has nothing to wait for.
    const idle = setInterval(() => this.listener.server.closeIdleConnections(), 20);
    const late = setTimeout(() => this.listener.server.closeAllConnections(), farewellMs);
    this.strangers.close();
    await closed;
    clearInterval(idle);
    clearTimeout(late);
  }

  private makeContext(options: HttpFrontOptions): HttpContext {
    return {
      limits: this.limits,
      keptTotal: { bytes: 0 },
      log: options.log,
      open: async ({ handle, bearer }: Access, session, link) =>
        options.open(handle, link, { token: bearer.name, granted: bearer.tools ?? undefined, session }),
      nextNumber: () => ++this.sessionNumber,
      whyNoMore: (bearer) => this.whyNoMore(bearer),
    };
  }

  private startTimers(sessionIdleMs: number): readonly NodeJS.Timeout[] {
    const { keepAliveMs } = this.limits;
    return [
      setInterval(() => this.eachTable((table) => table.tick(performance.now())), keepAliveMs).unref(),
      setInterval(
        () => this.eachTable((table) => table.expire(performance.now(), sessionIdleMs)),
        Math.max(10, Math.min(keepAliveMs, sessionIdleMs / 4)),
      ).unref(),
      setInterval(() => this.sweep(), sweepMs).unref(),
    ];
  }

  private limitsOf({ id }: Bearer): HttpLimits['main'] {
    return id === 'main' ? this.limits.main : this.limits.others;
  }

  private whyNoMore(bearer: Bearer): string | undefined {
    if (this.legacy.size + this.modern.size >= this.limits.sessions) {
      return 'There are too many sessions.';
    }
    const most = this.limitsOf(bearer).sessions;
    const own = this.legacy.countOf(bearer.id) + this.modern.countOf(bearer.id);
    return own >= most ? `This token has ${most} sessions, and may have no more.` : undefined;
  }

  /** Ends the sessions whose token is not good any more. */
  private sweep(): void {
    this.eachTable((table) => table.sweep(({ access }: HeldSession) => this.bearers.objection(access.bearer)));
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    if (this.closing !== undefined) {
      sendNothing(response, 503, { connection: 'close' });
      return;
    }
    this.router.route(request, response);
  }

  private eachTable(action: (table: SessionTable<LegacySession> | SessionTable<ModernSession>) => void): void {
    action(this.legacy);
    action(this.modern);
  }
}

/** A name under which a client on this machine reaches what listens on `host`. */
function reachable(host: string): string {
  if (host === '' || host === '0.0.0.0') {
    return '127.0.0.1';
  }
  return host === '::' ? '[::1]' : bracketed(host);
}
