import { isBlank, lineEnd, lineStart, nextLineStart } from '../toml/lines.ts';
import type { TextRange } from '../../shared/text.ts';
import type { EntryNode, HeaderNode } from '../toml/syntax.ts';

/** The whole lines of a key, or of a header with its attached comment and all its keys. */
export function statementLines(text: string, statement: EntryNode | HeaderNode): TextRange {
  if (statement.kind === 'entry') {
    return { start: lineStart(text, statement.range.start), end: nextLineStart(text, statement.range.end) };
  }
  const last = statement.section.entries.at(-1)?.range ?? statement.range;
  return { start: attachedCommentStart(text, statement), end: nextLineStart(text, last.end) };
}

/**
 * Where the comment begins that stands directly above a header and belongs to it; the header's own line without one.
 * A ruler, a directive (`#:schema …`) and a key that is commented out belong to something else.
 */
export function attachedCommentStart(text: string, header: HeaderNode): number {
  let start = lineStart(text, header.range.start);
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (above >= start || !isOwnComment(text.slice(above, lineEnd(text, above)))) {
      break;
    }
    start = above;
  }
  return start;
}

function isOwnComment(line: string): boolean {
  const comment = /^[ \t]*#(.*)$/.exec(line)?.[1];
  if (comment === undefined || comment.startsWith(':')) {
    return false;
  }
  const isRuler = /^[ \t]*([^\w\s])\1{2,}/.test(comment);
  const isKey = /^[ \t]*[\w.-]+[ \t]*=/.test(comment);
  return !isRuler && !isKey;
}

/**
 * Ranges of whole lines to delete, for tables (`blocks`) and single keys (`lines`). A table takes one blank line with
 * it, where one would be left over; at the end of a file without a last line end, the line end before goes as well.
 */
export function removeLines(text: string, blocks: readonly TextRange[], lines: readonly TextRange[]): TextRange[] {
  const ends = new Set(blocks.map((block) => block.end));
  const merged = mergeBlocks(text, [...blocks, ...lines]);
  return merged.map((range) => {
    const wide = ends.has(range.end) ? withBlankLine(text, range) : range;
    const cutsEnd = wide.end === text.length && wide.start > 0 && !text.endsWith('\n');
    return cutsEnd ? { start: lineEnd(text, lineStart(text, wide.start - 1)), end: wide.end } : wide;
  });
}

/** Joins ranges with nothing but blank lines between them. */
function mergeBlocks(text: string, ranges: readonly TextRange[]): TextRange[] {
  const merged: { start: number; end: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && /^\s*$/.test(text.slice(last.end, range.start))) {
      last.end = Math.max(last.end, range.end);
    } else {
      merged.push({ start: range.start, end: range.end });
    }
  }
  return merged;
}

function withBlankLine(text: string, range: TextRange): TextRange {
  const atEnd = range.end === text.length;
  const blankBehind = !atEnd && isBlankLine(text, range.end);
  const first = lineStart(text, 0);
  if (range.start <= first) {
    return blankBehind ? { start: range.start, end: nextLineStart(text, range.end) } : range;
  }
  const above = lineStart(text, range.start - 1);
  if (above < range.start && isBlankLine(text, above) && (atEnd || blankBehind)) {
    return { start: above, end: range.end };
  }
  return range;
}

function isBlankLine(text: string, start: number): boolean {
  return isBlank(text, start, lineEnd(text, start));
}
