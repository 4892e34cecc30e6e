import { parseSpan } from '../../node/jsonSpans.ts';
import type { RequestId } from '../../shared/mcp.ts';
import type { Question } from './innerSession.ts';
import type { InnerReply } from './modernReplies.ts';
import type { ModernRequest } from './requestMeta.ts';
import { roundMethods } from './revision.ts';

/** The client's request that a call answers now: a call that asked something goes on under the id of the client's next try. */
export interface Outer {
  readonly id: RequestId;
  readonly token: Buffer | undefined;
  readonly logLevel: string | undefined;
}

/** A request of a client of 2026-07-28 that an inner session works on. */
export interface Call {
  /** Its number at the inner session. */
  readonly id: number;
  readonly method: string;
  /** What it is about, as JSON: a tool, a prompt, a resource. */
  readonly subject: string;
  state: { readonly kind: 'open'; readonly outer: Outer } | { readonly kind: 'away'; reply: InnerReply | undefined };
  /** What the server asked and nobody answered yet. */
  readonly questions: Map<string, Question>;
  asked: number;
  gathering: NodeJS.Timeout | undefined;
}

/** A call for a request, under this number at the inner session. */
export function newCall(id: number, request: ModernRequest): Call {
  return {
    id,
    method: request.method,
    subject: subjectOf(request),
    state: { kind: 'open', outer: outerFor(request) },
    questions: new Map(),
    asked: 0,
    gathering: undefined,
  };
}

/** What a request is about. */
export function subjectOf({ method, message, members }: ModernRequest): string {
  const span = members.get(roundMethods.get(method) ?? '');
  return span === undefined ? '' : String(parseSpan(message, span));
}

/** The request without its message, which may be large. */
export function outerFor({ id, token, logLevel }: ModernRequest): Outer {
  return { id, token: token === undefined ? undefined : Buffer.from(token), logLevel };
}
