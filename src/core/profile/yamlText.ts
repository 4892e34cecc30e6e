import { isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';

/** A piece of a text and what stands in its place. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** What a YAML file can say and a JSON file as well. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Edits that do not touch each other. */
export function splice(text: string, edits: readonly TextEdit[]): string {
  return edits
    .toSorted((a, b) => b.from - a.from)
    .reduce((now, { from, to, text: next }) => now.slice(0, from) + next + now.slice(to), text);
}

/** In front of the closing brace of `{ … }`. */
export function insertFlow(map: YAMLMap, inner: string): TextEdit | undefined {
  const last = map.items.at(-1);
  if (!map.range || map.flow !== true) {
    return undefined;
  }
  const [from, to] = map.range;
  if (last === undefined) {
    return { from, to, text: `{ ${inner} }` };
  }
  const end = endOf(last.value) ?? endOf(last.key);
  return end === undefined ? undefined : { from: end, to: end, text: `, ${inner}` };
}

/** As one more key of a map in block style, behind `after`, or behind its last. */
export function insertBlock(
  text: string,
  map: YAMLMap,
  inner: (indent: string, eol: string) => string,
  after = map.items.at(-1),
): TextEdit | undefined {
  const first = map.items[0]?.key;
  const end = after === undefined ? undefined : Math.max(endOf(after.key) ?? 0, endOf(after.value) ?? 0);
  if (!isNode(first) || !first.range || end === undefined) {
    return undefined;
  }
  const indent = ' '.repeat(columnOf(text, first.range[0]));
  return insertLine(text, end, [`${indent}${inner(indent, eolOf(text))}`]);
}

/** Behind the line where something ends, with the comment on it. */
export function insertLine(text: string, end: number, lines: readonly string[]): TextEdit {
  const eol = eolOf(text);
  if (text[end - 1] === '\n') {
    return { from: end, to: end, text: lines.map((line) => `${line}${eol}`).join('') };
  }
  const at = text.indexOf('\n', end);
  return at === -1
    ? { from: text.length, to: text.length, text: lines.map((line) => `${eol}${line}`).join('') }
    : { from: at + 1, to: at + 1, text: lines.map((line) => `${line}${eol}`).join('') };
}

/** Where the last bytes of a node are; the ranges of block maps and lists go on to what follows them. */
export function endOf(node: unknown): number | undefined {
  if (isMap(node) && node.flow !== true && node.items.length > 0) {
    const last = node.items.at(-1);
    return Math.max(endOf(last?.key) ?? 0, endOf(last?.value) ?? 0);
  }
  if (isSeq(node) && node.flow !== true && node.items.length > 0) {
    return endOf(node.items.at(-1));
  }
  return isNode(node) ? node.range?.[1] : undefined;
}

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

export function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && (node.source ?? '') === '' && node.value === null;
}

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Behind the line end of the line that holds `at`, or the end of the text. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

/** Characters between the begin of a line and a place on it. */
export function columnOf(text: string, at: number): number {
  const start = lineStart(text, at);
  return at - start - (text.startsWith('\ufeff') && start === 0 ? 1 : 0);
}

export function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** A value on one line; what could be read as something else is quoted. */
export function flow(value: Json): string {
  if (Array.isArray(value)) {
    return `[${(value as readonly Json[]).map(flow).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value as Readonly<Record<string, Json>>).map(([key, inner]) => `${flow(key)}: ${flow(inner)}`);
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
  }
  const isPlain = typeof value !== 'string' || /^[A-Za-z/][\w/.@*+-]*(?::\d+)?$/.test(value) || /^\d+[a-z]+$/.test(value);
  const isWord = typeof value === 'string' && /^(?:true|false|yes|no|on|off|null|y|n|~)$/i.test(value);
  return isPlain && !isWord ? String(value) : JSON.stringify(value);
}
