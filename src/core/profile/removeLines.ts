import { isMap, isNode, isSeq, type Document, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';

import { lineEndOf } from './writtenYaml.ts';
import { colonOf, dashOf, skipOwnComments, walk, type Path } from './yamlItems.ts';
import { columnOf, endOf, lineStart, nextLine, pairOf, type TextEdit } from './yamlText.ts';

/** Takes a key or an item out, with its own comments: those at its column right above it, beside it, and deeper ones below it. */
export function removeEdits(text: string, document: Document, path: Path): readonly TextEdit[] | undefined {
  const holder = walk(document.contents, path.slice(0, -1));
  const last = path.at(-1);
  if (holder.rest.length > 0) {
    return undefined;
  }
  const { found } = holder;
  const index = isSeq(found) ? Number(last) : isMap(found) ? found.items.findIndex((pair) => pair === pairOf(found, String(last))) : -1;
  if (index < 0 || !(isSeq(found) || isMap(found)) || found.items[index] === undefined) {
    return undefined;
  }
  const edit = found.flow === true ? removeFlow(found, index) : removeBlock(text, found, index, parentPair(document, path));
  return edit;
}

function parentPair(document: Document, path: Path): Pair | undefined {
  const key = path.at(-2);
  const above = walk(document.contents, path.slice(0, -2)).found;
  return isMap(above) && typeof key === 'string' ? pairOf(above, key) : undefined;
}

function removeFlow({ items }: YAMLMap | YAMLSeq, index: number): readonly TextEdit[] | undefined {
  const before = items[index - 1];
  const [start, end] = [startOf(items[index]), endOfItem(items[index])];
  const [from, to] = before !== undefined ? [endOfItem(before), end] : items.length > 1 ? [start, startOf(items[index + 1])] : [start, end];
  return from === undefined || to === undefined ? undefined : [{ from, to, text: '' }];
}

function startOf(item: unknown): number | undefined {
  const node = isNode(item) ? item : (item as Pair | undefined)?.key;
  return isNode(node) ? node.range?.[0] : undefined;
}

function endOfItem(item: unknown): number | undefined {
  if (isNode(item)) {
    return endOf(item);
  }
  const pair = item as Pair | undefined;
  return endOf(pair?.value) ?? endOf(pair?.key);
}

function removeBlock(text: string, holder: YAMLMap | YAMLSeq, index: number, parent: Pair | undefined): readonly TextEdit[] | undefined {
  const [start, end] = [isSeq(holder) ? dashOf(holder, index) : startOf(holder.items[index]), endOfItem(holder.items[index])];
  if (start === undefined || end === undefined) {
    return undefined;
  }
  if (text.slice(lineStart(text, start), start).trim() !== '') {
    return removeBehindDash(text, holder, index, start, end);
  }
  const lines = linesOf(text, start, end);
  if (holder.items.length > 1) {
    return [{ ...lines, text: '' }];
  }
  // A key that is left without a value would say nothing, which is not the same as an empty list.
  const colon = parent && colonOf(parent);
  const empty = isSeq(holder) ? ' []' : ' {}';
  if (colon === undefined) {
    return undefined;
  }
  return lines.from <= colon
    ? [{ from: colon, to: lines.to, text: empty }]
    : [
        { from: colon, to: colon, text: empty },
        { ...lines, text: '' },
      ];
}

/** The first key of an item stands on the line of its dash. */
function removeBehindDash(
  text: string,
  holder: YAMLMap | YAMLSeq,
  index: number,
  start: number,
  end: number,
): readonly TextEdit[] | undefined {
  const next = startOf(holder.items[index + 1]);
  if (isSeq(holder) || next === undefined) {
    return undefined;
  }
  const hasComment = text.slice(end, next).includes('#');
  return [{ from: start, to: hasComment ? end : next, text: '' }];
}

/** Whole lines, from the comments above to those below. */
function linesOf(text: string, start: number, end: number): { readonly from: number; readonly to: number } {
  const column = columnOf(text, start);
  let from = lineStart(text, start);
  for (let above = previousLine(text, from); above !== undefined && isComment(text, above, column); above = previousLine(text, from)) {
    from = above;
  }
  const behind = text[end - 1] === '\n' ? end : nextLine(text, end);
  const to = skipOwnComments(text, behind, column);
  const above = previousLine(text, from);
  const isGap = above !== undefined && isBlank(text, above) && (to >= text.length || isBlank(text, to));
  if (to >= text.length && text !== '' && !text.endsWith('\n')) {
    // The last line had no line end, and the new last line shall have none.
    return { from: lineEndOf(text, Math.max(0, from - 1) - (text[from - 2] === '\r' ? 1 : 0)), to };
  }
  return { from: isGap ? above : from, to };
}

function previousLine(text: string, from: number): number | undefined {
  return from === 0 ? undefined : lineStart(text, from - 1);
}

function isComment(text: string, at: number, column: number): boolean {
  const line = text.slice(at, nextLine(text, at));
  return line.trimStart().startsWith('#') && line.search(/\S/) === column;
}

function isBlank(text: string, at: number): boolean {
  return text.slice(at, nextLine(text, at)).trim() === '';
}
