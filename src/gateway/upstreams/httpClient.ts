import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import type { Problem } from '../../shared/problem.ts';
import type { AuthorizationHeaders, Authorizer } from '../oauth/authorizer.ts';
import { HttpExchange, type HttpRequest } from './httpExchange.ts';

/** Several servers close idle connections after 5 s without saying so beforehand; a request on one of those would be lost. */
const idleSocketMs = 4_000;
const idleSockets = 16;
/** Calls beyond these wait for one to end. Answers, notifications and streams never wait behind them. */
const callSockets = 128;

export interface HttpTimeouts {
  /** Milliseconds until a new connection stands, TLS included. */
  readonly connectMs: number;
  /** Milliseconds until the response to a call begins. A server without streams says nothing before the call is done. */
  readonly callMs: number;
  /** The same for everything else that is sent. */
  readonly otherMs: number;
}

/** Who logs requests in, and who hears that only a person can. */
export interface LoginHost {
  readonly authorizer: Authorizer | undefined;
  isRefused(problem: Problem, status: number): void;
}

/** Requests to one origin over connections that are kept. */
export class HttpClient {
  private url: URL;
  private readonly connectMs: number;
  private readonly login: LoginHost;
  private readonly agents: { readonly calls: HttpAgent; readonly other: HttpAgent };
  private readonly exchanges = new Set<HttpExchange>();
  private readonly responses = new Set<IncomingMessage>();
  private paused = false;
  private unwritten = 0;

  constructor(url: URL, connectMs: number, login: LoginHost) {
    this.login = login;
    this.url = url;
    this.connectMs = connectMs;
    const options = {
      keepAlive: true,
      keepAliveMsecs: 30_000,
      maxFreeSockets: idleSockets,
      timeout: idleSocketMs,
      scheduling: 'lifo',
    } as const;
    const agent = (maxSockets: number): HttpAgent =>
      url.protocol === 'https:' ? new HttpsAgent({ ...options, maxSockets }) : new HttpAgent({ ...options, maxSockets });
    this.agents = { calls: agent(callSockets), other: agent(Infinity) };
  }

  /** Bytes of bodies that have not gone to the network yet. */
  get queuedBytes(): number {
    return this.unwritten;
  }

  send(request: HttpRequest, url: URL = this.url): HttpExchange {
    const exchange = new HttpExchange(request, {
      open: (target, headers) => this.open(request, target, headers),
      authorizer: this.login.authorizer,
      isRefused: (problem, status) => this.login.isRefused(problem, status),
      isMoved: (from, to) => {
        this.url = from.href === this.url.href ? to : this.url;
      },
      track: (response) => this.track(response),
      queued: (bytes) => (this.unwritten += bytes),
      closed: () => this.exchanges.delete(exchange),
    });
    this.exchanges.add(exchange);
    exchange.start(url);
    return exchange;
  }

  pause(): void {
    this.paused = true;
    this.responses.forEach((response) => response.pause());
  }

  resume(): void {
    this.paused = false;
    this.responses.forEach((response) => response.resume());
  }

  /** Ends every request and stream. */
  abortAll(): void {
    this.exchanges.forEach((exchange) => exchange.abort());
  }

  /** Closes every connection. */
  destroy(): void {
    this.abortAll();
    this.agents.calls.destroy();
    this.agents.other.destroy();
  }

  private open(request: HttpRequest, url: URL, login: AuthorizationHeaders): ClientRequest {
    const headers = { ...request.headers, ...login };
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const opened = open({
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: `${url.pathname}${url.search}`,
      method: request.method,
      headers: request.body === undefined ? headers : { ...headers, 'content-length': request.body.length },
      agent: request.isCall ? this.agents.calls : this.agents.other,
    });
    opened.once('socket', (socket) => {
      if (socket.connecting) {
        const timer = setTimeout(() => opened.destroy(new Error(`no connection within ${this.connectMs / 1000} s`)), this.connectMs);
        const stop = (): void => clearTimeout(timer);
        socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', stop);
        opened.once('close', stop);
      }
    });
    return opened;
  }

  private track(response: IncomingMessage): void {
    this.responses.add(response);
    response.once('close', () => this.responses.delete(response));
    if (this.paused) {
      response.pause();
    }
  }
}
