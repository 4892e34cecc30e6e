import type { MirroredParameter } from '../../core/tools/mirroredParameters.ts';
import type { Envelope } from '../../node/envelope.ts';
import { findMembers, parseSpan, type Span } from '../../node/jsonSpans.ts';

const versionKey = 'io.modelcontextprotocol/protocolVersion';
/** The first revision without a handshake, a session and a stream of the server's own. */
const firstModernVersion = '2026-07-28';

/** Which member of the parameters `Mcp-Name` repeats (2026-07-28, Streamable HTTP; tasks: SEP-2663). */
const nameMembers: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

/** Which arguments of a tool its headers repeat. */
export type MirroredOf = (tool: string) => readonly MirroredParameter[];

export function isModern(version: string | undefined): boolean {
  return version !== undefined && version >= firstModernVersion;
}

/**
 * The headers that repeat parts of a message of revision 2026-07-28 or later; undefined for an older message.
 * The version in the message itself counts, since the first one is sent before anything is negotiated.
 */
export function metadataHeaders(
  message: Buffer,
  envelope: Exclude<Envelope, { kind: 'response' }>,
  negotiated: string | undefined,
  mirroredOf: MirroredOf = () => [],
): Record<string, string> | undefined {
  if (negotiated !== undefined && !isModern(negotiated)) {
    return undefined;
  }
  const nameMember = Object.hasOwn(nameMembers, envelope.method) ? nameMembers[envelope.method] : undefined;
  const [meta, name] = membersOf(message, envelope.params, ['_meta', nameMember ?? '']);
  const version = textAt(message, membersOf(message, meta, [versionKey])[0]) ?? negotiated;
  if (version === undefined || !isModern(version)) {
    return undefined;
  }
  const nameText = nameMember === undefined ? undefined : textAt(message, name);
  return {
    'mcp-protocol-version': encodeHeaderValue(version),
    'mcp-method': encodeHeaderValue(envelope.method),
    ...(nameText === undefined ? {} : { 'mcp-name': encodeHeaderValue(nameText) }),
    ...(envelope.method === 'tools/call' && nameText !== undefined ? parameterHeaders(message, envelope.params, mirroredOf(nameText)) : {}),
  };
}

/** 2026-07-28, Streamable HTTP, "Custom Headers from Tool Parameters". */
function parameterHeaders(message: Buffer, params: Span | undefined, mirrored: readonly MirroredParameter[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name, path } of mirrored) {
    let span = membersOf(message, params, ['arguments'])[0];
    for (const key of path) {
      span = isObjectAt(message, span) ? membersOf(message, span, [key])[0] : undefined;
    }
    const value = span === undefined ? undefined : parseSpan(message, span);
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value)) {
      headers[`mcp-param-${name.toLowerCase()}`] = encodeHeaderValue(String(value));
    }
  }
  return headers;
}

function isObjectAt(message: Buffer, span: Span | undefined): boolean {
  return span !== undefined && message[span.start] === 0x7b;
}

/** A text as a header may carry it: as it is, or in the Base64 form of revision 2026-07-28, "Value Encoding". */
export function encodeHeaderValue(value: string): string {
  const isPlain = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(value);
  return isPlain && !(value.startsWith('=?base64?') && value.endsWith('?='))
    ? value
    : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

function membersOf(message: Buffer, span: Span | undefined, names: readonly string[]): readonly (Span | undefined)[] {
  return span === undefined ? [] : (findMembers(message, span.start, names)?.spans ?? []);
}

function textAt(message: Buffer, span: Span | undefined): string | undefined {
  const value = span === undefined ? undefined : parseSpan(message, span);
  return typeof value === 'string' ? value : undefined;
}
