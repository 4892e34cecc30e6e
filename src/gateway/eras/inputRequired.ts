import { errorCodes, type JsonRpcError, type RequestId } from '../../shared/mcp.ts';
import { asObject, inputMethods, metaKeys, type Json } from './revision.ts';
import type { Question } from './innerSession.ts';
import { parseObject, withMembers } from './objectBytes.ts';

/** Questions for a client by their keys; each is the JSON of one request without an id. */
export type InputRequests = ReadonlyMap<string, Buffer>;

/** Parts of a question that only the older revisions have. */
const olderParts = { _meta: null, task: null, elicitationId: null };

/** Why a client with these capabilities must not be asked this; undefined when it may. */
export function mayAsk({ method, params }: Question, capabilities: Json): JsonRpcError | undefined {
  const capability = inputMethods.get(method);
  const declared = capability === undefined ? undefined : asObject(capabilities[capability]);
  if (declared === undefined) {
    return { code: errorCodes.methodNotFound, message: `The client does not offer "${method}".` };
  }
  const asked = parseObject(params);
  if (asked === undefined && params !== undefined) {
    return { code: errorCodes.invalidParams, message: `The parameters of "${method}" are no JSON object.` };
  }
  if (method !== 'elicitation/create') {
    return undefined;
  }
  const mode = asked?.['mode'];
  // No mode at all means forms (2026-07-28, elicitation, "Capabilities").
  const offers = mode === 'url' ? 'url' in declared : 'form' in declared || !('url' in declared);
  return offers
    ? undefined
    : { code: errorCodes.invalidParams, message: `The client does not offer elicitation by ${mode === 'url' ? 'URL' : 'form'}.` };
}

export function inputRequests(questions: ReadonlyMap<string, Question>): InputRequests {
  return new Map(
    [...questions].map(([key, { method, params }]) => {
      const pieces = params === undefined ? undefined : withMembers(params, 0, olderParts);
      const head = `{"method":${JSON.stringify(method)}`;
      return [
        key,
        pieces === undefined ? Buffer.from(`${head}}`) : Buffer.concat([Buffer.from(`${head},"params":`), ...pieces, Buffer.from('}')]),
      ];
    }),
  );
}

/**
 * The addresses that a server of 2025-11-25 wants opened before it does the work (its error -32042), as questions. undefined
 * when the error names none.
 */
export function urlRequests(
  data: unknown,
  capabilities: Json,
): { kind: 'asked'; requests: InputRequests } | { kind: 'not allowed' } | undefined {
  const listed = asObject(data)?.['elicitations'];
  const pages = (Array.isArray(listed) ? listed : []).map(asObject).filter((page): page is Json => typeof page?.['url'] === 'string');
  if (pages.length === 0) {
    return undefined;
  }
  if (asObject(asObject(capabilities['elicitation'])?.['url']) === undefined) {
    return { kind: 'not allowed' };
  }
  const requests = pages.map(({ url, message }, index): [string, Buffer] => {
    const params = { mode: 'url', url, message: typeof message === 'string' ? message : '' };
    return [`input-${index + 1}`, Buffer.from(JSON.stringify({ method: 'elicitation/create', params }))];
  });
  return { kind: 'asked', requests: new Map(requests) };
}

/** The result that asks a client for more, before its request can be answered (2026-07-28, MRTR). `serverInfo` is JSON. */
export function inputRequired(id: RequestId, requests: InputRequests, state: string, serverInfo: Buffer): Buffer {
  const asked = [...requests].map(([key, request]) => `${JSON.stringify(key)}:${request.toString()}`).join(',');
  const meta = `{${JSON.stringify(metaKeys.serverInfo)}:${serverInfo.toString()}}`;
  const result = `{"resultType":"input_required","inputRequests":{${asked}},"requestState":${JSON.stringify(state)},"_meta":${meta}}`;
  return Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`);
}
