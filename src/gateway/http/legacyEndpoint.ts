import type { IncomingMessage, ServerResponse } from 'node:http';

import { readEnvelope, splitBatch, type Envelope } from '../../node/envelope.ts';
import { parseSpan } from '../../node/jsonSpans.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import { asObject, eraCodes, modernVersion } from '../eras/revision.ts';
import type { Access, HttpContext } from './context.ts';
import { beginEvents } from './eventFrames.ts';
import { parseEventId } from './eventStream.ts';
import { LegacySession, type Post } from './legacySession.ts';
import { sendError, sendNothing, sendRefusal } from './replies.ts';
import type { SessionTable } from './sessionTable.ts';

/** Revisions with a handshake. */
const versions: ReadonlySet<string> = new Set(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']);
/** The only revision with batches. */
const batchVersion = '2025-03-26';
const batchLimit = 1_000;
/** Seconds after which a client may ask for a session again. */
export const retryAfter = { 'retry-after': 30 };

/** Streamable HTTP as the revisions 2025-03-26 to 2025-11-25 have it: with sessions. */
export class LegacyEndpoint {
  private readonly context: HttpContext;
  private readonly sessions: SessionTable<LegacySession>;

  constructor(context: HttpContext, sessions: SessionTable<LegacySession>) {
    this.context = context;
    this.sessions = sessions;
  }

  post(access: Access, request: IncomingMessage, response: ServerResponse, message: Buffer, envelope: Envelope): void {
    if (envelope.kind === 'request' && envelope.method === 'initialize') {
      this.begin(access, request, response, message, envelope.id);
      return;
    }
    const session = this.sessionOf(access, request, response);
    if (session === undefined) {
      return;
    }
    if (envelope.kind !== 'request') {
      sendNothing(response, 202);
      session.take({ messages: [message], ids: [], cancelled: cancelledIds(message, envelope), isBatch: false }, request, response);
    } else if (!session.take({ messages: [message], ids: [envelope.id], cancelled: [], isBatch: false }, request, response)) {
      sendError(response, 400, { code: errorCodes.invalidRequest, message: 'A request with this id is open already.' }, envelope.id);
    }
  }

  postBatch(access: Access, request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const session = this.sessionOf(access, request, response);
    if (session === undefined) {
      return;
    }
    const parts = session.version === batchVersion ? readBatch(body) : undefined;
    if (parts === undefined) {
      const text = `Only revision ${batchVersion} has batches, of up to ${batchLimit} messages and without "initialize".`;
      sendRefusal(response, 400, text);
      return;
    }
    if (parts.ids.length === 0) {
      sendNothing(response, 202);
    }
    if (!session.take(parts, request, response)) {
      sendRefusal(response, 400, 'A request with one of these ids is open already.');
    }
  }

  get(access: Access, request: IncomingMessage, response: ServerResponse): void {
    const session = this.sessionOf(access, request, response);
    if (session === undefined) {
      return;
    }
    const last = request.headers['last-event-id'];
    if (last === undefined && session.isListenedTo) {
      sendRefusal(response, 409, 'A stream of this session is open already.');
      return;
    }
    const from = typeof last === 'string' ? parseEventId(last) : { stream: 0, event: undefined };
    const stream = from === undefined ? undefined : session.streamOf(from.stream);
    if (from === undefined || stream === undefined) {
      sendRefusal(response, 400, 'What followed this event is not kept any more.');
      return;
    }
    beginEvents(response);
    session.connect(stream, from.event, request, response);
  }

  async delete(access: Access, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = this.sessionOf(access, request, response);
    if (session !== undefined) {
      await this.sessions.close(session.id, 'The session was ended by its client.');
      sendNothing(response, 204);
    }
  }

  private begin(access: Access, request: IncomingMessage, response: ServerResponse, message: Buffer, id: RequestId): void {
    const why = this.context.whyNoMore(access.bearer);
    if (why !== undefined) {
      sendError(response, 503, { code: errorCodes.internal, message: why }, id, retryAfter);
      return;
    }
    const session: LegacySession = new LegacySession(access, this.context, (reason) => void this.sessions.close(session.id, reason));
    this.sessions.add(session.id, session);
    session.greet(id, message, request, response);
  }

  /** The session that a request belongs to; undefined where the request was refused. */
  private sessionOf(access: Access, { headers }: IncomingMessage, response: ServerResponse): LegacySession | undefined {
    const version = headers['mcp-protocol-version'];
    if (version !== undefined && !versions.has(String(version))) {
      const data = { supported: [modernVersion, ...[...versions].reverse()], requested: version };
      sendError(response, 400, { code: eraCodes.unsupportedVersion, message: 'Bad Request: Unsupported protocol version', data }, null);
      return undefined;
    }
    const id = headers['mcp-session-id'];
    if (typeof id !== 'string') {
      sendRefusal(response, 400, 'Bad Request: Mcp-Session-Id header is required');
      return undefined;
    }
    const session = this.sessions.get(id);
    if (session === undefined || session.access.handle !== access.handle || session.access.bearer.id !== access.bearer.id) {
      sendRefusal(response, 404, 'Session not found');
      return undefined;
    }
    return session;
  }
}

function readBatch(body: Buffer): Post | undefined {
  const messages = splitBatch(body);
  if (messages === undefined || messages.length === 0 || messages.length > batchLimit) {
    return undefined;
  }
  const ids: RequestId[] = [];
  const cancelled: RequestId[] = [];
  for (const message of messages) {
    const envelope = readEnvelope(message);
    if (envelope === undefined || (envelope.kind === 'request' && envelope.method === 'initialize')) {
      return undefined;
    }
    if (envelope.kind === 'request') {
      ids.push(envelope.id);
    }
    cancelled.push(...cancelledIds(message, envelope));
  }
  return { messages, ids, cancelled, isBatch: true };
}

/** The request that a message gives up, if it does. */
function cancelledIds(message: Buffer, envelope: Envelope): readonly RequestId[] {
  if (envelope.kind !== 'notification' || envelope.method !== 'notifications/cancelled' || envelope.params === undefined) {
    return [];
  }
  const id = asObject(parseSpan(message, envelope.params))?.['requestId'];
  return typeof id === 'string' || typeof id === 'number' ? [id] : [];
}
