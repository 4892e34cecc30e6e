import { readEnvelope } from '../../node/envelope.ts';
import { findMembers, parseSpan, skipSpace, skipValue, type Span } from '../../node/jsonSpans.ts';
import type { RequestId } from '../../shared/mcp.ts';

/** What a message of a session is, and where its id lies. */
export type MessageHead =
  | { readonly kind: 'response'; readonly id: RequestId | null; readonly idAt: Span; readonly isError: boolean }
  | { readonly kind: 'request'; readonly id: RequestId }
  | { readonly kind: 'notification' };

const opening = Buffer.from('{"jsonrpc":"2.0","id":');

/** Reads what a session says. A response that is written as the gateway writes them costs only its head: it may be large. */
export function readHead(message: Buffer): MessageHead | undefined {
  if (message.compare(opening, 0, opening.length, 0, Math.min(opening.length, message.length)) === 0) {
    const idAt = { start: opening.length, end: skipValue(message, opening.length) };
    const next = idAt.end === -1 ? '' : message.toString('latin1', idAt.end, idAt.end + 10);
    if (next === ',"result":' || next.startsWith(',"error":')) {
      return { kind: 'response', id: readId(message, idAt), idAt, isError: next[2] === 'e' };
    }
  }
  return readAny(message);
}

function readAny(message: Buffer): MessageHead | undefined {
  const envelope = readEnvelope(message);
  switch (envelope?.kind) {
    case undefined:
      return undefined;
    case 'notification':
      return { kind: 'notification' };
    case 'request':
      return { kind: 'request', id: envelope.id };
    case 'response': {
      const idAt = idSpan(message);
      return idAt === undefined ? undefined : { kind: 'response', id: envelope.id, idAt, isError: envelope.outcome === 'error' };
    }
  }
}

/** Where the id of a message lies that has one. */
export function idSpan(message: Buffer): Span | undefined {
  return findMembers(message, skipSpace(message, 0), ['id'])?.spans[0];
}

function readId(message: Buffer, span: Span): RequestId | null {
  const value = parseSpan(message, span);
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

/** The code of the error in a response. */
export function errorCode(message: Buffer): number | undefined {
  const envelope = readEnvelope(message);
  const error = envelope?.kind === 'response' ? parseSpan(message, envelope.value) : undefined;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}
