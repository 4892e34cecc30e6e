import { isBlank, lineEnd, lineEnding, lineStart, nextLineStart, skipBlanks } from '../toml/lines.ts';
import type { TextEdit, TextRange } from '../../shared/text.ts';
import type { ArrayNode, InlineTableNode } from '../toml/syntax.ts';

/** The comma-separated inside of an array or inline table. */
interface List {
  readonly range: TextRange;
  readonly items: readonly TextRange[];
  readonly commas: readonly number[];
}

export function listOf(node: ArrayNode | InlineTableNode): List {
  const nodes = node.kind === 'array' ? node.items : node.entries;
  return { range: node.range, items: nodes.map((item) => item.range), commas: node.commas };
}

/** The comma behind an item, if there is one. */
function commaBehind(list: List, index: number): number | undefined {
  return list.commas[index];
}

/** Adds items behind the one at `anchor`, or at the front for -1, in the way the list is laid out. */
export function insertItems(text: string, list: List, anchor: number, newItems: readonly string[]): TextEdit[] {
  const first = list.items[0];
  const item = list.items[anchor];
  const joined = newItems.join(', ');
  if (first === undefined) {
    const at = list.range.start + 1;
    return [insertion(at, /\s/.test(text.charAt(at)) ? ` ${joined}` : joined)];
  }
  if (item === undefined) {
    return [insertion(first.start, `${joined}, `)];
  }
  const comma = commaBehind(list, anchor);
  const from = comma === undefined ? item.end : comma + 1;
  const restOfLine = text.slice(from, lineEnd(text, from)).trim();
  const start = lineStart(text, item.start);
  const ownLine = start > list.range.start && isBlank(text, start, item.start) && (restOfLine === '' || restOfLine.startsWith('#'));
  if (!ownLine) {
    return [insertion(item.end, `, ${joined}`)];
  }
  const lead = lineEnding(text) + text.slice(start, item.start);
  const at = lineEnd(text, from);
  if (comma === undefined) {
    return mergeInsertions([insertion(item.end, ','), insertion(at, newItems.map((newItem) => lead + newItem).join(','))]);
  }
  return [insertion(at, newItems.map((newItem) => `${lead}${newItem},`).join(''))];
}

/** Takes items out with their commas. Comments stay. */
export function removeItems(text: string, list: List, indexes: ReadonlySet<number>): TextEdit[] {
  const ranges: TextRange[] = [];
  const last = list.items.length - 1;
  let allBeforeRemoved = true;
  let lastKept = -1;
  for (const [index, item] of list.items.entries()) {
    if (!indexes.has(index)) {
      allBeforeRemoved = false;
      lastKept = index;
      continue;
    }
    ranges.push(...itemRanges(text, list, item, index, allBeforeRemoved));
  }
  const comma = commaBehind(list, lastKept);
  if (indexes.has(last) && commaBehind(list, last) === undefined && comma !== undefined) {
    ranges.push({ start: comma, end: comma + 1 });
  }
  return deletions(ranges);
}

function itemRanges(text: string, list: List, item: TextRange, index: number, isFirst: boolean): TextRange[] {
  const comma = commaBehind(list, index);
  const end = comma !== undefined && isBlank(text, item.end, comma) ? comma + 1 : item.end;
  const start = lineStart(text, item.start);
  const aloneOnLine = start > list.range.start && isBlank(text, start, item.start) && isBlank(text, end, lineEnd(text, end));
  if (aloneOnLine && (comma === undefined || end > comma)) {
    return [{ start, end: nextLineStart(text, end) }];
  }
  const before = isFirst && comma !== undefined ? item.start : blanksBefore(text, item.start);
  const ranges = [{ start: before, end: item.end }];
  if (comma !== undefined) {
    ranges.push({ start: comma, end: isFirst ? skipBlanks(text, comma + 1) : comma + 1 });
  }
  return ranges;
}

function blanksBefore(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && isBlank(text, at - 1, at)) {
    at -= 1;
  }
  return at;
}

export function insertion(at: number, newText: string): TextEdit {
  return { range: { start: at, end: at }, newText };
}

/** Deletions of ranges that may touch or overlap. */
export function deletions(ranges: readonly TextRange[]): TextEdit[] {
  const merged: { start: number; end: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end) {
      last.end = Math.max(last.end, range.end);
    } else {
      merged.push({ start: range.start, end: range.end });
    }
  }
  return merged.map((range) => ({ range, newText: '' }));
}

/** Joins insertions at the same offset into one, keeping their order; sorts by offset. */
export function mergeInsertions(edits: readonly TextEdit[]): TextEdit[] {
  const merged: TextEdit[] = [];
  for (const edit of [...edits].sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end)) {
    const last = merged.at(-1);
    if (last !== undefined && isInsertion(last) && isInsertion(edit) && last.range.start === edit.range.start) {
      merged[merged.length - 1] = { range: last.range, newText: last.newText + edit.newText };
    } else {
      merged.push(edit);
    }
  }
  return merged;
}

function isInsertion(edit: TextEdit): boolean {
  return edit.range.start === edit.range.end;
}
