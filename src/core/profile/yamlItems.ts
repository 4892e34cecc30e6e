import { isMap, isSeq, type Pair, type YAMLSeq } from 'yaml';

import { nextLine, pairOf } from './yamlText.ts';

/** Keys and places in lists, from the top. */
export type Path = readonly (string | number)[];

/** As far down as there is something: the node there, and the rest of the path. A key without a value is not passed. */
export function walk(node: unknown, path: Path): { readonly found: unknown; readonly rest: Path } {
  const [step, ...rest] = path;
  if (step === undefined) {
    return { found: node, rest: [] };
  }
  const next = isMap(node) && typeof step === 'string' ? pairOf(node, step)?.value : isSeq(node) ? node.items[Number(step)] : undefined;
  return next === undefined || next === null ? { found: node, rest: path } : walk(next, rest);
}

/** Behind the colon of a pair. */
export function colonOf(pair: Pair): number | undefined {
  const token = (pair.srcToken?.sep ?? []).find(({ type }) => type === 'map-value-ind');
  return token === undefined ? undefined : token.offset + token.source.length;
}

/** Where the dash of an item is, in a list in block style. */
export function dashOf(list: YAMLSeq, index: number): number | undefined {
  const source = list.srcToken;
  const items = source?.type === 'block-seq' ? source.items : [];
  const starts = items.map(({ start }) => start.find(({ type }) => type === 'seq-item-ind')?.offset).filter((at) => at !== undefined);
  return starts[index];
}

/** Behind the comment lines from a line's begin on that lie deeper than `column`, and so belong to what stands above them. */
export function skipOwnComments(text: string, from: number, column: number): number {
  let [at, end] = [from, from];
  while (at < text.length) {
    const next = nextLine(text, at);
    const line = text.slice(at, next);
    const indent = line.search(/\S/);
    if (indent !== -1 && (line[indent] !== '#' || indent <= column)) {
      break;
    }
    end = indent === -1 ? end : next;
    at = next;
  }
  return end;
}
