import type { IncomingMessage } from 'node:http';

import { readEnvelope } from '../../node/envelope.ts';
import type { RequestId } from '../../shared/mcp.ts';
import type { Channel } from '../channel.ts';
import { readAllEvents } from './eventStream.ts';
import { discard } from './httpExchange.ts';
import { errorReply, messagesOf, problemReply } from './remoteReplies.ts';
import type { RemoteOptions } from './remoteSession.ts';
import { SessionChannel } from './sessionChannel.ts';

/** A channel that tells whether it found what it was opened for. */
export interface LegacySseChannel extends Channel {
  /** True once the server named its endpoint; false when the channel ended before. */
  readonly opened: Promise<boolean>;
}

/**
 * A server over the HTTP with SSE of revision 2024-11-05: one GET for all that it says, one POST for each message to it.
 * The end of that stream is the end of the channel.
 */
export function openLegacySseChannel(options: RemoteOptions): LegacySseChannel {
  return new SseChannel(options);
}

class SseChannel extends SessionChannel implements LegacySseChannel {
  readonly opened: Promise<boolean>;
  private endpoint: URL | undefined;
  /** What waits for the endpoint. */
  private early: Buffer[] = [];
  private found: (isOpen: boolean) => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: RemoteOptions) {
    super(options);
    this.opened = new Promise((resolve) => (this.found = resolve));
    if (this.session.outlet.isOver) {
      this.found(false);
    } else {
      const { connectMs } = this.session.timeouts;
      this.timer = setTimeout(() => this.break(`it named no endpoint within ${connectMs / 1000} s`), connectMs);
      this.session.get(
        '',
        (response) => this.read(response),
        (reason) => this.break(reason),
        (problem) => this.session.refuse(problem),
      );
    }
  }

  protected get waiting(): readonly Buffer[] {
    return this.early;
  }

  send(message: Buffer): void {
    if (this.session.outlet.isOver) {
      return;
    }
    if (this.endpoint === undefined) {
      this.early.push(message);
    } else {
      this.post(message, this.endpoint);
    }
  }

  private read(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    if (status >= 400) {
      this.session.readRefusal(response, (text) => this.break(`it answered HTTP ${status}${text === '' ? '' : `: ${text}`}`));
      return;
    }
    if (!/^text\/event-stream\b/i.test(response.headers['content-type'] ?? '')) {
      discard(response);
      this.break('it gave no event stream');
      return;
    }
    readAllEvents(
      response,
      ({ type, data }) => {
        if (type === 'endpoint') {
          this.begin(data.toString('utf8'));
        } else if (type === 'message' && data.length > 0) {
          this.take(data);
        }
      },
      (_position, failure) => this.break(failure ?? 'its stream ended'),
    );
  }

  /** Credentials go to the origin that the user named and to no other. */
  private begin(address: string): void {
    const endpoint = URL.canParse(address, this.session.url.href) ? new URL(address, this.session.url) : undefined;
    if (endpoint?.origin !== this.session.url.origin) {
      this.break('it named an endpoint of another origin');
      return;
    }
    clearTimeout(this.timer);
    this.endpoint = endpoint;
    this.session.admit(endpoint);
    this.found(true);
    const { early } = this;
    this.early = [];
    early.forEach((message) => this.post(message, endpoint));
  }

  private take(data: Buffer): void {
    for (const message of messagesOf(data) ?? [data]) {
      if (message[0] === 0x7b) {
        this.session.outlet.deliver(message);
      } else {
        this.session.junk(message);
      }
    }
  }

  private post(message: Buffer, endpoint: URL): void {
    const envelope = readEnvelope(message);
    if (envelope?.kind !== 'request') {
      this.session.tell(message, this.session.headersFor(), undefined, endpoint);
      return;
    }
    this.session.client.send(
      {
        method: 'POST',
        headers: this.session.headersFor(),
        body: message,
        isCall: false,
        answerWithinMs: this.session.timeouts.otherMs,
        repeatable: false,
        onResponse: (response) => {
          const status = response.statusCode ?? 0;
          if (status < 400) {
            discard(response);
          } else {
            this.session.readRefusal(response, (text) =>
              this.refuse(envelope.id, `answered HTTP ${status}${text === '' ? '.' : `: ${text}`}`, status),
            );
          }
        },
        onRefused: (problem) => this.session.outlet.deliver(problemReply(envelope.id, problem)),
        onFailure: (reason) => this.refuse(envelope.id, `did not take "${envelope.method}": ${this.session.hide(reason)}.`),
      },
      endpoint,
    );
  }

  private refuse(id: RequestId, reason: string, httpStatus?: number): void {
    this.session.outlet.deliver(
      errorReply(id, `The server "${this.session.name}" ${reason}`, httpStatus === undefined ? undefined : { httpStatus }),
    );
  }

  private break(reason: string): void {
    this.session.finish(`The server "${this.session.name}" is gone from ${this.session.shown}: ${this.session.hide(reason)}.`);
  }

  protected letGo(): void {
    clearTimeout(this.timer);
    this.early = [];
    this.found(false);
  }
}
