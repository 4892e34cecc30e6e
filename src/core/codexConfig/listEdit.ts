import { isBlank, lineEnd, lineEnding, lineStart, nextLineStart, skipBlanks } from '../toml/lines.ts';
import type { TextEdit, TextRange } from '../../shared/text.ts';
import type { ArrayNode, EntryNode, InlineTableNode } from '../toml/syntax.ts';

/** The comma-separated inside of an array or inline table. */
interface List {
  readonly range: TextRange;
  readonly items: readonly { readonly range: TextRange }[];
  readonly commas: readonly number[];
}

export function listOf(node: ArrayNode | InlineTableNode): List {
  return { range: node.range, items: node.kind === 'array' ? node.items : node.entries, commas: node.commas };
}

/** Where an entry stands in its inline table. The entries are in the order of the text. */
export function indexOfEntry(node: InlineTableNode, entry: EntryNode): number {
  let low = 0;
  let high = node.entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((node.entries[middle]?.range.start ?? 0) < entry.range.start) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Adds items behind the one at `anchor`, or at the front for -1, in the way the list is laid out. */
export function insertItems(text: string, list: List, anchor: number, newItems: readonly string[]): TextEdit[] {
  const first = list.items[0]?.range;
  const item = list.items[anchor]?.range;
  const joined = newItems.join(', ');
  if (first === undefined) {
    const at = list.range.start + 1;
    return [insertion(at, /\s/.test(text.charAt(at)) ? ` ${joined}` : joined)];
  }
  if (item === undefined) {
    return [insertion(first.start, `${joined}, `)];
  }
  const comma = list.commas[anchor];
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
  const ordered = [...indexes].sort((a, b) => a - b);
  const ranges = ordered.flatMap((index, before) => itemRanges(text, list, index, before === index));
  let kept = list.items.length - 1;
  if (indexes.has(kept) && list.commas[kept] === undefined) {
    while (indexes.has(kept)) {
      kept -= 1;
    }
    const comma = list.commas[kept];
    ranges.push(...(comma === undefined ? [] : [{ start: comma, end: comma + 1 }]));
  }
  return deletions(ranges);
}

/** What goes with one item; `isFirst` when none before it stays. */
function itemRanges(text: string, list: List, index: number, isFirst: boolean): TextRange[] {
  const item = list.items[index]?.range;
  if (item === undefined) {
    return [];
  }
  const comma = list.commas[index];
  const end = comma !== undefined && isBlank(text, item.end, comma) ? comma + 1 : item.end;
  const start = blanksBefore(text, item.start);
  const rest = skipBlanks(text, end);
  const aloneOnLine = text.charAt(start - 1) === '\n' && (text.startsWith('\n', rest) || text.startsWith('\r\n', rest));
  if (aloneOnLine && (comma === undefined || end > comma)) {
    return [{ start, end: nextLineStart(text, rest) }];
  }
  const ranges = [{ start: isFirst && comma !== undefined ? item.start : start, end: item.end }];
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
