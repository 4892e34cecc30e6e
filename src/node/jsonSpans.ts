/*
 * Finds where the parts of a JSON text lie without making values of them, so that a message
 * can be routed, cut and put together as bytes. What is not JSON (RFC 8259) is refused, since a
 * strict client would end the whole connection for it, or never see the answer: brackets, commas,
 * numbers, literals, strings with their escapes, and nesting that the client's reader gives up on.
 */

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;
const zero = 0x30;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const letterE = 0x65;
const letterU = 0x75;
/** What may stand behind a backslash, besides `u`: 1 at its code. */
const escapes = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) {
  escapes[byte] = 1;
}
const literals: ReadonlyMap<number, Buffer> = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

/** Bytes from `start` up to and without `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A string is read in stretches of this many bytes before the platform's own search, which costs more to start, is tried. */
const byteByByte = 128;
/** serde_json, which Codex reads with, refuses the 129th level; the message around the value has one of its own. */
const deepest = 120;

/** Where the next byte is that is no white space of JSON. */
export function skipSpace(text: Buffer, from: number): number {
  let at = from;
  for (let byte = text[at]; byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d; byte = text[at]) {
    at++;
  }
  return at;
}

/** The end of the string that opens at `from`, behind its closing quote; -1 when it never closes or holds what no string may. */
function skipString(text: Buffer, from: number): number {
  let at = from + 1;
  for (;;) {
    const soon = Math.min(text.length, at + byteByByte);
    while (at < soon) {
      const byte = text[at++] ?? 0;
      if (byte === quote) {
        return at;
      }
      if (byte < 0x20) {
        return -1;
      }
      if (byte === backslash) {
        at = skipEscape(text, at);
        if (at === -1) {
          return -1;
        }
      }
    }
    // A long stretch without anything special is left to the platform's own search.
    const next = text.indexOf(quote, at);
    if (next === -1) {
      return -1;
    }
    if (next - at > byteByByte) {
      at = firstSpecial(text, at, next);
      if (at === next) {
        return next + 1;
      }
    }
  }
}

/** The first control character or backslash in a stretch, or its end. Looks at four bytes at a time. */
function firstSpecial(text: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && (text.byteOffset + at) % 4 !== 0) {
    if (isSpecial(text[at])) {
      return at;
    }
    at++;
  }
  const words = new Int32Array(text.buffer, text.byteOffset + at, Math.max(0, (to - at) >> 2));
  for (let index = 0; index < words.length; index++, at += 4) {
    // "Determine if a word has a byte less than n", and one that is zero (Bit Twiddling Hacks).
    const word = words[index] as number;
    const unlike = word ^ 0x5c5c5c5c;
    if ((((word - 0x20202020) & ~word) | ((unlike - 0x01010101) & ~unlike)) & 0x80808080) {
      break;
    }
  }
  while (at < to && !isSpecial(text[at])) {
    at++;
  }
  return at;
}

function isSpecial(byte: number | undefined): boolean {
  return byte === backslash || (byte ?? 0) < 0x20;
}

/** Behind the escape whose backslash stands before `at`; -1 when there is no such escape. */
function skipEscape(text: Buffer, at: number): number {
  const byte = text[at];
  if (byte === letterU) {
    for (let digit = at + 1; digit <= at + 4; digit++) {
      if (!isHex(text[digit] ?? 0)) {
        return -1;
      }
    }
    return at + 5;
  }
  return byte !== undefined && escapes[byte] === 1 ? at + 1 : -1;
}

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** The end of the value that starts at `from`; -1 when there is none, or it is cut off. */
export function skipValue(text: Buffer, from: number): number {
  const first = text[from];
  if (first === openBrace || first === openBracket) {
    return skipNested(text, from);
  }
  return first === quote ? skipString(text, from) : skipScalar(text, from);
}

function skipScalar(text: Buffer, from: number): number {
  const literal = literals.get(text[from] ?? 0);
  if (literal === undefined) {
    return skipNumber(text, from);
  }
  const end = from + literal.length;
  return end <= text.length && literal.equals(text.subarray(from, end)) ? end : -1;
}

function skipNumber(text: Buffer, from: number): number {
  let at = text[from] === minus ? from + 1 : from;
  // A zero stands alone: RFC 8259, section 6.
  at = text[at] === zero ? at + 1 : skipDigits(text, at);
  if (at !== -1 && text[at] === point) {
    at = skipDigits(text, at + 1);
  }
  if (at !== -1 && (text[at] === letterE || text[at] === letterE - 0x20)) {
    const sign = text[at + 1];
    at = skipDigits(text, sign === plus || sign === minus ? at + 2 : at + 1);
  }
  return at;
}

/** Behind one or more digits; -1 when there is none. */
function skipDigits(text: Buffer, from: number): number {
  let at = from;
  while (isDigit(text[at])) {
    at++;
  }
  return at === from ? -1 : at;
}

/** An object or an array, without recursion. */
function skipNested(text: Buffer, from: number): number {
  const open: number[] = [];
  let at = from;
  let mayClose = false;
  for (;;) {
    // At a member of what is open, or at the outermost value.
    at = skipSpace(text, at);
    const inside = open.at(-1);
    const closes = mayClose && text[at] === (inside === openBrace ? closeBrace : closeBracket);
    if (!closes) {
      if (inside === openBrace) {
        at = skipKey(text, at);
      }
      const byte = at === -1 ? undefined : text[at];
      if (byte === openBrace || byte === openBracket) {
        if (open.push(byte) > deepest) {
          return -1;
        }
        at++;
        mayClose = true;
        continue;
      }
      at = byte === undefined ? -1 : skipValue(text, at);
      if (at === -1) {
        return -1;
      }
    } else {
      open.pop();
      at++;
    }
    at = skipClosings(text, at, open);
    if (at === -1 || open.length === 0) {
      return at;
    }
    mayClose = false;
  }
}

/** Behind a key and its colon, at the value; -1 when there is none. */
function skipKey(text: Buffer, from: number): number {
  const end = text[from] === quote ? skipString(text, from) : -1;
  const at = end === -1 ? -1 : skipSpace(text, end);
  return at !== -1 && text[at] === colon ? skipSpace(text, at + 1) : -1;
}

/** Behind a value: over what closes here, to the next member behind its comma, or to the end of the outermost; -1 when neither comes. */
function skipClosings(text: Buffer, from: number, open: number[]): number {
  let at = from;
  while (open.length > 0) {
    at = skipSpace(text, at);
    const byte = text[at++];
    if (byte === comma) {
      return at;
    }
    if (byte !== (open.at(-1) === openBrace ? closeBrace : closeBracket)) {
      return -1;
    }
    open.pop();
  }
  return at;
}

/**
 * Where the values of these members of the object at `from` lie, in the order of `names`, and where the object
 * ends. undefined when there is no whole object, or one of the members is there twice: parsers disagree about which counts.
 */
export function findMembers(
  text: Buffer,
  from: number,
  names: readonly string[],
): { readonly spans: readonly (Span | undefined)[]; readonly end: number } | undefined {
  if (text[from] !== openBrace) {
    return undefined;
  }
  const spans: (Span | undefined)[] = names.map(() => undefined);
  let at = skipSpace(text, from + 1);
  if (text[at] === closeBrace) {
    return { spans, end: at + 1 };
  }
  for (;;) {
    if (text[at] !== quote) {
      return undefined;
    }
    const keyEnd = skipString(text, at);
    const afterKey = keyEnd === -1 ? -1 : skipSpace(text, keyEnd);
    if (afterKey === -1 || text[afterKey] !== colon) {
      return undefined;
    }
    const start = skipSpace(text, afterKey + 1);
    const end = skipValue(text, start);
    if (end === -1) {
      return undefined;
    }
    const index = names.indexOf(keyText(text, at, keyEnd));
    if (index !== -1) {
      if (spans[index] !== undefined) {
        return undefined;
      }
      spans[index] = { start, end };
    }
    at = skipSpace(text, end);
    if (text[at] === closeBrace) {
      return { spans, end: at + 1 };
    }
    if (text[at] !== comma) {
      return undefined;
    }
    at = skipSpace(text, at + 1);
  }
}

/** ASCII without escapes. */
const plainKey = /^[\x20-\x5b\x5d-\x7f]*$/;

/** A key without its quotes. One that is written with escapes is the same key. */
function keyText(text: Buffer, start: number, end: number): string {
  const raw = text.toString('latin1', start + 1, end - 1);
  if (plainKey.test(raw)) {
    return raw;
  }
  try {
    return JSON.parse(text.toString('utf8', start, end)) as string;
  } catch {
    return raw;
  }
}

/** The value at a span; undefined when it is no JSON after all. */
export function parseSpan(text: Buffer, span: Span): unknown {
  try {
    return JSON.parse(text.toString('utf8', span.start, span.end));
  } catch {
    return undefined;
  }
}

/** `text` with each of these spans, which must be in order, replaced. */
export function replaceSpans(text: Buffer, within: Span, replacements: readonly (Span & { readonly by: Buffer })[]): Buffer[] {
  const parts: Buffer[] = [];
  let at = within.start;
  for (const { start, end, by } of replacements) {
    parts.push(text.subarray(at, start), by);
    at = end;
  }
  parts.push(text.subarray(at, within.end));
  return parts;
}
