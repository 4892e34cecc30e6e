import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { ClientLink, ClientSession } from '../clientLink.ts';
import { describeError } from '../describeError.ts';
import type { HttpContext } from './context.ts';
import { bracketed } from './gate.ts';
import type { LegacySession } from './legacySession.ts';
import { defaultLimits, type HttpLimits } from './limits.ts';
import type { ModernSession } from './modernSession.ts';
import { sendNothing } from './replies.ts';
import { Router } from './router.ts';
import { SessionTable } from './sessionTable.ts';

export interface HttpFrontOptions {
  /** The address to listen on. */
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  /** The bearer token that every request but those for `/health` needs. */
  readonly token: string;
  /** The profiles that are served: each under `/p/HANDLE/mcp`, the first under `/mcp` too. */
  readonly handles: readonly string[];
  /** Opens a session of a profile for one client. */
  open(handle: string, link: ClientLink): Promise<ClientSession>;
  readonly log: (line: string) => void;
  /** More names that requests may have in `Host`. Names of the loopback interface and the address listened on always are allowed. */
  readonly allowedHosts?: readonly string[];
  /** Milliseconds after which a session without a request or an open stream is closed; 30 minutes where it is not given. */
  readonly sessionIdleMs?: number;
  readonly health?: () => { readonly ok: boolean };
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpFront {
  /** Where the first profile is served. */
  readonly url: string;
  readonly port: number;
  /** Ends every session and every connection. */
  close(): Promise<void>;
}

const idleMs = 30 * 60_000;
/** Milliseconds for responses to reach their clients when the endpoint closes. */
const farewellMs = 2_000;

/** Serves profiles over Streamable HTTP, to clients of either era. Fails where the address cannot be listened on. */
export async function startHttpFront(options: HttpFrontOptions): Promise<Result<HttpFront>> {
  if (options.token === '') {
    throw new Error('The HTTP endpoint needs a token.');
  }
  const front = new Front(options);
  const failure = await front.listen(options.host, options.port);
  return failure === undefined ? ok(front) : fail(problems.httpUnavailable(options.host, options.port, failure));
}

class Front implements HttpFront {
  url = '';
  port = 0;
  private readonly server: Server;
  private readonly legacy: SessionTable<LegacySession>;
  private readonly modern: SessionTable<ModernSession>;
  private readonly router: Router;
  private readonly timers: readonly NodeJS.Timeout[];
  private readonly log: (line: string) => void;
  private closing: Promise<void> | undefined;

  constructor(options: HttpFrontOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    const sessionIdleMs = options.sessionIdleMs ?? idleMs;
    this.log = options.log;
    const onFailure = (error: unknown): void => options.log(`A session did not close: ${describeError(error)}`);
    this.legacy = new SessionTable(onFailure);
    this.modern = new SessionTable(onFailure);
    const context: HttpContext = {
      limits,
      keptTotal: { bytes: 0 },
      log: options.log,
      open: async (handle, link) => options.open(handle, link),
      isFull: () => this.legacy.size + this.modern.size >= limits.sessions,
    };
    this.router = new Router(options, context, this.legacy, this.modern);
    this.server = makeServer(limits, (request, response) => this.serve(request, response));
    this.server.on('connection', (socket) => this.router.strangers.add(socket));
    this.timers = [
      setInterval(() => this.eachTable((table) => table.tick(performance.now())), limits.keepAliveMs).unref(),
      setInterval(
        () => this.eachTable((table) => table.expire(performance.now(), sessionIdleMs)),
        Math.max(10, Math.min(limits.keepAliveMs, sessionIdleMs / 4)),
      ).unref(),
    ];
  }

  /** Why it failed; undefined where it did not. */
  async listen(host: string, port: number): Promise<string | undefined> {
    const failure = await new Promise<Error | undefined>((resolve) => {
      this.server.once('error', resolve);
      this.server.listen(port, host, () => {
        this.server.off('error', resolve);
        resolve(undefined);
      });
    });
    if (failure !== undefined) {
      this.timers.forEach((timer) => clearInterval(timer));
      return failure.message;
    }
    this.server.on('error', (error) => this.log(`The HTTP endpoint: ${describeError(error)}`));
    this.port = (this.server.address() as AddressInfo).port;
    this.url = `http://${reachable(host)}:${this.port}/mcp`;
    return undefined;
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.timers.forEach((timer) => clearInterval(timer));
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const reason = 'The gateway is shutting down.';
    await Promise.all([this.legacy.closeAll(reason), this.modern.closeAll(reason)]);
    // What is on its way gets a moment; a connection that carries nothing has nothing to wait for.
    const idle = setInterval(() => this.server.closeIdleConnections(), 20);
    const late = setTimeout(() => this.server.closeAllConnections(), farewellMs);
    this.router.strangers.close();
    await closed;
    clearInterval(idle);
    clearTimeout(late);
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => undefined);
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

function makeServer(limits: HttpLimits, onRequest: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer(
    {
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.max(50, Math.min(limits.headMs, limits.requestMs) / 4),
      keepAliveTimeout: limits.restMs,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      noDelay: true,
    },
    onRequest,
  );
  server.maxConnections = limits.connections;
  return server;
}

/** A name under which a client on this machine reaches what listens on `host`. */
function reachable(host: string): string {
  if (host === '' || host === '0.0.0.0') {
    return '127.0.0.1';
  }
  return host === '::' ? '[::1]' : bracketed(host);
}
