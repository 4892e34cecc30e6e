import { isUtf8 } from 'node:buffer';

import type { RequestId } from '../shared/mcp.ts';
import { findMembers, parseSpan, skipSpace, skipValue, type Span } from './jsonSpans.ts';
import { between } from './roomyBuffer.ts';

/** The outside of a JSON-RPC 2.0 message: what it is, and where its inside lies. */
export type Envelope =
  | { readonly kind: 'request'; readonly id: RequestId; readonly method: string; readonly params: Span | undefined }
  | { readonly kind: 'notification'; readonly method: string; readonly params: Span | undefined }
  /** `value` is empty where the answer has neither a result nor an error. */
  | { readonly kind: 'response'; readonly id: RequestId | null; readonly outcome: 'result' | 'error'; readonly value: Span };

const members = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const closeOfVersion = '"2.0"';

/** Reads the outside of one message; undefined when it is no JSON-RPC 2.0 message, or one that parsers would read in two ways. */
export function readEnvelope(message: Buffer): Envelope | undefined {
  const start = skipSpace(message, 0);
  const found = findMembers(message, start, members);
  if (found === undefined || skipSpace(message, found.end) !== message.length) {
    return undefined;
  }
  const [jsonrpc, idSpan, methodSpan, params, result, error] = found.spans;
  if (jsonrpc === undefined || message.toString('latin1', jsonrpc.start, jsonrpc.end) !== closeOfVersion) {
    return undefined;
  }
  const id = idSpan === undefined ? undefined : readId(message, idSpan);
  if (id === 'unusable') {
    return undefined;
  }
  if (methodSpan !== undefined) {
    const method = readText(message, methodSpan);
    if (method === undefined || result !== undefined || error !== undefined || id?.value === null) {
      return undefined;
    }
    return id === undefined ? { kind: 'notification', method, params } : { kind: 'request', id: id.value, method, params };
  }
  return id === undefined ? undefined : readOutcome(message, id.value, result, error);
}

/** Some servers send `"error": null` beside a result, and `"result": null` beside an error. */
function readOutcome(message: Buffer, id: RequestId | null, result: Span | undefined, error: Span | undefined): Envelope {
  if (error !== undefined && !isNull(message, error)) {
    return { kind: 'response', id, outcome: 'error', value: error };
  }
  return { kind: 'response', id, outcome: 'result', value: result ?? { start: 0, end: 0 } };
}

function isNull(message: Buffer, span: Span): boolean {
  return span.end - span.start === 4 && message[span.start] === 0x6e;
}

function readText(message: Buffer, span: Span): string | undefined {
  const inside = message.toString('latin1', span.start + 1, span.end - 1);
  // The usual case: plain ASCII without escapes.
  if (message[span.start] === 0x22 && /^[\x20-\x5b\x5d-\x7e]*$/.test(inside)) {
    return inside;
  }
  const value = parseSpan(message, span);
  return typeof value === 'string' ? value : undefined;
}

function readId(message: Buffer, span: Span): { readonly value: RequestId | null } | 'unusable' {
  const value = parseSpan(message, span);
  return typeof value === 'string' || typeof value === 'number' || value === null ? { value } : 'unusable';
}

/** Parameters that Wharf itself reads are short. Longer ones are not made into values, which take many times the room of their bytes. */
const longestMembers = 1024 * 1024;

/** The members of a JSON object; none where the bytes are no object, or too long. What comes from others may be anything. */
export function membersOf(bytes: Buffer | undefined): Readonly<Record<string, unknown>> {
  const value = bytes === undefined || bytes.length > longestMembers ? undefined : parseSpan(bytes, { start: 0, end: bytes.length });
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Messages of one batch. */
const mostOfBatch = 1_000;

/**
 * The messages of a batch of revision 2025-03-26; undefined when it is none, or has more than a thousand. A batch in a batch
 * is no message.
 */
export function splitBatch(message: Buffer): readonly Buffer[] | undefined {
  if (message[0] !== openBracket) {
    return undefined;
  }
  const messages: Buffer[] = [];
  for (let byte = comma, at = 1; byte === comma && messages.length < mostOfBatch; at++) {
    const start = skipSpace(message, at);
    const end = skipValue(message, start);
    if (end === -1) {
      return undefined;
    }
    messages.push(message[start] === openBracket ? Buffer.from('null') : message.subarray(start, end));
    at = skipSpace(message, end);
    byte = message[at] ?? 0;
    if (byte === closeBracket) {
      return skipSpace(message, at + 1) === message.length ? messages : undefined;
    }
  }
  return undefined;
}

const closing = Buffer.from('}');

/** A response around bytes that are one JSON value. The memory around them may be written to: they are the last that is needed of it. */
export function responseOf(id: RequestId | null, outcome: 'result' | 'error', value: Buffer): Buffer {
  return between(Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"${outcome}":`), value, closing);
}

/** A request around bytes that are one JSON object. */
export function requestOf(id: RequestId, method: string, params: readonly Buffer[]): Buffer {
  return Buffer.concat([
    Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)},"params":`),
    ...params,
    closing,
  ]);
}

/** A notification around bytes that are one JSON object. */
export function notificationOf(method: string, params?: Buffer): Buffer {
  const head = `{"jsonrpc":"2.0","method":${JSON.stringify(method)}`;
  return params === undefined ? Buffer.from(`${head}}`) : Buffer.concat([Buffer.from(`${head},"params":`), params, closing]);
}

/** A message that is small or rare enough to be made the usual way. */
export function messageOf(message: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
}

/** Every escape: a pair of halves as one, a half alone, and all others by their first character. */
const escapes = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|[^])/g;
const loneHalf = '\\uXXXX'.length;

/**
 * The same message, readable to strict parsers. Servers cut texts in the middle of a character: the broken bytes, or the
 * half of an escaped pair, cost a client such as Codex the whole message (serde_json: "lone leading surrogate in hex escape").
 */
export function mended(message: Buffer): Buffer {
  const sound = isUtf8(message) ? message : Buffer.from(message.toString('utf8'));
  if (!sound.includes('\\ud') && !sound.includes('\\uD')) {
    return sound;
  }
  const text = sound.toString('utf8');
  const whole = text.replace(escapes, (escape) => (escape.length === loneHalf ? '\\ufffd' : escape));
  return whole === text ? sound : Buffer.from(whole);
}
