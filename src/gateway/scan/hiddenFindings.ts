import { isAscii } from 'node:buffer';

import { hiddenTextFindings } from '../../core/scan/guard/findings.ts';
import { parseSpan } from '../../node/jsonSpans.ts';
import type { Finding } from '../../shared/findings.ts';

const none: readonly Finding[] = [];
/** Of a longer message nothing is made to look into: no model reads on as far as that. */
const longestMessage = 4 * 1024 * 1024;
/** Where most answers are shorter, the platform's own search costs more to start than it saves. */
const byteByByte = 256;
/** In UTF-8: the beginnings of U+200B–D, U+202A–E, U+2060–7F, U+FE00–F, U+FEFF, U+E0000–FFF, and U+009B. */
const hidden = [
  ...[0x8b, 0x8c, 0x8d, 0xaa, 0xab, 0xac, 0xad, 0xae].map((third) => Buffer.from([0xe2, 0x80, third])),
  ...[
    [0xe2, 0x81],
    [0xef, 0xb8],
    [0xef, 0xbb, 0xbf],
    [0xf3, 0xa0],
    [0xc2, 0x9b],
  ].map((bytes) => Buffer.from(bytes)),
];
const escape = Buffer.from(String.raw`\u`);
const backslash = 0x5c;

/** Hidden text in a message of a server. The usual message has nothing that could be some, and is not read. */
export function hiddenFindings(message: Buffer, where: 'result' | 'error'): readonly Finding[] {
  if (message.length > longestMessage || !mayHide(message)) {
    return none;
  }
  return hiddenTextFindings(parseSpan(message, { start: 0, end: message.length }), where, { allowColours: true });
}

/** Whether one of the bytes, or an escape of JSON, stands for a character that `hiddenTextIn` looks for. */
function mayHide(message: Buffer): boolean {
  if (message.length > byteByByte) {
    return hasEscape(message) || (!isAscii(message) && hidden.some((bytes) => message.includes(bytes)));
  }
  for (let at = 0; at < message.length; at++) {
    const byte = message[at] as number;
    if ((byte >= 0xc2 && isHidden(message, at, byte)) || (byte === backslash && isHiddenEscape(message, at++))) {
      return true;
    }
  }
  return false;
}

function hasEscape(message: Buffer): boolean {
  for (let at = message.indexOf(escape); at !== -1; at = message.indexOf(escape, at + 2)) {
    if (isHiddenEscape(message, at)) {
      return true;
    }
  }
  return false;
}

function isHidden(message: Buffer, at: number, byte: number): boolean {
  const [second = 0, third = 0] = [message[at + 1], message[at + 2]];
  switch (byte) {
    case 0xc2:
      return second === 0x9b;
    case 0xe2:
      return (
        (second === 0x80 && ((third >= 0x8b && third <= 0x8d) || (third >= 0xaa && third <= 0xae))) || (second === 0x81 && third >= 0xa0)
      );
    case 0xef:
      return (second === 0xb8 && third <= 0x8f) || (second === 0xbb && third === 0xbf);
    case 0xf3:
      return second === 0xa0;
    default:
      return false;
  }
}

/** `\u001b`, `\u009b`, `\u20..`, `\ufe..`, and `\udb40`, with which tags and variation selectors begin. */
function isHiddenEscape(message: Buffer, at: number): boolean {
  if (message[at + 1] !== letterU) {
    return false;
  }
  const [first, second, third, fourth] = [hex(message[at + 2]), hex(message[at + 3]), hex(message[at + 4]), hex(message[at + 5])];
  switch (first * 16 + second) {
    case 0x00:
      return (third === 1 || third === 9) && fourth === 0xb;
    case 0x20:
      return third <= 6;
    case 0xdb:
      return third === 4 && fourth === 0;
    default:
      return first === 0xf && second === 0xe;
  }
}

const letterU = 0x75;

function hex(byte = 0): number {
  return byte < 0x40 ? byte - 0x30 : (byte | 0x20) - 0x57;
}
