import { asciiBytes, latin1, utf8Bytes, wellFormed } from './bytes.ts';
import type { Literal } from './literals.ts';

/** One way in which a value may be met. */
export interface Form extends Literal {
  /** Base64 whose next character still holds bits of the value's last byte, beside those of what stands behind. */
  readonly goesOn: boolean;
}

/** A secret that a server was given. */
export interface InjectedSecret {
  /** What the mark in its place says. */
  readonly name: string;
  readonly value: string;
}

/** Shorter ones are met by chance in any text. */
const shortest = 6;
const shortestNumber = 8;
const shortestForm = 5;
const shortestTwice = 8;
/** A line of a secret with several, as of a key, counts by itself when it has so many characters. */
const shortestLine = 24;

const words = new Set(
  `true false null none undefined default disabled enabled localhost development production staging testing example password secret
   admin administrator postgres public private master server client string number object change changeme username`.split(/\s+/),
);

/** Why a value is not looked for, as a sentence's end; undefined where it is. */
export function whyNotMatched(value: string): string | undefined {
  if (value.length < shortest) {
    return `it has fewer than ${shortest} characters`;
  }
  if (/^\d+$/.test(value) && value.length < shortestNumber) {
    return `it is a number of fewer than ${shortestNumber} digits`;
  }
  if (new Set(value).size < 4) {
    return 'it has fewer than 4 different characters';
  }
  if (words.has(value.toLowerCase())) {
    return 'it is a common word';
  }
  return undefined;
}

const base64Letters = asciiBytes('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const urlLetters = base64Letters.with(62, 0x2d).with(63, 0x5f);

/** What of a value's Base64 does not depend on what stands around it, when `before` bytes stand before it. */
function base64Inside(bytes: Uint8Array, before: number, letters = base64Letters): Uint8Array {
  const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3) + 1);
  let length = 0;
  let bits = 0;
  let count = (before * 8) % 6;
  // The first character also holds bits of what stands before.
  let isShared = count > 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0x3fff;
    count += 8;
    while (count >= 6) {
      count -= 6;
      if (!isShared) {
        text[length++] = letters[(bits >> count) & 0x3f] as number;
      }
      isShared = false;
    }
  }
  return text.subarray(0, length);
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    text += hexPairs[byte] as string;
  }
  return text;
}

const isUnreserved = new Uint8Array(256).map((_, byte) => (/[\w.~-]/.test(String.fromCharCode(byte)) ? 1 : 0));

const isBase64 = new Uint8Array(256);
for (const letter of [...base64Letters, ...urlLetters]) {
  isBase64[letter] = 1;
}
const padding = 0x3d;
/** One shared character and two of padding. */
export const longestTail = 3;

/** The end of a value's Base64, with the character that it shares with what stands behind it, and the padding. */
export function withTail(bytes: Uint8Array, length: number, end: number): number {
  let here = end;
  if (here < length && isBase64[bytes[here] ?? 0] === 1) {
    here++;
    while (here < length && here < end + longestTail && bytes[here] === padding) {
      here++;
    }
  }
  return here;
}

/** Every byte but the unreserved ones of RFC 3986 as `%XX`. */
function percentEncoded(bytes: Uint8Array, space: string): string {
  let text = '';
  for (const byte of bytes) {
    text += byte === 0x20 ? space : isUnreserved[byte] === 1 ? String.fromCharCode(byte) : `%${hexPairs[byte]}`;
  }
  return text;
}

/** As JSON writers escape it, without quotes; `\u00e9` for all that is not ASCII where `ascii` says so. */
function jsonEscaped(value: string, { ascii, slash }: { readonly ascii: boolean; readonly slash: boolean }): string {
  const inside = JSON.stringify(value).slice(1, -1);
  const plain = slash ? inside.replaceAll('/', String.raw`\/`) : inside;
  return ascii ? plain.replace(/[\u007f-\uffff]/g, (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : plain;
}

/** JSON in JSON in JSON, as in the text of a result that is JSON itself. */
const mostNested = 4;

/** Base64 in Base64, as in what Kubernetes keeps of registry logins. */
function addTwice(base64: Uint8Array, add: (bytes: Uint8Array) => void): void {
  for (const before of [0, 1, 2]) {
    const text = base64Inside(base64, before);
    if (text.length >= shortestTwice) {
      add(text);
    }
  }
}

function addNested(value: string, add: (bytes: Uint8Array) => void): void {
  let text = value;
  for (let depth = 0; depth < mostNested; depth++) {
    const escaped = jsonEscaped(text, { ascii: false, slash: false });
    if (escaped === text) {
      return;
    }
    text = escaped;
    add(utf8Bytes(text));
  }
}

/** All ways in which a value may be met in a text. */
export function formsOf(value: string): readonly Form[] {
  const forms = new Map<string, Form>();
  const add = (bytes: Uint8Array, anyCase = false, goesOn = false): void => {
    if (bytes.length >= shortestForm) {
      const key = latin1(bytes, 0, bytes.length);
      // Of two that are the same but for the case, both would be found in each place.
      const same = forms.get(key);
      forms.set(key, { bytes, anyCase: anyCase || same?.anyCase === true, goesOn: goesOn || same?.goesOn === true });
    }
  };
  const bytes = utf8Bytes(value);
  add(bytes);
  for (const before of [0, 1, 2]) {
    const text = base64Inside(bytes, before);
    const goesOn = (before + bytes.length) % 3 !== 0;
    add(text, false, goesOn);
    add(base64Inside(bytes, before, urlLetters), false, goesOn);
    addTwice(text, add);
  }
  add(asciiBytes(hexOf(bytes)), true);
  for (const space of ['%20', '+']) {
    const text = percentEncoded(bytes, space);
    if (text !== value) {
      add(asciiBytes(text), true);
    }
  }
  const url = encodeURIComponent(wellFormed(value));
  if (url !== value) {
    add(asciiBytes(url), true);
  }
  for (const ascii of [false, true]) {
    for (const slash of [false, true]) {
      add(utf8Bytes(jsonEscaped(value, { ascii, slash })), ascii);
    }
  }
  addNested(value, add);
  const lines = value.split(/\r?\n/);
  if (lines.length > 1) {
    for (const line of lines.map((text) => text.trim()).filter((text) => text.length >= shortestLine && !text.startsWith('-----'))) {
      add(utf8Bytes(line));
      addNested(line, add);
    }
  }
  return [...forms.values()];
}
