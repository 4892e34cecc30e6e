import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Envelope } from '../../node/envelope.ts';
import { parseSpan } from '../../node/jsonSpans.ts';
import { errorCodes } from '../../shared/mcp.ts';
import { isModernRequest, readModernRequest, type ModernRequest } from '../eras/requestMeta.ts';
import { asObject, eraCodes, modernVersion } from '../eras/revision.ts';
import type { Access, HttpContext } from './context.ts';
import { retryAfter } from './legacyEndpoint.ts';
import { repetitionFault, versionFault } from './modernHeaders.ts';
import { ModernSession } from './modernSession.ts';
import { sendError, sendNothing } from './replies.ts';
import type { SessionTable } from './sessionTable.ts';

/** Whether a POST is of revision 2026-07-28, which its body says, or its header where the body cannot. */
export function isModernPost({ headers }: IncomingMessage, message: Buffer, envelope: Envelope): boolean {
  // Some languages write a slash as "\/", so that only the words before it are looked for.
  const isLikely = message.includes('io.modelcontextprotocol') || message.includes('discover');
  if (isLikely && isModernRequest(message, envelope)) {
    return true;
  }
  const isHandshake = envelope.kind === 'request' && envelope.method === 'initialize';
  return headers['mcp-protocol-version'] === modernVersion && !isHandshake;
}

/** Streamable HTTP as revision 2026-07-28 has it: every POST stands for itself. */
export class ModernEndpoint {
  private readonly context: HttpContext;
  private readonly sessions: SessionTable<ModernSession>;

  constructor(context: HttpContext, sessions: SessionTable<ModernSession>) {
    this.context = context;
    this.sessions = sessions;
  }

  post(access: Access, request: IncomingMessage, response: ServerResponse, message: Buffer, envelope: Envelope): void {
    switch (envelope.kind) {
      case 'notification':
        // There is none that a client would have to send: it cancels by closing the stream, and ids of ours are not its own.
        sendNothing(response, 202);
        return;
      case 'response':
        sendError(response, 400, { code: errorCodes.invalidRequest, message: 'In this revision clients send no responses.' });
        return;
      case 'request':
        this.take(access, request, response, message, envelope);
    }
  }

  private take(
    access: Access,
    request: IncomingMessage,
    response: ServerResponse,
    message: Buffer,
    envelope: Extract<Envelope, { kind: 'request' }>,
  ): void {
    const { id, method, params } = envelope;
    const versionError = versionFault(request, message, params);
    const read = readModernRequest(envelope, message);
    const isOtherVersion = !read.ok && read.error.code === eraCodes.unsupportedVersion;
    const headerError = versionError ?? (isOtherVersion ? undefined : repetitionFault(request, method, message, params));
    const fault = headerError ?? (read.ok ? undefined : read.error);
    if (fault !== undefined) {
      sendError(response, 400, fault, id);
      return;
    }
    if (!read.ok) {
      throw new Error('What cannot be read was refused.');
    }
    const session = this.sessionOf(access, read.request);
    if (typeof session === 'string') {
      sendError(response, 503, { code: errorCodes.internal, message: session }, id, retryAfter);
      return;
    }
    session.take(message, method, request, response);
  }

  /** The session, or why there may be none. */
  private sessionOf(access: Access, request: ModernRequest): ModernSession | string {
    const key = keyOf(access, request);
    const known = this.sessions.get(key);
    if (known !== undefined) {
      return known;
    }
    const why = this.context.whyNoMore(access.bearer);
    if (why !== undefined) {
      return why;
    }
    const session: ModernSession = new ModernSession(access, this.context, (reason) => void this.sessions.close(key, reason));
    this.sessions.add(key, session);
    return session;
  }
}

/** Who a request comes from: a thread of a client, a client, or anybody. */
function keyOf({ handle, bearer }: Access, { message, members, clientInfo }: ModernRequest): string {
  const meta = members.get('_meta');
  const threadId = meta === undefined ? undefined : asObject(parseSpan(message, meta))?.['threadId'];
  const client = clientInfo === undefined ? ['anonymous'] : ['client', clientInfo['name'], clientInfo['version']];
  const who = typeof threadId === 'string' ? ['thread', threadId] : client;
  // A hash, because a name may be as long as a client likes.
  return createHash('sha256')
    .update(JSON.stringify([bearer.id, handle, ...who]))
    .digest('base64url');
}
