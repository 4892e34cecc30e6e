/*
 * Finds where the parts of a JSON text lie without making values of them, so that a message
 * can be routed, cut and put together as bytes. Strings and brackets are followed exactly:
 * for every text that is JSON at all the spans are those that a parser would give.
 */

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/** Bytes from `start` up to and without `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A string is read in stretches of this many bytes before the platform's own search, which costs more to start, is tried. */
const byteByByte = 128;
export function skipSpace(text: Buffer, from: number): number {
  let at = from;
  for (let byte = text[at]; byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d; byte = text[at]) {
    at++;
  }
  return at;
}

/** The end of the string that opens at `from`, behind its closing quote; -1 when it never closes. */
function skipString(text: Buffer, from: number): number {
  let at = from + 1;
  for (;;) {
    const soon = Math.min(text.length, at + byteByByte);
    while (at < soon) {
      const byte = text[at++];
      if (byte === quote) {
        return at;
      }
      if (byte === backslash) {
        at++;
      }
    }
    // A long stretch without anything special is left to the platform's own search.
    const next = text.indexOf(quote, at);
    if (next === -1) {
      return -1;
    }
    if (next - at > byteByByte) {
      // Every byte between is ordinary but backslashes: the last of them decide.
      let slashes = 0;
      while (text[next - 1 - slashes] === backslash && next - 1 - slashes >= at) {
        slashes++;
      }
      at = next + 1;
      if (slashes % 2 === 0) {
        return at;
      }
    }
  }
}

/** The end of the value that starts at `from`; -1 when there is no value or it is cut off. */
export function skipValue(text: Buffer, from: number): number {
  const first = text[from];
  if (first === quote) {
    return skipString(text, from);
  }
  return first === openBrace || first === openBracket ? skipNested(text, from) : skipScalar(text, from);
}

function skipScalar(text: Buffer, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const byte = text[at] ?? 0;
    // Letters, digits, sign and point: a number, true, false or null.
    const isWord =
      (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x45;
    if (!isWord) {
      break;
    }
  }
  return at === from ? -1 : at;
}

function skipNested(text: Buffer, from: number): number {
  const open: number[] = [];
  let at = from;
  while (at < text.length) {
    const byte = text[at];
    if (byte === quote) {
      at = skipString(text, at);
      if (at === -1) {
        return -1;
      }
      continue;
    }
    if (byte === openBrace || byte === openBracket) {
      open.push(byte);
    } else if (byte === closeBrace || byte === closeBracket) {
      if (open.pop() !== (byte === closeBrace ? openBrace : openBracket)) {
        return -1;
      }
      if (open.length === 0) {
        return at + 1;
      }
    }
    at++;
  }
  return -1;
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

/** A key without its quotes. One that is written with escapes is the same key. */
function keyText(text: Buffer, start: number, end: number): string {
  const raw = text.toString('latin1', start + 1, end - 1);
  if (!raw.includes('\\')) {
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
