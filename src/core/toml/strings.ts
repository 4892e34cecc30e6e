import { chars, describeCharacter, isForbiddenControl } from './scanner.ts';
import type { Scanner } from './scanner.ts';
import type { StringForm, StringNode } from './syntax.ts';

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['t', '\t'],
  ['n', '\n'],
  ['f', '\f'],
  ['r', '\r'],
  ['"', '"'],
  ['\\', '\\'],
]);

const hexLengths: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/** Reads the string at the position, which is at a quote. `multiline` says whether three quotes may open a multi-line one. */
export function readString(scanner: Scanner, multiline: boolean): StringNode {
  const quote = scanner.peek();
  const basic = quote === chars.quote;
  if (multiline && scanner.peek(1) === quote && scanner.peek(2) === quote) {
    const end = multilineEnd(scanner, quote);
    return finish(scanner, basic ? 'multilineBasic' : 'multilineLiteral', 3, end.contentEnd, end.end);
  }
  const contentEnd = lineStringEnd(scanner, quote);
  const closed = scanner.text.charCodeAt(contentEnd) === quote;
  if (!closed) {
    scanner.error('unclosed-string', `The string has no closing ${String.fromCharCode(quote)} on its line`, scanner.position, contentEnd);
  }
  return finish(scanner, basic ? 'basic' : 'literal', 1, contentEnd, closed ? contentEnd + 1 : contentEnd);
}

function finish(scanner: Scanner, form: StringForm, quotes: number, contentEnd: number, end: number): StringNode {
  let start = scanner.position + quotes;
  const lines = quotes === 3;
  if (lines && start < contentEnd) {
    // A line end right after the opening quotes does not count (TOML 1.0, "String").
    start += scanner.text.startsWith('\r\n', start) ? 2 : scanner.text.charCodeAt(start) === chars.lf ? 1 : 0;
  }
  const raw = scanner.text.slice(start, contentEnd);
  reportCharacters(scanner, raw, start);
  const escaped = (form === 'basic' || form === 'multilineBasic') && raw.includes('\\');
  const value = escaped ? unescape(scanner, raw, start, lines) : raw;
  return { kind: 'string', form, value, range: scanner.emit('string', end) };
}

/** Where the content of a one-line string ends: at its closing quote or at the end of the line. */
function lineStringEnd(scanner: Scanner, quote: number): number {
  const { text } = scanner;
  let at = scanner.position + 1;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote || code === chars.lf || code === chars.cr) {
      break;
    }
    if (code === chars.backslash && quote === chars.quote && at + 1 < text.length) {
      const next = text.charCodeAt(at + 1);
      if (next !== chars.lf && next !== chars.cr) {
        at += 1;
      }
    }
  }
  return Math.min(at, text.length);
}

function multilineEnd(scanner: Scanner, quote: number): { contentEnd: number; end: number } {
  const { text, position } = scanner;
  const delimiter = String.fromCharCode(quote).repeat(3);
  const lineEnd = endOfLine(text, position);
  const limit = scanner.unclosedMultiline.has(quote) ? lineEnd : text.length;
  let at = position + 3;
  while (at < limit) {
    const code = text.charCodeAt(at);
    if (code === chars.backslash && quote === chars.quote) {
      at += 2;
    } else if (code === quote && text.startsWith(delimiter, at)) {
      // Up to two quotes may stand directly before the closing three.
      let end = at + 3;
      while (end < at + 5 && text.charCodeAt(end) === quote) {
        end += 1;
      }
      return { contentEnd: end - 3, end };
    } else {
      at += 1;
    }
  }
  // Without an end the string would swallow every later line: it is taken to end with its own.
  scanner.unclosedMultiline.add(quote);
  scanner.error('unclosed-string', `The multi-line string has no closing ${delimiter}`, position, position + 3);
  return { contentEnd: lineEnd, end: lineEnd };
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  const end = at < 0 ? text.length : at;
  return end > from && text.charCodeAt(end - 1) === chars.cr ? end - 1 : end;
}

/** Reports the first forbidden control character of a string. */
function reportCharacters(scanner: Scanner, raw: string, start: number): void {
  for (let index = 0; index < raw.length; index += 1) {
    const code = raw.charCodeAt(index);
    if (code >= chars.space && code !== chars.del) {
      continue;
    }
    const at = start + index;
    if (code === chars.cr && raw.charCodeAt(index + 1) !== chars.lf) {
      scanner.error('bare-carriage-return', 'A carriage return must be followed by a line feed', at, at + 1);
      return;
    }
    if (isForbiddenControl(code)) {
      scanner.error('invalid-character', `${describeCharacter(raw, index)} must be written as an escape in a string`, at, at + 1);
      return;
    }
  }
}

const lineContinuation = /\\[ \t]*\r?\n[ \t\r\n]*/y;

function unescape(scanner: Scanner, raw: string, start: number, multiline: boolean): string {
  let result = '';
  let from = 0;
  for (let at = raw.indexOf('\\'); at >= 0; at = raw.indexOf('\\', from)) {
    result += raw.slice(from, at);
    lineContinuation.lastIndex = at;
    if (multiline && lineContinuation.test(raw)) {
      from = lineContinuation.lastIndex;
      continue;
    }
    const letter = raw.charAt(at + 1);
    const simple = simpleEscapes.get(letter);
    if (simple !== undefined) {
      result += simple;
      from = at + 2;
    } else {
      const read = unusualEscape(scanner, raw, at, start);
      result += read.value;
      from = at + read.length;
    }
  }
  return result + raw.slice(from);
}

function unusualEscape(scanner: Scanner, raw: string, at: number, start: number): { value: string; length: number } {
  const letter = raw.charAt(at + 1);
  const digits = hexLengths.get(letter);
  const later = letter === 'e' || letter === 'x';
  if (later && scanner.version === '1.0') {
    scanner.error('needs-toml-1.1', `The escape \\${letter} needs TOML 1.1`, start + at, start + at + 2);
    return { value: '', length: 2 };
  }
  if (letter === 'e') {
    return { value: '\u001B', length: 2 };
  }
  if (digits === undefined) {
    const shown = letter === '' || letter < '!' ? '' : letter;
    const hint = 'write \\\\ for a backslash, or use single quotes';
    scanner.error('invalid-escape', `\\${shown} is not an escape; ${hint}`, start + at, start + Math.min(at + 2, raw.length));
    return { value: letter, length: 1 + Math.max(letter.length, 0) };
  }
  const hex = /^[0-9A-Fa-f]*/.exec(raw.slice(at + 2, at + 2 + digits))?.[0] ?? '';
  const end = at + 2 + hex.length;
  const point = Number.parseInt(hex, 16);
  if (hex.length < digits) {
    const hint = 'write \\\\ for a backslash, or use single quotes';
    scanner.error('invalid-escape', `\\${letter} needs ${digits} hexadecimal digits; ${hint}`, start + at, start + end);
    return { value: '', length: end - at };
  }
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    scanner.error('invalid-escape', `U+${hex} is not a Unicode scalar value`, start + at, start + end);
    return { value: '', length: end - at };
  }
  return { value: String.fromCodePoint(point), length: end - at };
}
