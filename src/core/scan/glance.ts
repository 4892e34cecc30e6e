/*
 * A look at a few bytes behind a keyword, before a rule's expression is tried: most keywords stand in prose or code where no secret
 * follows. It may let anything through, but never turns away what an expression would take.
 */

/** What a rule expects behind its keyword: nothing certain, a run of characters of a secret, an assignment of one, or a login before an "@". */
export type Glance = 'none' | 'run' | 'assigned' | 'login';

const shortestRun = 8;
const longestName = 31;
const longestGap = 36;
const longestLogin = 270;

const isRun = new Uint8Array(256);
const isName = new Uint8Array(256);
for (let byte = 0x21; byte < 0x7f; byte++) {
  const letter = String.fromCharCode(byte);
  isRun[byte] = '"\'`<>()[]{},;\\'.includes(letter) ? 0 : 1;
  isName[byte] = /[\w.-]/.test(letter) ? 1 : 0;
}
const at = 0x40;
const slash = 0x2f;
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
      return runAt(bytes, length, from) >= shortestRun;
    case 'assigned':
      return isAssigned(bytes, length, from);
    case 'login':
      return isLogin(bytes, length, from);
  }
}

function runAt(bytes: Uint8Array, length: number, from: number): number {
  let end = from;
  while (end < from + shortestRun && (end >= length || isRun[bytes[end] as number] === 1)) {
    end++;
  }
  return end - from;
}

function isAssigned(bytes: Uint8Array, length: number, from: number): boolean {
  let here = from;
  while (here < length && here < from + longestName && isName[bytes[here] as number] === 1) {
    here++;
  }
  const gap = here;
  while (here < length && here < gap + longestGap && (isRun[bytes[here] as number] === 0 || isAssignment(bytes[here] as number))) {
    // What stands behind a backslash is an escaped quote or line end.
    here += bytes[here] === backslash ? 2 : 1;
  }
  return here >= length || runAt(bytes, length, here) >= shortestRun || isWordBetween[bytes[here] as number] === 1;
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
