import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

import type { Problem } from '../../shared/problem.ts';
import { isRefusal, type AuthorizationHeaders, type Authorizer } from '../oauth/authorizer.ts';

const redirectLimit = 3;
/** Of a body that nobody needs this much is read, so that its connection can be used again. */
const discardedBytes = 64 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
  /** Milliseconds until the response begins; null is no limit. */
  readonly answerWithinMs: number | null;
  /** Whether it takes part in the limit of calls. */
  readonly isCall: boolean;
  /** Whether a server that gets it twice does nothing twice. */
  readonly repeatable: boolean;
  readonly onResponse: (response: IncomingMessage) => void;
  /** No response came. Never called after `abort`, nor from inside `send`. */
  readonly onFailure: (reason: string) => void;
  /** The server wants a login, or one that allows more. As `onFailure`; without it that is called. */
  readonly onRefused?: (problem: Problem) => void;
}

/** What an exchange needs of the client that it belongs to. */
export interface ExchangeHost {
  /** `login` goes with it beside its own headers. */
  open(url: URL, login: AuthorizationHeaders): ClientRequest;
  /** Logs requests in; undefined where they carry what their profile says. */
  readonly authorizer: Authorizer | undefined;
  /** A login is wanted, and nobody but a person can help. */
  isRefused(problem: Problem, status: number): void;
  /** The server said that a URL stands for another from now on. */
  isMoved(from: URL, to: URL): void;
  track(response: IncomingMessage): void;
  queued(bytes: number): void;
  closed(): void;
}

/** One request with its response, over the redirects that it may follow. */
export class HttpExchange {
  private readonly request: HttpRequest;
  private readonly host: ExchangeHost;
  private current: ClientRequest | undefined;
  private timer: NodeJS.Timeout | undefined;
  private redirects = 0;
  private logins = 0;
  private isRepeated = false;
  private isOver = false;

  constructor(request: HttpRequest, host: ExchangeHost) {
    this.request = request;
    this.host = host;
    if (request.answerWithinMs !== null) {
      const limit = request.answerWithinMs;
      this.timer = setTimeout(() => this.fail(`no answer within ${limit / 1000} s`), limit);
    }
  }

  start(url: URL): void {
    const login = this.host.authorizer?.headersFor(url) ?? {};
    if (login instanceof Promise) {
      this.current = undefined;
      void login.then((headers) => (this.isOver ? undefined : this.open(url, headers)));
    } else {
      this.open(url, login);
    }
  }

  private open(url: URL, login: AuthorizationHeaders): void {
    let opened: ClientRequest;
    try {
      opened = this.host.open(url, login);
    } catch (error) {
      // A header that cannot be sent. Node's text names the header and not its value.
      const reason = describeFailure(error);
      setImmediate(() => this.fail(reason));
      return;
    }
    this.current = opened;
    this.countBody(opened);
    opened.on('response', (response) => this.respond(opened, url, login, response));
    opened.on('error', (error) => this.failed(opened, url, error));
    opened.on('close', () => {
      if (this.current === opened) {
        this.close();
      }
    });
    opened.end(this.request.body);
  }

  /** Calls `then` once the whole request has gone to the network; false when it never began to. */
  whenWritten(then: () => void): boolean {
    const { current } = this;
    if (current === undefined || current.socket === null || current.socket === undefined) {
      return false;
    }
    if (current.writableFinished) {
      then();
    } else {
      current.once('finish', then);
    }
    return true;
  }

  /** Ends it where it stands. Nothing is heard of it any more. */
  abort(): void {
    if (!this.isOver) {
      this.close();
      this.current?.destroy();
    }
  }

  private countBody(opened: ClientRequest): void {
    let waiting = this.request.body?.length ?? 0;
    if (waiting > 0) {
      this.host.queued(waiting);
      const taken = (): void => {
        this.host.queued(-waiting);
        waiting = 0;
      };
      opened.once('finish', taken);
      opened.once('close', taken);
    }
  }

  private respond(opened: ClientRequest, url: URL, login: AuthorizationHeaders, response: IncomingMessage): void {
    // What breaks off later is seen as `close` without `complete`.
    response.on('error', () => undefined);
    if (this.isOver || this.current !== opened) {
      discard(response);
      return;
    }
    const status = response.statusCode ?? 0;
    if (status >= 300 && status < 400 && status !== 304) {
      discard(response);
      this.redirect(url, status, response.headers.location);
      return;
    }
    const { authorizer } = this.host;
    if (authorizer !== undefined && isRefusal(status, response.headers['www-authenticate'])) {
      discard(response);
      void this.logIn(authorizer, url, login, response);
      return;
    }
    clearTimeout(this.timer);
    this.host.track(response);
    this.request.onResponse(response);
  }

  /** Sends it once more with another token, where there is one to be had. */
  private async logIn(
    authorizer: Authorizer,
    url: URL,
    sent: AuthorizationHeaders,
    { statusCode, headers }: IncomingMessage,
  ): Promise<void> {
    this.current = undefined;
    const status = statusCode ?? 0;
    const verdict = await authorizer.onUnauthorized({ status, challenge: headers['www-authenticate'], sent, retries: this.logins++ });
    if (this.isOver) {
      return;
    }
    if (verdict === 'retry') {
      this.start(url);
      return;
    }
    this.close();
    if (this.request.onRefused === undefined) {
      this.request.onFailure(verdict.message);
    } else {
      this.request.onRefused(verdict);
    }
    this.host.isRefused(verdict, status);
  }

  /** Credentials go to the origin that the user named and to no other. */
  private redirect(url: URL, status: number, location: string | undefined): void {
    const target = location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (target === undefined || (status !== 307 && status !== 308)) {
      this.fail(`it answered HTTP ${status}, a redirect that is not followed`);
    } else if (target.origin !== url.origin) {
      this.fail(`it redirects to another origin (${target.origin}), which is not followed`);
    } else if (++this.redirects > redirectLimit) {
      this.fail(`it redirected more than ${redirectLimit} times`);
    } else {
      if (status === 308) {
        this.host.isMoved(url, target);
      }
      this.start(target);
    }
  }

  private failed(opened: ClientRequest, url: URL, error: Error): void {
    if (this.current !== opened || this.isOver) {
      return;
    }
    // The server closed a kept connection at the moment in which it was used (RFC 9112, 9.3.1 and 9.5).
    if (opened.reusedSocket && this.request.repeatable && !this.isRepeated) {
      this.isRepeated = true;
      this.start(url);
      return;
    }
    this.fail(describeFailure(error));
  }

  private fail(reason: string): void {
    if (!this.isOver) {
      this.close();
      this.current?.destroy();
      this.request.onFailure(reason);
    }
  }

  private close(): void {
    if (!this.isOver) {
      this.isOver = true;
      clearTimeout(this.timer);
      this.host.closed();
    }
  }
}

/** Reads on to the end of a body that nobody needs, or closes its connection when there is too much of it. */
export function discard(response: IncomingMessage): void {
  let left = discardedBytes;
  response.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) {
      response.destroy();
    }
  });
}

/** Gives the whole body; a text in its place where it is cut off or longer than `limit` bytes. */
export function readBody(response: IncomingMessage, limit: number, done: (body: Buffer | string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limit) {
      chunks.push(chunk);
    } else {
      response.destroy();
    }
  });
  response.once('close', () => {
    if (bytes > limit) {
      done(`its answer is longer than ${limit} bytes`);
    } else {
      done(
        response.complete ? (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)) : 'its answer broke off',
      );
    }
  });
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const code = (error as NodeJS.ErrnoException).code ?? '';
  // A host with several addresses gives an error without a text.
  return error.message === '' ? code || error.name : error.message;
}
