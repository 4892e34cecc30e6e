import { findMembers, parseSpan, type Span } from '../../node/jsonSpans.ts';
import { problemErrorCode } from '../../shared/controlProtocol.ts';
import { errorCodes } from '../../shared/mcp.ts';

/** How a request to a server ended. The bytes are one JSON value, as the server wrote it. */
export type UpstreamReply =
  | { readonly kind: 'result'; readonly value: Buffer }
  | { readonly kind: 'error'; readonly value: Buffer }
  /** The server said nothing for too long. */
  | { readonly kind: 'timeout' }
  /** The server ended. `sent` tells whether the request may have reached it, `why` is a sentence where that is known. */
  | { readonly kind: 'gone'; readonly sent: boolean; readonly why?: string };

/** An error beyond this is not made into values: they take many times the room of its bytes. */
const longestMended = 1024 * 1024;

/** A result is an object, and an error has a number and a text: a strict client would lose the whole answer otherwise. */
export function soundReply(outcome: 'result' | 'error', value: Buffer): UpstreamReply {
  if (outcome === 'result') {
    return value[0] === 0x7b ? { kind: 'result', value } : errorReply({}, 'the answer has no result', errorCodes.invalidRequest);
  }
  const spans = findMembers(value, 0, ['code', 'message'])?.spans.map((span) => partOf(value, span));
  const [code, message] = spans ?? [];
  if (typeof code === 'number' && code !== problemErrorCode && typeof message === 'string') {
    return { kind: 'error', value };
  }
  const error = value.length > longestMended ? { code, message } : parseSpan(value, { start: 0, end: value.length });
  const said = (typeof error === 'object' && error !== null ? error : { message: error }) as Readonly<Record<string, unknown>>;
  if (said['code'] === problemErrorCode) {
    // With this code Wharf tells of problems of its own, which clients of Wharf's believe.
    return errorReply({ ...said, code: errorCodes.internal }, String(said['message']), errorCodes.internal);
  }
  if (typeof said['code'] === 'number' && typeof said['message'] === 'string') {
    return { kind: 'error', value };
  }
  return errorReply(said, typeof said['message'] === 'string' ? said['message'] : 'an error without a message', errorCodes.internal);
}

function partOf(value: Buffer, span: Span | undefined): unknown {
  return span === undefined || span.end - span.start > longestMended ? undefined : parseSpan(value, span);
}

/** What stands for an answer that is no JSON. */
export function unreadableReply(): UpstreamReply {
  return errorReply({}, 'the answer is not JSON, or is nested more than 120 deep', errorCodes.internal);
}

function errorReply(said: Readonly<Record<string, unknown>>, message: string, code: number): UpstreamReply {
  return { kind: 'error', value: Buffer.from(JSON.stringify({ code, ...said, message })) };
}

/** The answer to a request of a server that nobody can serve. */
export const notOffered = (method: string): Buffer =>
  Buffer.from(JSON.stringify({ code: errorCodes.methodNotFound, message: `Wharf does not offer "${method}" here.` }));
