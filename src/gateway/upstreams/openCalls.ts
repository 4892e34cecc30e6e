import type { IncomingMessage } from 'node:http';

import { readEnvelope, type Envelope } from '../../node/envelope.ts';
import { maxLineBytes } from '../../node/lines.ts';
import type { RequestId } from '../../shared/mcp.ts';
import type { Problem } from '../../shared/problem.ts';
import { EventStream, readEvents, type StreamPosition } from './eventStream.ts';
import { discard, readBody, type HttpExchange } from './httpExchange.ts';
import { answeredId, errorReply, messagesOf, problemReply } from './remoteReplies.ts';
import type { RemoteSession } from './remoteSession.ts';
import { metadataHeaders, type MirroredOf } from './requestMetadata.ts';

/** A stream whose request was answered is given this long to end by itself. */
const lingerMs = 2_000;
const resumeAttempts = 5;
/** What does nothing twice when it comes twice. */
const repeatable =
  /^(?:ping|server\/discover|completion\/complete|logging\/setLevel|(?:tools|prompts|resources|resources\/templates)\/list|prompts\/get|resources\/(?:read|subscribe|unsubscribe))$/;

/** Gets "initialize" and the error that would answer it, where a server refuses it as one of revision 2024-11-05 does. */
export type OlderServerListener = (initialize: Buffer, reply: Buffer) => void;

type RequestEnvelope = Extract<Envelope, { kind: 'request' }>;

/** A request that waits for its answer. */
interface Call {
  readonly id: RequestId;
  readonly method: string;
  readonly message: Buffer;
  readonly isModern: boolean;
  exchange: HttpExchange | undefined;
  /** Its stream, once that broke and was taken up again. */
  stream: EventStream | undefined;
  linger: NodeJS.Timeout | undefined;
}

/** The requests of a Streamable HTTP channel, each from its POST to its one answer. */
export class OpenCalls {
  private readonly session: RemoteSession;
  private readonly onOlderServer: OlderServerListener | undefined;
  private readonly mirroredOf: MirroredOf | undefined;
  private readonly calls = new Map<RequestId, Call>();

  constructor(session: RemoteSession, onOlderServer: OlderServerListener | undefined, mirroredOf: MirroredOf | undefined) {
    this.session = session;
    this.onOlderServer = onOlderServer;
    this.mirroredOf = mirroredOf;
  }

  begin(message: Buffer, envelope: RequestEnvelope): void {
    const { id, method } = envelope;
    const metadata = metadataHeaders(message, envelope, this.session.version, this.mirroredOf);
    const call: Call = { id, method, message, isModern: metadata !== undefined, exchange: undefined, stream: undefined, linger: undefined };
    this.calls.set(id, call);
    call.exchange = this.session.client.send({
      method: 'POST',
      headers: this.session.headersFor(metadata),
      body: message,
      // A subscription's stream lives as long as the channel.
      isCall: method !== 'subscriptions/listen',
      answerWithinMs: this.session.timeouts.callMs,
      repeatable: repeatable.test(method),
      onResponse: (response) => this.read(call, response),
      onFailure: (reason) => this.lose(call, reason),
      onRefused: (problem) => this.refuse(call, problem),
    });
  }

  /** Lets go of a request; nothing is heard of it any more. `message` is the notification of that. */
  cancel(id: RequestId, message: Buffer): void {
    const call = this.calls.get(id);
    if (call === undefined) {
      return;
    }
    this.calls.delete(id);
    const drop = (): void => release(call);
    const tell = (): void => this.session.tell(message, this.session.headersFor(), drop);
    // 2026-07-28: the end of a request's stream is its cancellation. What never went out needs none.
    if (call.isModern || call.exchange?.whenWritten(tell) !== true) {
      drop();
    }
  }

  /** What the server said, on whatever stream: one message, or a batch of revision 2025-03-26. */
  take(data: Buffer): void {
    for (const message of messagesOf(data) ?? [data]) {
      if (message[0] !== 0x7b) {
        this.session.junk(message);
        continue;
      }
      const id = this.calls.size === 0 ? undefined : answeredId(message);
      if (id !== undefined) {
        this.calls.delete(id);
      }
      this.session.outlet.deliver(message);
    }
  }

  /** Forgets every request. */
  close(): void {
    this.calls.forEach(release);
    this.calls.clear();
  }

  private isOpen(call: Call): boolean {
    return this.calls.get(call.id) === call;
  }

  private read(call: Call, response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const type = (response.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const encoding = (response.headers['content-encoding'] ?? 'identity').toLowerCase();
    if (status >= 400) {
      this.readRefusal(call, status, response);
      return;
    }
    if (call.method === 'initialize' && !call.isModern) {
      this.session.id = response.headers['mcp-session-id']?.toString();
    }
    if (encoding === 'identity' && type === 'text/event-stream') {
      this.readStream(call, response);
    } else if (encoding === 'identity' && type === 'application/json') {
      readBody(response, maxLineBytes, (body) => this.takeBody(call, body));
    } else {
      discard(response);
      const found = encoding === 'identity' ? type : `content in the encoding ${encoding}`;
      this.fail(call, `it answered HTTP ${status} with ${found === '' ? 'no content' : this.session.shorten(found)} in place of a message`);
    }
  }

  private takeBody(call: Call, body: Buffer | string): void {
    if (typeof body === 'string') {
      this.lose(call, body);
      return;
    }
    this.take(body);
    if (this.isOpen(call)) {
      this.fail(call, 'its answer holds no response to the request');
    }
  }

  private readStream(call: Call, response: IncomingMessage): void {
    readEvents(
      response,
      (data) => {
        this.take(data);
        if (!this.isOpen(call)) {
          call.linger ??= setTimeout(() => release(call), lingerMs).unref();
        }
      },
      (position, failure) => {
        clearTimeout(call.linger);
        if (this.isOpen(call)) {
          this.resume(call, position, failure);
        }
      },
    );
  }

  /** Takes up a stream that ended before its answer, where the server numbers its events. */
  private resume(call: Call, position: StreamPosition, failure: string | undefined): void {
    if (failure !== undefined || call.isModern || position.lastEventId === '') {
      this.lose(call, failure ?? 'its stream ended before the answer');
      return;
    }
    call.stream = new EventStream(
      {
        get: (lastEventId, onResponse, onFailure) => this.session.get(lastEventId, onResponse, onFailure),
        onData: (data) => {
          this.take(data);
          if (!this.isOpen(call)) {
            call.stream?.close();
          }
        },
        onGivenUp: (reason) => this.lose(call, `its stream broke off and could not be taken up again: ${reason}`),
      },
      resumeAttempts,
      position,
    );
  }

  private readRefusal(call: Call, status: number, response: IncomingMessage): void {
    this.session.readRefusal(
      response,
      (text, body) => {
        if (!this.isOpen(call)) {
          return;
        }
        if (errorCodeFor(call, body) !== undefined) {
          this.take(body);
          return;
        }
        this.calls.delete(call.id);
        const said = `The server "${this.session.name}" answered HTTP ${status}${text === '' ? '.' : `: ${text}`}`;
        const reply = errorReply(call.id, said, { httpStatus: status });
        if (call.method === 'initialize' && !call.isModern && status < 500 && status !== 403 && this.onOlderServer !== undefined) {
          this.onOlderServer(call.message, reply);
        } else {
          this.session.outlet.deliver(reply);
        }
      },
      // 2026-07-28 says 404 for a method that the server does not know; others may do so too.
      (body) => status === 404 && errorCodeFor(call, body) === -32601,
    );
  }

  /** No answer came, or half of one. Without the handshake there is no channel. */
  private lose(call: Call, reason: string): void {
    if (call.method === 'initialize' && this.isOpen(call)) {
      const shown = this.session.hide(reason);
      this.session.finish(`The server "${this.session.name}" did not answer "initialize" at ${this.session.shown}: ${shown}.`);
    } else {
      this.fail(call, reason);
    }
  }

  /** Without the handshake there is no channel. */
  private refuse(call: Call, problem: Problem): void {
    if (call.method === 'initialize' && this.isOpen(call)) {
      this.session.refuse(problem);
    } else if (this.isOpen(call)) {
      this.calls.delete(call.id);
      this.session.outlet.deliver(problemReply(call.id, problem));
    }
  }

  private fail(call: Call, reason: string): void {
    if (this.isOpen(call)) {
      this.calls.delete(call.id);
      const shown = this.session.hide(reason);
      this.session.outlet.deliver(errorReply(call.id, `The server "${this.session.name}" gave no answer to "${call.method}": ${shown}.`));
    }
  }
}

function release(call: Call): void {
  clearTimeout(call.linger);
  call.exchange?.abort();
  call.stream?.close();
}

/** The code of the JSON-RPC error for this very request that a body is; undefined when it is none. */
function errorCodeFor(call: Call, body: Buffer): number | undefined {
  const envelope = readEnvelope(body);
  if (envelope?.kind !== 'response' || envelope.outcome !== 'error' || envelope.id !== call.id) {
    return undefined;
  }
  const { error } = JSON.parse(body.toString()) as { readonly error?: { readonly code?: unknown } };
  return typeof error?.code === 'number' ? error.code : 0;
}
