/*
 * The text that JSON strings stand for, as bytes: every escape of RFC 8259, section 7, becomes the UTF-8 of its character,
 * and everything else stays. In a JSON text a backslash stands in strings only, so that the structure need not be read for it.
 */

const backslash = 0x5c;
const letterU = 0x75;
const simple = new Uint8Array(256);
for (const [letter, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  simple[letter?.charCodeAt(0) ?? 0] = meaning?.charCodeAt(0) ?? 0;
}
/** How the first byte of UTF-8 begins, by the number of bytes. */
const leadingBits = new Uint8Array([0, 0, 0xc0, 0xe0, 0xf0]);
const hexDigits = new Int8Array(256).fill(-1);
for (const digit of '0123456789abcdefABCDEF') {
  hexDigits[digit.charCodeAt(0)] = parseInt(digit, 16);
}

/** What the escape at `at` is: `length` bytes that stand for the character `code`; a length of 1 is no escape. */
interface Escape {
  length: number;
  code: number;
}

/** One object for all, since there may be an escape in every second byte. */
const found: Escape = { length: 1, code: backslash };

function unitAt(bytes: Uint8Array, length: number, at: number): number {
  if (at + 6 > length || bytes[at] !== backslash || bytes[at + 1] !== letterU) {
    return -1;
  }
  let unit = 0;
  for (let digit = at + 2; digit < at + 6; digit++) {
    const value = hexDigits[bytes[digit] as number] as number;
    if (value < 0) {
      return -1;
    }
    unit = unit * 16 + value;
  }
  return unit;
}

function readEscape(bytes: Uint8Array, length: number, at: number): Escape {
  const meaning = at + 1 < length ? (simple[bytes[at + 1] as number] as number) : 0;
  found.length = 1;
  found.code = backslash;
  if (meaning !== 0) {
    found.length = 2;
    found.code = meaning;
    return found;
  }
  const unit = unitAt(bytes, length, at);
  if (unit === -1) {
    return found;
  }
  found.length = 6;
  found.code = unit;
  if (unit >= 0xd800 && unit <= 0xdbff) {
    const second = unitAt(bytes, length, at + 6);
    if (second >= 0xdc00 && second <= 0xdfff) {
      found.length = 12;
      found.code = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
    }
  }
  return found;
}

function utf8Length(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** Writes the unescaped text into `into`, which has at least as much room as the text, and gives its length. */
export function unescapeInto(bytes: Uint8Array, length: number, into: Uint8Array): number {
  let to = 0;
  for (let at = 0; at < length;) {
    const byte = bytes[at] as number;
    if (byte !== backslash) {
      into[to++] = byte;
      at++;
      continue;
    }
    const { code, length: taken } = readEscape(bytes, length, at);
    at += taken;
    if (code < 0x80) {
      into[to++] = code;
    } else {
      to = writeUtf8(into, to, code);
    }
  }
  return to;
}

function writeUtf8(into: Uint8Array, at: number, code: number): number {
  const length = utf8Length(code);
  let rest = code;
  for (let index = length - 1; index > 0; index--) {
    into[at + index] = 0x80 | (rest & 0x3f);
    rest >>= 6;
  }
  into[at] = (leadingBits[length] as number) | rest;
  return at + length;
}

/** A place in the unescaped text, to be found in the escaped one. */
export interface Mapped {
  start: number;
  end: number;
}

/**
 * Changes places in the unescaped text of `bytes` into those of `bytes`: from the beginning of the escape in which it
 * begins to the end of the one in which it ends. They need not be in order, and one may contain another.
 */
export function mapBack(bytes: Uint8Array, length: number, places: readonly Mapped[]): void {
  const starts = [...places].sort((a, b) => a.start - b.start);
  const ends = [...places].sort((a, b) => a.end - b.end);
  const mapped = new Map<Mapped, Mapped>(places.map((place) => [place, { start: length, end: length }]));
  let nextStart = 0;
  let nextEnd = 0;
  let to = 0;
  for (let at = 0; at < length && (nextStart < starts.length || nextEnd < ends.length);) {
    let taken = 1;
    let made = 1;
    if (bytes[at] === backslash) {
      const escape = readEscape(bytes, length, at);
      taken = escape.length;
      made = utf8Length(escape.code);
    }
    for (let place = starts[nextStart]; place !== undefined && place.start < to + made; place = starts[++nextStart]) {
      (mapped.get(place) as Mapped).start = at;
    }
    for (let place = ends[nextEnd]; place !== undefined && place.end <= to + made; place = ends[++nextEnd]) {
      (mapped.get(place) as Mapped).end = at + taken;
    }
    at += taken;
    to += made;
  }
  for (const [place, { start, end }] of mapped) {
    place.start = start;
    place.end = end;
  }
}
