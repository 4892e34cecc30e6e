import { readEnvelope, type Envelope } from '../../node/envelope.ts';
import { findMembers, parseSpan } from '../../node/jsonSpans.ts';
import type { RequestId } from '../../shared/mcp.ts';
import type { Channel } from '../channel.ts';
import { EventStream } from './eventStream.ts';
import { OpenCalls, type OlderServerListener } from './openCalls.ts';
import type { RemoteOptions } from './remoteSession.ts';
import { isModern, metadataHeaders, type MirroredOf } from './requestMetadata.ts';
import { SessionChannel } from './sessionChannel.ts';

export interface HttpChannelOptions extends RemoteOptions {
  readonly onOlderServer?: OlderServerListener;
  readonly mirroredOf?: MirroredOf;
}

/**
 * A server over Streamable HTTP, revisions 2025-03-26 to 2026-07-28. A request that fails is answered with a JSON-RPC
 * error; a handshake that fails, a session that is over and a server that wants authorisation end the channel.
 */
export function openHttpChannel(options: HttpChannelOptions): Channel {
  return new HttpChannel(options);
}

class HttpChannel extends SessionChannel {
  private readonly calls: OpenCalls;
  /** The server's own stream, for what belongs to no request. */
  private listening: EventStream | undefined;
  /** What waits until the server has heard that the handshake is over. */
  private held: Buffer[] | undefined;

  constructor(options: HttpChannelOptions) {
    super(options);
    this.calls = new OpenCalls(this.session, options.onOlderServer, options.mirroredOf);
  }

  protected get waiting(): readonly Buffer[] {
    return this.held ?? [];
  }

  send(message: Buffer): void {
    if (this.session.outlet.isOver) {
      return;
    }
    if (this.held !== undefined) {
      this.held.push(message);
      return;
    }
    const envelope = readEnvelope(message);
    if (envelope?.kind === 'request') {
      this.calls.begin(message, envelope);
    } else if (envelope?.kind === 'notification') {
      this.notify(message, envelope);
    } else if (!isModern(this.session.version)) {
      // Since 2026-07-28 a server asks nothing, so that there is nothing to answer.
      this.session.tell(message, this.session.headersFor());
    }
  }

  private notify(message: Buffer, envelope: Extract<Envelope, { kind: 'notification' }>): void {
    const { method, params } = envelope;
    if (method === 'notifications/cancelled') {
      const id = params === undefined ? undefined : findMembers(message, params.start, ['requestId'])?.spans[0];
      if (id !== undefined) {
        this.calls.cancel(parseSpan(message, id) as RequestId, message);
      }
      return;
    }
    const metadata = metadataHeaders(message, envelope, this.session.version);
    if (metadata === undefined && method === 'notifications/initialized') {
      // Requests on other connections must not overtake it: several servers refuse them before it.
      this.held = [];
      this.session.tell(message, this.session.headersFor(), () => this.begin());
    } else {
      this.session.tell(message, this.session.headersFor(metadata));
    }
  }

  private begin(): void {
    const waiting = this.held ?? [];
    this.held = undefined;
    this.listen();
    waiting.forEach((message) => this.send(message));
  }

  /** A server that has no stream of its own says 405, or knows no GET at all. */
  private listen(): void {
    const { session } = this;
    this.listening ??= new EventStream(
      {
        get: (lastEventId, onResponse, onFailure) => session.get(lastEventId, onResponse, onFailure, () => this.listening?.close()),
        onData: (data) => this.calls.take(data),
        onGivenUp: (_reason, status, wasOpen) => {
          if (status === 404 && wasOpen && session.id !== undefined) {
            session.finish(session.endedBy(status));
          }
        },
      },
      Infinity,
    );
  }

  protected letGo(): void {
    this.listening?.close();
    this.calls.close();
    this.held = undefined;
  }
}
