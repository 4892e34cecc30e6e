import type { Envelope } from '../../node/envelope.ts';
import { parseSpan, type Span } from '../../node/jsonSpans.ts';
import { errorCodes, type JsonRpcError, type RequestId, logLevels } from '../../shared/mcp.ts';
import { isEmptyObject, readMembers, withMembers } from './objectBytes.ts';
import { asObject, eraCodes, metaKeys, modernVersion, roundMethods, type Json } from './revision.ts';

/** A request of revision 2026-07-28, with what it says about its client. */
export interface ModernRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly message: Buffer;
  readonly params: Span;
  readonly meta: Span;
  readonly members: ReadonlyMap<string, Span>;
  readonly clientInfo: Json | undefined;
  readonly capabilities: Json;
  /** Absent where the client wants no log messages. */
  readonly logLevel: string | undefined;
  /** The client's progress token, as JSON. */
  readonly token: Buffer | undefined;
}

/** A request read, or the error that answers it. */
export type ReadRequest = { readonly ok: true; readonly request: ModernRequest } | { readonly ok: false; readonly error: JsonRpcError };

type RawRequest = Extract<Envelope, { kind: 'request' }>;

/** Whether a message is the first of a client that speaks 2026-07-28: a request with its key, or the question for the revisions. */
export function isModernRequest(message: Buffer, envelope: Envelope | undefined): boolean {
  if (envelope?.kind !== 'request') {
    return false;
  }
  const meta = envelope.params === undefined ? undefined : membersAt(message, envelope.params)?.get('_meta');
  return envelope.method === 'server/discover' || (meta !== undefined && membersAt(message, meta)?.has(metaKeys.version) === true);
}

/** Reads a request and what it must say about itself (2026-07-28, basic, "Per-request protocol fields"). */
export function readModernRequest({ id, method, params }: RawRequest, message: Buffer): ReadRequest {
  const members = params === undefined ? undefined : membersAt(message, params);
  const meta = members?.get('_meta');
  const said = meta === undefined ? undefined : membersAt(message, meta);
  if (params === undefined || members === undefined || meta === undefined || said === undefined) {
    return invalid(`"params._meta" must be an object with "${metaKeys.version}" and "${metaKeys.capabilities}".`);
  }
  const value = (key: string): unknown => {
    const span = said.get(key);
    return span === undefined ? undefined : parseSpan(message, span);
  };
  const version = value(metaKeys.version);
  if (typeof version !== 'string') {
    return invalid(`"${metaKeys.version}" must be a text.`);
  }
  if (version !== modernVersion) {
    return { ok: false, error: unsupportedVersion(version) };
  }
  const capabilities = asObject(value(metaKeys.capabilities));
  if (capabilities === undefined) {
    return invalid(`"${metaKeys.capabilities}" must be an object.`);
  }
  const clientInfo = value(metaKeys.clientInfo);
  if (clientInfo !== undefined && !isImplementation(clientInfo)) {
    return invalid(`"${metaKeys.clientInfo}" must be an object with "name" and "version".`);
  }
  const logLevel = value(metaKeys.logLevel);
  if (logLevel !== undefined && !(typeof logLevel === 'string' && logLevels.includes(logLevel))) {
    return invalid(`"${metaKeys.logLevel}" must be one of ${logLevels.join(', ')}.`);
  }
  const token = said.get('progressToken');
  return {
    ok: true,
    request: {
      id,
      method,
      message,
      params,
      meta,
      members,
      clientInfo: asObject(clientInfo),
      capabilities,
      logLevel,
      token: token === undefined ? undefined : message.subarray(token.start, token.end),
    },
  };
}

/**
 * The parameters as a server with a handshake gets them, as pieces of one JSON object. `token` takes the place of the progress
 * token: an answer to a question comes under a new one while the call goes on.
 */
export function handshakeParams({ message, params, meta, method, token: own }: ModernRequest, token: number): readonly Buffer[] {
  const reserved = Object.fromEntries(Object.values(metaKeys).map((key) => [key, null]));
  const changes = { ...reserved, ...(own === undefined ? {} : { progressToken: Buffer.from(String(token)) }) };
  const kept = Buffer.concat(withMembers(message.subarray(meta.start, meta.end), 0, changes) ?? []);
  const rounds = roundMethods.has(method) ? { requestState: null, inputResponses: null } : {};
  const pieces = withMembers(message.subarray(params.start, params.end), 0, { ...rounds, _meta: isEmptyObject(kept) ? null : kept });
  return pieces ?? [Buffer.from('{}')];
}

/** The error for a revision that is not spoken here. */
export function unsupportedVersion(requested: string): JsonRpcError {
  return {
    code: eraCodes.unsupportedVersion,
    message: 'Unsupported protocol version',
    data: { supported: [modernVersion], requested },
  };
}

/** The members of the object at a span; undefined when there is no object, or a member is there twice: parsers disagree about which counts. */
function membersAt(message: Buffer, span: Span): ReadonlyMap<string, Span> | undefined {
  const read = readMembers(message, span.start);
  const map = new Map(read?.members.map(({ name, value }) => [name, value]));
  return read !== undefined && map.size === read.members.length ? map : undefined;
}

function isImplementation(value: unknown): boolean {
  const info = asObject(value);
  return typeof info?.['name'] === 'string' && typeof info['version'] === 'string';
}

function invalid(message: string): ReadRequest {
  return { ok: false, error: { code: errorCodes.invalidParams, message } };
}
