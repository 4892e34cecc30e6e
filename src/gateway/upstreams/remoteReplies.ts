import { messageOf, readEnvelope, splitBatch } from '../../node/envelope.ts';
import { parseSpan, skipSpace } from '../../node/jsonSpans.ts';
import { problemErrorCode } from '../../shared/controlProtocol.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import { describeProblem, type Problem } from '../../shared/problem.ts';
import { visibleText } from '../../shared/visibleText.ts';

const excerptLength = 200;
/** Bytes: a longer body of an error is no JSON-RPC error that somebody wrote for people. */
const longestError = 64 * 1024;
const shortestSecret = 6;

/** The error that the client gets in place of an answer. */
export function errorReply(id: RequestId, message: string, data?: Readonly<Record<string, unknown>>): Buffer {
  return messageOf({ id, error: { code: errorCodes.internal, message, ...(data === undefined ? {} : { data }) } });
}

/** The same with what a person has to do. */
export function problemReply(id: RequestId, problem: Problem): Buffer {
  return messageOf({ id, error: { code: problemErrorCode, message: describeProblem(problem), data: problem } });
}

/** The messages of a JSON body: one, or the batch of revision 2025-03-26. undefined when it is cut off, too many, or no JSON. */
export function messagesOf(body: Buffer): readonly Buffer[] | undefined {
  const start = skipSpace(body, body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0);
  if (body[start] === 0x7b) {
    return [body.subarray(start, endOfText(body))];
  }
  return splitBatch(body.subarray(start, endOfText(body)));
}

/** Several servers end their JSON with a line end. */
function endOfText(body: Buffer): number {
  let end = body.length;
  while (end > 0 && (body[end - 1] ?? 0) <= 0x20) {
    end--;
  }
  return end;
}

const resultFirst = [Buffer.from('{"result":'), Buffer.from('{"jsonrpc":"2.0","result":')];
const idAtEnd = /,"id":(-?(?:0|[1-9]\d{0,14})|"[^"\\]*")\}$/;

/** The request that a message answers; undefined when it is no response. */
export function answeredId(message: Buffer): RequestId | undefined {
  // What the official SDK writes: the result first and the id last. In JSON text this end can only be the object's own
  // last member, so that a large result need not be walked through.
  if (resultFirst.some((head) => message.subarray(0, head.length).equals(head))) {
    const [, id] = idAtEnd.exec(message.toString('latin1', Math.max(0, message.length - 200))) ?? [];
    if (id !== undefined && /^[\x20-\x7e]+$/.test(id)) {
      return JSON.parse(id) as RequestId;
    }
  }
  const envelope = readEnvelope(message);
  return envelope?.kind === 'response' ? (envelope.id ?? undefined) : undefined;
}

/** The first words of an error's body for people: a JSON-RPC error's own message, else the text as it is. */
export function excerpt(body: Buffer, secrets: readonly string[]): string {
  const isShort = body.length <= longestError;
  const value = (isShort ? parseSpan(body, { start: 0, end: body.length }) : undefined) as
    { readonly error?: { readonly message?: unknown } } | null | undefined;
  const said = value?.error?.message;
  const text = typeof said === 'string' ? said : body.toString('utf8', 0, 16 * excerptLength);
  return visibleText(hideValues(text.replace(/\s+/g, ' ').trim(), secrets).slice(0, excerptLength)).replace(/[\ud800-\udbff]$/, '');
}

/** What must never be shown although a server may repeat it: values of headers, and what a URL carries. */
export function secretsOf(url: URL, headers: Readonly<Record<string, string>>): readonly string[] {
  const values = [...Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/)]), ...url.searchParams.values()];
  return [...values, url.username, url.password, url.search.slice(1)]
    .flatMap((value) => [value, decoded(value)])
    .filter((value) => value.length >= shortestSecret)
    .sort((a, b) => b.length - a.length);
}

/** A text without these values as they stand: a server may repeat what it was sent. The scan (`redactText`) finds other forms and other secrets. */
export function hideValues(text: string, values: readonly string[]): string {
  return values.reduce((shown, value) => shown.replaceAll(value, '***'), text);
}

/** A percent-encoded text; as it is where it is none. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
