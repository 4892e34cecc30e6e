import { messageOf, notificationOf, readEnvelope, requestOf, type Envelope } from '../../node/envelope.ts';
import { parseSpan } from '../../node/jsonSpans.ts';
import { errorCodes, type RequestId, logLevels } from '../../shared/mcp.ts';
import { Listening } from './listening.ts';
import { parseObject, type ReadObject } from './objectBytes.ts';
import { RequestEnvelope, type ClientHello } from './requestEnvelope.ts';
import { asObject, listChanges, type Json } from './revision.ts';
import { readResultMessage } from './resultBytes.ts';
import { ServerRequests, type Reply } from './serverRequests.ts';

/** The two sides of an adapted server. */
export interface ServerWires {
  toServer(message: Buffer): void;
  /** In the turn in which the server spoke. */
  toClient(message: Buffer): void;
  /** In a later turn: what the adapter answers by itself. */
  toClientSoon(message: Buffer): void;
}

const emptyObject = Buffer.from('{}');

/** A server of revision 2026-07-28, for a client that speaks the revisions with a handshake. */
export class ModernServer {
  private readonly wires: ServerWires;
  private readonly envelope: RequestEnvelope;
  private readonly requests: ServerRequests;
  private readonly listening: Listening;
  private readonly own = new Map<RequestId, Reply>();
  private nextId = 1;

  constructor(wires: ServerWires, hello: ClientHello, capabilities: Json) {
    this.wires = wires;
    this.envelope = new RequestEnvelope(hello);
    this.requests = new ServerRequests({
      ask: (method, params, onReply) => this.ask(method, params, onReply),
      cancel: (id, reason) => this.cancelAtServer(id, reason),
      toClient: (message) => wires.toClient(message),
    });
    this.listening = new Listening(
      {
        ask: (method, params, onReply) => this.ask(method, Buffer.from(JSON.stringify(params)), onReply),
        cancel: (id) => this.cancelAtServer(id, undefined),
        toClient: (message) => wires.toClient(message),
        toClientSoon: (message) => wires.toClientSoon(message),
      },
      capabilities,
    );
  }

  /** A message of the client. */
  receive(message: Buffer): void {
    const envelope = readEnvelope(message);
    switch (envelope?.kind) {
      case 'request':
        this.take(envelope, message);
        return;
      case 'notification':
        this.note(envelope, message);
        return;
      case 'response': {
        const { id, outcome, value } = envelope;
        if (!this.requests.answerQuestion(id, outcome, message.subarray(value.start, value.end))) {
          this.wires.toServer(message);
        }
        return;
      }
      case undefined:
        this.wires.toServer(message);
    }
  }

  /** A message of the server. */
  hear(message: Buffer): void {
    const result = readResultMessage(message);
    if (result !== undefined) {
      this.settle(result.id, 'result', result.value, result.read);
      return;
    }
    const envelope = readEnvelope(message);
    if (envelope?.kind === 'response' && envelope.id !== null) {
      this.settle(envelope.id, envelope.outcome, message.subarray(envelope.value.start, envelope.value.end), undefined);
    } else if (envelope?.kind === 'notification') {
      this.hearNotification(envelope, message);
    } else {
      this.wires.toClient(message);
    }
  }

  close(): void {
    this.requests.close();
    this.listening.close();
    this.own.clear();
  }

  private take({ id, method, params }: Extract<Envelope, { kind: 'request' }>, message: Buffer): void {
    switch (method) {
      case 'ping':
        // The sign of life that the client wants must come from the server, and this is what every server answers.
        this.ask('server/discover', emptyObject, () => this.wires.toClient(messageOf({ id, result: {} })));
        return;
      case 'logging/setLevel':
        this.setLogLevel(id, params === undefined ? undefined : asObject(parseSpan(message, params))?.['level']);
        return;
      case 'resources/subscribe':
      case 'resources/unsubscribe': {
        const uri = params === undefined ? undefined : asObject(parseSpan(message, params))?.['uri'];
        if (typeof uri !== 'string') {
          this.wires.toClientSoon(messageOf({ id, error: { code: errorCodes.invalidParams, message: `"${method}" needs "uri".` } }));
        } else if (method === 'resources/subscribe') {
          this.listening.subscribe(id, uri);
        } else {
          this.listening.unsubscribe(id, uri);
        }
        return;
      }
      default: {
        const bytes = params === undefined ? undefined : message.subarray(params.start, params.end);
        this.requests.add(id, method, bytes);
        this.wires.toServer(requestOf(id, method, this.envelope.around(bytes)));
      }
    }
  }

  private note({ method, params }: Extract<Envelope, { kind: 'notification' }>, message: Buffer): void {
    switch (method) {
      case 'notifications/initialized':
        this.listening.start();
        return;
      case 'notifications/cancelled': {
        const { requestId, reason } = (params === undefined ? undefined : asObject(parseSpan(message, params))) ?? {};
        this.requests.cancel(requestId as RequestId, typeof reason === 'string' ? reason : undefined);
        return;
      }
      case 'notifications/progress':
      case 'notifications/roots/list_changed':
        // Gone, as are the questions that they were about.
        return;
      default:
        this.wires.toServer(message);
    }
  }

  private setLogLevel(id: RequestId, level: unknown): void {
    if (typeof level === 'string' && logLevels.includes(level)) {
      this.envelope.setLogLevel(level);
      this.wires.toClientSoon(messageOf({ id, result: {} }));
    } else {
      this.wires.toClientSoon(
        messageOf({ id, error: { code: errorCodes.invalidParams, message: `"level" must be one of ${logLevels.join(', ')}.` } }),
      );
    }
  }

  private cancelAtServer(id: RequestId, reason: string | undefined): void {
    this.own.delete(id);
    const params = { requestId: id, ...(reason === undefined ? {} : { reason }) };
    this.wires.toServer(notificationOf('notifications/cancelled', Buffer.from(JSON.stringify(params))));
  }

  /** Sends a request of the adapter's own. */
  private ask(method: string, params: Buffer, onReply: Reply): RequestId {
    const id = `wharf-${this.nextId++}`;
    this.own.set(id, onReply);
    this.wires.toServer(requestOf(id, method, this.envelope.around(params)));
    return id;
  }

  private hearNotification({ method, params }: Extract<Envelope, { kind: 'notification' }>, message: Buffer): void {
    const bytes = params === undefined ? undefined : message.subarray(params.start, params.end);
    const values = (): Json => parseObject(bytes) ?? {};
    if (method === 'notifications/subscriptions/acknowledged') {
      this.listening.acknowledged(values());
    } else if (method === 'notifications/cancelled') {
      // A server may end a subscription so, and nothing else.
      const id = values()['requestId'];
      this.own.delete(id as RequestId);
      this.listening.ended(id);
    } else if (listChanges.has(method) || method === 'notifications/resources/updated') {
      this.listening.hear(method, bytes);
    } else {
      this.wires.toClient(message);
    }
  }

  private settle(id: RequestId, outcome: 'result' | 'error', value: Buffer, read: ReadObject | undefined): void {
    const onReply = this.own.get(id);
    if (onReply !== undefined) {
      this.own.delete(id);
      onReply(outcome, value);
    } else {
      this.requests.settle(id, outcome, value, read);
    }
  }
}
