import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

import type { Problem } from '../../shared/problem.ts';
import { describeProblem } from '../../shared/problem.ts';
import type { Authorizer } from '../oauth/authorizer.ts';
import { ChannelOutlet } from './channelOutlet.ts';
import { HttpClient, type HttpTimeouts } from './httpClient.ts';
import { discard, readBody, type HttpExchange } from './httpExchange.ts';
import { excerpt, hideValues } from './remoteReplies.ts';
import { defaultTimeouts, openRemote } from './remoteTarget.ts';

/** An error's body is read this far. */
const errorBodyBytes = 1024 * 1024;
/** Milliseconds that the end of a session may take. */
const farewellMs = 2_000;

export interface RemoteOptions {
  /** `https:`, or `http:` on the loopback interface. */
  readonly url: string;
  /** Go with every request to the URL's origin, and nowhere else. */
  readonly headers: Readonly<Record<string, string>>;
  /** The server's name, for messages. */
  readonly name: string;
  readonly timeouts?: Partial<HttpTimeouts>;
  /** Logs requests in that carry no `Authorization` of their own. */
  readonly authorizer?: Authorizer | undefined;
}

/** What every request to one remote server shares, and the one end of it. */
export class RemoteSession {
  readonly name: string;
  /** The URL without anything secret. */
  readonly shown: string;
  readonly url: URL;
  readonly client: HttpClient;
  readonly timeouts: HttpTimeouts;
  readonly outlet = new ChannelOutlet();
  /** `Mcp-Session-Id`, where the server gave one. */
  id: string | undefined;
  /** The negotiated revision. */
  version: string | undefined;
  private readonly ownSecrets: readonly string[];
  private readonly authorizer: Authorizer | undefined;
  private readonly headers: OutgoingHttpHeaders;
  private readonly onOver: () => void;
  private stopped: Promise<void> | undefined;

  /** `onOver` lets go of what still runs. Where the URL may not be asked, the session is over from the start. */
  constructor(options: RemoteOptions, onOver: () => void) {
    const target = openRemote(options);
    this.name = options.name;
    this.shown = target.shown;
    this.url = target.url;
    this.ownSecrets = target.secrets;
    this.authorizer = target.headers['authorization'] === undefined ? options.authorizer : undefined;
    this.headers = target.headers;
    this.timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.client = new HttpClient(target.url, this.timeouts.connectMs, {
      authorizer: this.authorizer,
      // With more scopes another call may still be possible; without any login nothing is.
      isRefused: (problem, status) => (status === 401 ? this.refuse(problem) : undefined),
    });
    this.onOver = onOver;
    if (target.refusal !== undefined) {
      this.outlet.end(target.refusal, nextTurn());
    }
  }

  private get secrets(): readonly string[] {
    return this.authorizer === undefined ? this.ownSecrets : [...this.authorizer.secrets, ...this.ownSecrets];
  }

  headersFor(more: Readonly<Record<string, string>> = {}): OutgoingHttpHeaders {
    const headers = { ...this.headers, ...more };
    if (this.id !== undefined) {
      headers['mcp-session-id'] = this.id;
    }
    if (this.version !== undefined) {
      headers['mcp-protocol-version'] ??= this.version;
    }
    return headers;
  }

  /** Asks for an event stream, from behind `lastEventId` on where that is not empty. */
  get(
    lastEventId: string,
    onResponse: (response: IncomingMessage) => void,
    onFailure: (reason: string) => void,
    onRefused?: (problem: Problem) => void,
  ): HttpExchange {
    const isUsable = /^[\t\x20-\x7e\x80-\xff]+$/.test(lastEventId);
    return this.client.send({
      method: 'GET',
      headers: this.headersFor({ accept: 'text/event-stream', ...(isUsable ? { 'last-event-id': lastEventId } : {}) }),
      // Some servers send the headers with the first event.
      answerWithinMs: null,
      isCall: false,
      repeatable: true,
      onResponse,
      onFailure: (reason) => onFailure(this.hide(reason)),
      ...(onRefused === undefined ? {} : { onRefused }),
    });
  }

  /** Sends what has no answer. `done` is called when the server has taken or refused it, but not after the end. */
  tell(message: Buffer, headers: OutgoingHttpHeaders, done: () => void = () => undefined, url?: URL): void {
    const refused = (reason: string): void => {
      this.outlet.junk(reason);
      done();
    };
    this.client.send(
      {
        method: 'POST',
        headers,
        body: message,
        isCall: false,
        answerWithinMs: this.timeouts.otherMs,
        repeatable: true,
        onResponse: (response) => {
          if ((response.statusCode ?? 0) < 400) {
            discard(response);
            done();
          } else {
            this.readRefusal(response, (text) => refused(`HTTP ${response.statusCode}: ${text}`));
          }
        },
        onFailure: (reason) => refused(this.hide(reason)),
      },
      url,
    );
  }

  /**
   * Reads an HTTP error. Ends the session where the status says that nothing more can come of it, unless `isAboutCall`
   * knows better; else gives the first words of the body, and the body.
   */
  readRefusal(response: IncomingMessage, done: (text: string, body: Buffer) => void, isAboutCall?: (body: Buffer) => boolean): void {
    readBody(response, errorBodyBytes, (read) => {
      const body = typeof read === 'string' ? Buffer.alloc(0) : read;
      const text = typeof read === 'string' ? read : excerpt(read, this.secrets);
      const end = this.outlet.isOver ? undefined : this.endBy(response, text, isAboutCall?.(body) === true);
      if (end !== undefined) {
        this.finish(end);
      } else if (!this.outlet.isOver) {
        done(text, body);
      }
    });
  }

  /** The sentence for an end of the session that the server told by HTTP. */
  endedBy(status: number): string {
    return `The server "${this.name}" ended the session (HTTP ${status}).`;
  }

  /** Text of the server or about it, with nothing in it that is secret. */
  hide(text: string): string {
    return hideValues(text, this.secrets);
  }

  /** What the server sent in place of a message. */
  junk(bytes: Buffer): void {
    const text = excerpt(bytes, this.secrets);
    if (text !== '') {
      this.outlet.junk(text);
    }
  }

  shorten(text: string): string {
    return excerpt(Buffer.from(text), this.secrets);
  }

  /** Messages go to this address of the server too. */
  admit(endpoint: URL): void {
    this.authorizer?.admit(endpoint);
  }

  /** The end, until a person does something. */
  refuse(problem: Problem): void {
    this.finish(describeProblem(problem), problem);
  }

  /** The end, for a reason of the server's. */
  finish(reason: string, problem?: Problem): void {
    if (!this.outlet.isOver) {
      this.id = undefined;
      this.outlet.end(reason, nextTurn(), problem);
      this.onOver();
      this.client.destroy();
    }
  }

  /** The end, for a reason of the owner's: a server that keeps a session is told. */
  leave(): Promise<void> {
    this.stopped ??= this.sayFarewell();
    return this.stopped;
  }

  private endBy(response: IncomingMessage, text: string, isAboutCall: boolean): string | undefined {
    const status = response.statusCode ?? 0;
    if (status === 401) {
      const [, metadata] = /\bresource_metadata\s*=\s*"([^"]*)"/i.exec(response.headers['www-authenticate'] ?? '') ?? [];
      const url = metadata !== undefined && URL.canParse(metadata) ? new URL(metadata) : undefined;
      const where = url === undefined ? '' : ` It says more at ${this.hide(`${url.origin}${url.pathname}`)}.`;
      return `The server "${this.name}" wants authorisation (HTTP 401).${where}`;
    }
    if (this.id === undefined || isAboutCall) {
      return undefined;
    }
    // Servers made after the official examples say 400 where the specification wants 404.
    const isOver = status === 404 || (status === 400 && /\bsession\b|not initialized/i.test(text));
    return isOver ? this.endedBy(status) : undefined;
  }

  private async sayFarewell(): Promise<void> {
    this.onOver();
    this.client.abortAll();
    const farewell = this.id === undefined ? Promise.resolve() : this.deleteId();
    this.outlet.end(
      '',
      farewell.then(() => this.client.destroy()),
    );
    await this.outlet.ended;
  }

  private deleteId(): Promise<void> {
    return new Promise((resolve) => {
      this.client.send({
        method: 'DELETE',
        headers: this.headersFor(),
        answerWithinMs: farewellMs,
        isCall: false,
        repeatable: true,
        onResponse: (response) => {
          discard(response);
          resolve();
        },
        onFailure: () => resolve(),
      });
    });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
