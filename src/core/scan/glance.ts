/*
 * A look at a few bytes behind a keyword, before a rule's expression is tried: most keywords stand in prose or code where no secret
 * follows. It may let anything through, but never turns away what an expression would take.
 */

/**
 * What a rule expects behind its keyword: nothing certain, a run of characters of a secret, one of letters and digits alone,
 * an assignment of one, or a login before an "@".
 */
export type Glance = 'none' | 'run' | 'letters' | 'assigned' | 'login';

const shortestRun = 8;
const soon = 24;
const longestName = 31;
const longestGap = 36;
const longestLogin = 270;

const isRun = new Uint8Array(256);
const isName = new Uint8Array(256);
const isLetter = new Uint8Array(256);
const isDigit = new Uint8Array(256);
for (let byte = 0x21; byte < 0x7f; byte++) {
  const letter = String.fromCharCode(byte);
  isRun[byte] = '"\'`<>()[]{},;\\'.includes(letter) ? 0 : 1;
  isLetter[byte] = /[A-Za-z0-9]/.test(letter) ? 1 : 0;
  isDigit[byte] = /\d/.test(letter) ? 1 : 0;
  isName[byte] = /[\w.-]/.test(letter) ? 1 : 0;
}
const at = 0x40;
const slash = 0x2f;
const space = 0x20;
const colon = 0x3a;
const backslash = 0x5c;
/** First letters of the words that may stand between a name and its value: "value", "bearer", "basic", "token", "key". */
const isWordBetween = new Uint8Array(256);
for (const letter of 'vbtk') {
  isWordBetween[letter.charCodeAt(0)] = 1;
  isWordBetween[letter.toUpperCase().charCodeAt(0)] = 1;
}

/** Whether a secret may follow at `from`, behind the keyword. What the end of the bytes cuts off may always be one. */
export function mayFollow(glance: Glance, bytes: Uint8Array, length: number, from: number): boolean {
  switch (glance) {
    case 'none':
      return true;
    case 'run':
      return isRunAt(isRun, bytes, length, from);
    case 'letters':
      return isRunAt(isLetter, bytes, length, from);
    case 'assigned':
      return isAssigned(bytes, length, from);
    case 'login':
      return isLogin(bytes, length, from);
  }
}

function isRunAt(kind: Uint8Array, bytes: Uint8Array, length: number, from: number): boolean {
  const end = Math.min(length, from + shortestRun);
  for (let here = from; here < end; here++) {
    if (kind[bytes[here] as number] === 0) {
      return false;
    }
  }
  return true;
}

function isAssigned(bytes: Uint8Array, length: number, from: number): boolean {
  let here = from;
  while (here < length && here < from + longestName && isName[bytes[here] as number] === 1) {
    here++;
  }
  const gap = here;
  let isOnlySpace = true;
  while (here < length && here < gap + longestGap && (isRun[bytes[here] as number] === 0 || isAssignment(bytes[here] as number))) {
    isOnlySpace &&= bytes[here] === space;
    // What stands behind a backslash is an escaped quote or line end.
    here += bytes[here] === backslash ? 2 : 1;
  }
  if (here >= length || isWordBetween[bytes[here] as number] === 1) {
    return true;
  }
  return isRunAt(isRun, bytes, length, here) && (!isOnlySpace || hasDigit(bytes, length, here));
}

/** Words follow each other with spaces as well; a secret has a digit soon. */
function hasDigit(bytes: Uint8Array, length: number, from: number): boolean {
  const end = from + soon;
  for (let here = from; here < end; here++) {
    if (here >= length || isDigit[bytes[here] as number] === 1) {
      return true;
    }
  }
  return false;
}

function isAssignment(byte: number): boolean {
  return byte === colon || byte === 0x3d;
}

function isLogin(bytes: Uint8Array, length: number, from: number): boolean {
  let hasColon = false;
  for (let here = from; here < length && here < from + longestLogin; here++) {
    const byte = bytes[here] as number;
    if (byte === at) {
      return hasColon;
    }
    if (byte === slash || byte <= 0x20 || byte === 0x22) {
      return false;
    }
    hasColon ||= byte === colon;
  }
  return from + longestLogin > length;
}
