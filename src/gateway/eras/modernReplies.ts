import { messageOf, type Envelope } from '../../node/envelope.ts';
import { parseSpan } from '../../node/jsonSpans.ts';
import { errorCodes, type JsonRpcError, type RequestId } from '../../shared/mcp.ts';
import { readMembers, withFirst, withMembers } from './objectBytes.ts';
import { asObject, cacheableMethods, eraCodes, metaKeys } from './revision.ts';

/** How an inner session answered. A result begins with its brace at `at` in `message`; `closing` is what then still has to follow. */
export type InnerReply =
  | { readonly kind: 'result'; readonly message: Buffer; readonly at: number; readonly closing: Buffer }
  | { readonly kind: 'error'; readonly error: JsonRpcError };

const head = Buffer.from('{"jsonrpc":"2.0","id":');
const afterId = Buffer.from(',"result":{');
const none = Buffer.alloc(0);
const closeBrace = Buffer.from('}');

/**
 * A response with a result that is written the way the gateway writes them. Only its head is read, since the result may be
 * large, and what follows it is passed on whatever it is.
 */
export function readResultHead(message: Buffer): { readonly id: number; readonly reply: InnerReply } | undefined {
  if (!message.subarray(0, head.length).equals(head)) {
    return undefined;
  }
  let at = head.length;
  let id = 0;
  for (let byte = message[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = message[at] ?? 0) {
    id = id * 10 + byte - 0x30;
    at++;
  }
  const end = at + afterId.length;
  const isResult = at > head.length && message.subarray(at, end).equals(afterId);
  return isResult ? { id, reply: { kind: 'result', message, at: end - 1, closing: none } } : undefined;
}

/** Any other response. */
export function readReply(message: Buffer, envelope: Extract<Envelope, { kind: 'response' }>): InnerReply {
  const { value, outcome } = envelope;
  if (outcome === 'result' && message[value.start] === 0x7b) {
    return { kind: 'result', message: message.subarray(value.start, value.end), at: 0, closing: closeBrace };
  }
  const said = asObject(parseSpan(message, value));
  const { code, message: text, data } = said ?? {};
  return {
    kind: 'error',
    error: {
      code: typeof code === 'number' ? code : errorCodes.internal,
      message: typeof text === 'string' ? text : 'an answer without a result',
      ...(data === undefined ? {} : { data }),
    },
  };
}

/** The answer to a request of revision 2026-07-28. `serverInfo` is JSON. */
export function modernResult(reply: Extract<InnerReply, { kind: 'result' }>, id: RequestId, method: string, serverInfo: Buffer): Buffer {
  const { message, at, closing } = reply;
  const start = Buffer.concat([head, Buffer.from(JSON.stringify(id)), Buffer.from(',"result":')]);
  const isCacheable = cacheableMethods.has(method);
  const info = Buffer.concat([Buffer.from(`{${JSON.stringify(metaKeys.serverInfo)}:`), serverInfo, closeBrace]);
  const own = {
    resultType: Buffer.from('"complete"'),
    // Always stale: what the gateway knows changes while a client works, and it answers at once anyway.
    ...(isCacheable ? { ttlMs: Buffer.from('0'), cacheScope: Buffer.from('"private"') } : {}),
  };
  const names = ['_meta', ...Object.keys(own)];
  if (!names.some((name) => message.includes(`"${name}"`))) {
    const members = Object.entries({ ...own, _meta: info }).map(([name, value]) => `"${name}":${value.toString()}`);
    return Buffer.concat([start, ...withFirst(message, at, Buffer.from(members.join(','))), closing]);
  }
  const meta = readMembers(message, at)?.members.find(({ name }) => name === '_meta')?.value;
  const said = meta !== undefined && message[meta.start] === 0x7b ? message.subarray(meta.start, meta.end) : undefined;
  const merged = said === undefined ? undefined : withMembers(said, 0, { [metaKeys.serverInfo]: serverInfo });
  const pieces = withMembers(message, at, { ...own, _meta: merged === undefined ? info : Buffer.concat(merged) });
  return Buffer.concat([start, ...(pieces ?? [message.subarray(at)]), closing]);
}

/** An error as revision 2026-07-28 allows it ("Error Codes"): no code of older revisions, and no own one from the reserved range. */
export function modernError(id: RequestId, error: JsonRpcError): Buffer {
  return messageOf({ id, error: { ...error, code: modernCode(error.code) } });
}

function modernCode(code: number): number {
  if (code === eraCodes.resourceNotFound) {
    return errorCodes.invalidParams;
  }
  const isReserved = code <= -32020 && code >= -32099;
  const isDefined = code === -32020 || code === eraCodes.missingCapability || code === eraCodes.unsupportedVersion;
  return isReserved && !isDefined ? errorCodes.internal : code;
}
