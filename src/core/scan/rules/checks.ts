/** Bits for each character, after Shannon: 0 for "aaaa", 4 for evenly spread hexadecimal. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) {
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) {
    bits -= (count / text.length) * Math.log2(count / text.length);
  }
  return bits;
}

const placeholder =
  /example|sample|placeholder|change_?me|your[-_]|-your|_your|xxxx|\*\*\*|\.\.\.|\$\{|\{\{|dummy|redacted|1234567890|0123456789|abcdefgh|deadbeef|([^A])\1{7}/i;

/** In a longer one "xxxx" may well be there by chance. */
const longestExample = 200;

/** Whether a text only shows how a secret would look, as documentation does. */
export function isPlaceholder(text: string): boolean {
  return text.length <= longestExample && placeholder.test(text);
}

const crcTable = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

/** CRC-32 of ASCII text (ISO 3309, as in gzip). */
export function crc32(text: string): number {
  let value = 0xffffffff;
  for (let index = 0; index < text.length; index++) {
    value = (value >>> 8) ^ (crcTable[(value ^ text.charCodeAt(index)) & 0xff] ?? 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The six characters at the end of a token of GitHub and npm (github.blog, "Behind GitHub's new authentication token formats"). */
export function tokenChecksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let digit = 0; digit < 6; digit++) {
    text = (base62[rest % 62] ?? '') + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** Whether `prefix_` is followed by 30 characters and their checksum. Longer forms of the same prefix carry none. */
export function hasTokenChecksum(secret: string): boolean {
  const body = secret.slice(secret.indexOf('_') + 1);
  return body.length !== 36 || body.endsWith(tokenChecksum(body.slice(0, 30)));
}

/** At least one letter and one digit: what is a word or a number alone is no key. */
export function hasLettersAndDigits(secret: string): boolean {
  return /[a-z]/i.test(secret) && /\d/.test(secret);
}

const base64Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The bytes of Base64 of either alphabet, as Latin-1. Stops at what is none. */
export function decodedBase64(text: string): string {
  let decoded = '';
  let bits = 0;
  let count = 0;
  for (const letter of text) {
    const value = base64Letters.indexOf(letter === '-' ? '+' : letter === '_' ? '/' : letter);
    if (value === -1) {
      break;
    }
    bits = ((bits << 6) | value) & 0xfff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      decoded += String.fromCharCode((bits >> count) & 0xff);
    }
  }
  return decoded;
}
