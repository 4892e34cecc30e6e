import { chars, describeCharacter } from './scanner.ts';
import { readString } from './strings.ts';
import type { Scanner } from './scanner.ts';
import type { Key, KeyPart } from './syntax.ts';

/** Reads a dotted key. Without any readable part it reports one error and returns a key without parts. */
export function readKey(scanner: Scanner): Key {
  const start = scanner.position;
  const parts: KeyPart[] = [];
  for (;;) {
    const part = readPart(scanner);
    if (part === undefined) {
      reportMissing(scanner, parts.length > 0);
      break;
    }
    parts.push(part);
    if (!nextIsDot(scanner)) {
      break;
    }
    scanner.whitespace();
    scanner.emit('dot', scanner.position + 1);
    scanner.whitespace();
  }
  return { parts, range: { start, end: parts.at(-1)?.range.end ?? start } };
}

function readPart(scanner: Scanner): KeyPart | undefined {
  const code = scanner.peek();
  if (code === chars.quote || code === chars.apostrophe) {
    const node = readString(scanner, false);
    return { name: node.value, form: code === chars.quote ? 'basic' : 'literal', range: node.range };
  }
  const { text, position } = scanner;
  let end = position;
  while (isBareKeyCode(text.charCodeAt(end))) {
    end += 1;
  }
  if (end === position) {
    return undefined;
  }
  return { name: text.slice(position, end), form: 'bare', range: scanner.emit('bareKey', end) };
}

/** Letters, digits, `_` and `-` of ASCII (TOML 1.0 and 1.1, "Keys"). */
function isBareKeyCode(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === 0x5f || code === 0x2d
  );
}

/** Looks past blanks without taking them: blanks behind a key are not part of it. */
function nextIsDot(scanner: Scanner): boolean {
  let at = scanner.position;
  let code = scanner.text.charCodeAt(at);
  while (code === chars.space || code === chars.tab) {
    at += 1;
    code = scanner.text.charCodeAt(at);
  }
  return code === chars.dot;
}

function reportMissing(scanner: Scanner, afterDot: boolean): void {
  const at = scanner.position;
  const end = Math.min(at + 1, scanner.text.length);
  if (scanner.atLineEnd) {
    scanner.error('expected-key', 'A key is missing at the end of the line', at, at);
    return;
  }
  const shown = describeCharacter(scanner.text, at);
  const message = afterDot ? `A key must follow the dot, not ${shown}` : `A key cannot begin with ${shown}; other characters need quotes`;
  scanner.error('expected-key', message, at, end);
}
