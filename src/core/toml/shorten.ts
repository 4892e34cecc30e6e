/** Text of a file as it may stand in a sentence: on one line, and not longer than a line. */
export function shorten(text: string, limit = 60): string {
  const line = text.slice(0, limit * 2).replace(/[\p{Cc}\s]+/gu, ' ');
  return line.length < text.length || line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}
