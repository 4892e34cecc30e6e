import { membersOf, messageOf, notificationOf, requestOf, type Envelope } from '../node/envelope.ts';
import { findMembers, parseSpan, type Span } from '../node/jsonSpans.ts';
import { problemErrorCode } from '../shared/controlProtocol.ts';
import type { RequestId } from '../shared/mcp.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';

export const lineEnd = Buffer.from('\n');

/** The beginning of an answer as the daemon writes it. Ids with escapes, or beyond ASCII, are read in the usual way. */
const beginningOfResponse = /^\{"jsonrpc":"2\.0","id":("[\x20\x21\x23-\x5b\x5d-\x7e]*"|-?\d{1,15}),"(?:result|error)":/;
const longestBeginning = 256;

/** Whose answer begins so, where the beginning says it; undefined otherwise. */
export function idOfResponse(beginning: Buffer): RequestId | undefined {
  const id = beginningOfResponse.exec(beginning.toString('latin1', 0, longestBeginning))?.[1];
  return id === undefined ? undefined : (JSON.parse(id) as RequestId);
}

/** The request that a `notifications/cancelled` is about. */
export function cancelledId(line: Buffer, params: Span | undefined): RequestId | undefined {
  const span = params === undefined ? undefined : findMembers(line, params.start, ['requestId'])?.spans[0];
  const id = span === undefined ? undefined : parseSpan(line, span);
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** What a notification of Wharf's own says to the person behind the client. */
export function sentenceOf(line: Buffer, params: Span | undefined): string {
  return String(membersOf(params === undefined ? undefined : line.subarray(params.start, params.end))['sentence']);
}

/** A line that answers a request with a problem. */
export function refusalOf(id: RequestId, problem: Problem): Buffer {
  return asLine(messageOf({ id, error: { code: problemErrorCode, message: describeProblem(problem), data: problem } }));
}

/** A line that tells the client not to answer any more. */
export function withdrawalOf(requestId: RequestId): Buffer {
  return asLine(messageOf({ method: 'notifications/cancelled', params: { requestId, reason: 'The Wharf daemon ended.' } }));
}

/** What the client said at the beginning, so that it can be said to another daemon. */
export class Handshake {
  /** The client's `initialize`. */
  readonly line: Buffer;
  readonly id: RequestId;
  private readonly params: Span | undefined;
  /** Whether the client has its answer. */
  isAnswered = false;
  /** Whether the client sent `notifications/initialized`. */
  isConfirmed = false;

  constructor(line: Buffer, envelope: Extract<Envelope, { readonly kind: 'request' }>) {
    // A copy: the line is a small part of what was read at once.
    this.line = Buffer.from(line);
    this.id = envelope.id;
    this.params = envelope.params;
  }

  /** The same `initialize` with another id, as a line. */
  again(id: RequestId): Buffer {
    const { params } = this;
    return asLine(
      params === undefined
        ? messageOf({ id, method: 'initialize' })
        : requestOf(id, 'initialize', [this.line.subarray(params.start, params.end)]),
    );
  }
}

export const initializedLine = asLine(notificationOf('notifications/initialized'));

export function asLine(message: Buffer): Buffer {
  return Buffer.concat([message, lineEnd]);
}
