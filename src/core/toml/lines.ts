/** The start of the line that holds `offset`; behind the byte order mark on the first line. */
export function lineStart(text: string, offset: number): number {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.startsWith('\uFEFF') ? 1 : start;
}

/** The end of the line that holds `offset`, before its line end. */
export function lineEnd(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  if (at < 0) {
    return text.length;
  }
  return at > offset && text.charCodeAt(at - 1) === 0x0d ? at - 1 : at;
}

/** The end of the line that holds `offset`, behind its line end. */
export function nextLineStart(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : at + 1;
}

/** The line end that a text uses: that of its first line, LF where it has none. */
export function lineEnding(text: string): '\n' | '\r\n' {
  const at = text.indexOf('\n');
  return at > 0 && text.charCodeAt(at - 1) === 0x0d ? '\r\n' : '\n';
}

/** Whether only blanks stand between two offsets. */
export function isBlank(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09) {
      return false;
    }
  }
  return true;
}

/** The offset of the first character at or behind `offset` that is no blank. */
export function skipBlanks(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && isBlank(text, at, at + 1)) {
    at += 1;
  }
  return at;
}
