import type { IncomingMessage } from 'node:http';

import { findMembers, parseSpan, type Span } from '../../node/jsonSpans.ts';
import type { JsonRpcError } from '../../shared/mcp.ts';
import { metaKeys, roundMethods } from '../eras/revision.ts';

/** 2026-07-28, Streamable HTTP, "Server Validation". */
const headerMismatch = -32020;
const plainPattern = /^[\x20-\x7e\t]*$/;
const base64Pattern = /^=\?base64\?((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\?=$/;

/** What is wrong with the header that names the revision; undefined when it says what the body says, or the body says nothing. */
export function versionFault({ headers }: IncomingMessage, message: Buffer, params: Span | undefined): JsonRpcError | undefined {
  const said = bodyVersion(message, params);
  const header = headers['mcp-protocol-version'];
  return header === undefined || (said !== undefined && said !== header) ? mismatch('MCP-Protocol-Version', header, said) : undefined;
}

/** What is wrong with the headers that repeat parts of the body. */
export function repetitionFault(
  { headers }: IncomingMessage,
  method: string,
  message: Buffer,
  params: Span | undefined,
): JsonRpcError | undefined {
  const header = headers['mcp-method'];
  if (header !== method) {
    return mismatch('Mcp-Method', header, method);
  }
  const member = roundMethods.get(method);
  if (member === undefined) {
    return undefined;
  }
  const name = memberOf(message, params, member);
  const given = headers['mcp-name'];
  const decoded = typeof given === 'string' ? decodeHeader(given) : undefined;
  // A body without the name is the session's to refuse.
  return decoded === name && (given === undefined) === (name === undefined) ? undefined : mismatch('Mcp-Name', given, name);
}

/** The text that a header stands for; undefined where it is not written as allowed. */
function decodeHeader(value: string): string | undefined {
  if (!plainPattern.test(value)) {
    return undefined;
  }
  if (!value.startsWith('=?base64?') || !value.endsWith('?=')) {
    return value;
  }
  const coded = base64Pattern.exec(value)?.[1];
  return coded === undefined ? undefined : Buffer.from(coded, 'base64').toString();
}

function bodyVersion(message: Buffer, params: Span | undefined): unknown {
  const meta = params === undefined ? undefined : findMembers(message, params.start, ['_meta'])?.spans[0];
  return memberOf(message, meta, metaKeys.version);
}

function memberOf(message: Buffer, object: Span | undefined, name: string): unknown {
  const span = object === undefined ? undefined : findMembers(message, object.start, [name])?.spans[0];
  return span === undefined ? undefined : parseSpan(message, span);
}

function mismatch(header: string, given: unknown, expected: unknown): JsonRpcError {
  const reason =
    given === undefined
      ? `${header} header is missing`
      : `${header} header value ${brief(given)} does not match body value ${brief(expected)}`;
  return { code: headerMismatch, message: `Header mismatch: ${reason}` };
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
