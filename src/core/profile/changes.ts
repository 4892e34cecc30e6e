import { isCollection, isMap, isNode, isScalar, isSeq, parseDocument, type Document, type Node, type Pair, type YAMLMap } from 'yaml';

import { appendEdits } from './appendItem.ts';
import { appendedIn, isSameJson, removedIn, setIn } from './plainValues.ts';
import { removeEdits } from './removeLines.ts';
import { sharersWrittenOut, writtenOut } from './sharedNodes.ts';
import { blockLines, lineEndOf } from './writtenYaml.ts';
import { colonOf, walk, type Path } from './yamlItems.ts';
import {
  columnOf,
  endOf,
  eolOf,
  flow,
  insertBlock,
  insertFlow,
  isEmptyScalar,
  pairOf,
  splice,
  type Json,
  type TextEdit,
} from './yamlText.ts';

export type Change =
  /** A key gets a value. Maps on the way are made; a new key stands before those of `before` that are there. */
  | { readonly kind: 'set'; readonly path: Path; readonly value: Json; readonly before?: readonly string[] }
  /** One more item at the end of a list, which is made where there is none. */
  | { readonly kind: 'append'; readonly path: Path; readonly value: Json; readonly before?: readonly string[] }
  /** A key, or an item of a list, with the comments that belong to it. */
  | { readonly kind: 'remove'; readonly path: Path };

/**
 * The text after these changes, one after the other. No other byte differs, and the result is read again after each: it must mean
 * what it meant, but for the change. Undefined where the text has a form that cannot be changed so.
 */
export function changeText(text: string, changes: readonly Change[]): string | undefined {
  return changes.reduce<string | undefined>((now, change) => (now === undefined ? undefined : changeOnce(now, change)), text);
}

function changeOnce(text: string, change: Change): string | undefined {
  const document = parse(text);
  if (document.errors.length > 0) {
    return undefined;
  }
  const alias = writtenOut(document, change.path.slice(0, change.kind === 'append' ? undefined : -1));
  if (alias !== undefined) {
    return changeOnce(splice(text, [alias]), change);
  }
  const expected = expectedAfter(plainOf(document), change);
  const sharers = sharersWrittenOut(document, change.path);
  // Long values are written over several lines; what YAML takes amiss there still has its form on one.
  for (const inBlock of [true, false]) {
    const edits = editsOf(text, document, change, inBlock);
    const next = edits && splice(text, [...edits, ...sharers]);
    const after = next === undefined ? undefined : parse(next);
    if (next !== undefined && after?.errors.length === 0 && isSameJson(plainOf(after), expected)) {
      return next;
    }
  }
  return undefined;
}

function parse(text: string): Document {
  return parseDocument(text, { prettyErrors: false, uniqueKeys: false, keepSourceTokens: true, logLevel: 'error' });
}

/** What an anchor and its aliases share is one object in the document, and must not change in two places. */
function plainOf(document: Document): Json {
  try {
    return JSON.parse(JSON.stringify(document.toJS() ?? null)) as Json;
  } catch {
    return null;
  }
}

function expectedAfter(value: Json, change: Change): Json {
  switch (change.kind) {
    case 'set':
      return setIn(value, change.path, change.value);
    case 'append':
      return appendedIn(value, change.path, change.value);
    case 'remove':
      return removedIn(value, change.path);
  }
}

function editsOf(text: string, document: Document, change: Change, inBlock: boolean): readonly TextEdit[] | undefined {
  if (change.kind === 'remove') {
    return removeEdits(text, document, change.path);
  }
  const { found, rest } = walk(document.contents, change.path);
  const [key, ...inner] = rest;
  if (isMap(found) && typeof key === 'string') {
    const value = change.kind === 'append' ? nested(inner, [change.value]) : nested(inner, change.value);
    return value === undefined ? undefined : one(addKey(text, found, key, value, { before: change.before ?? [], inBlock }));
  }
  const depth = change.path.length - rest.length;
  const parent = walk(document.contents, change.path.slice(0, depth - 1)).found;
  const last = change.path[depth - 1];
  const pair = isMap(parent) && typeof last === 'string' ? pairOf(parent, last) : undefined;
  // Only a key without a value may become a map by the way.
  if (!isMap(parent) || pair === undefined || (rest.length > 0 && !isNull(found))) {
    return undefined;
  }
  if (change.kind === 'append' && isSeq(found) && found.items.length > 0) {
    return one(appendEdits(text, found, change.value, inBlock));
  }
  const value = nested(rest, change.kind === 'append' ? [change.value] : change.value);
  return value === undefined ? undefined : one(setValue(text, parent, pair, value, inBlock));
}

function one(edit: TextEdit | undefined): readonly TextEdit[] | undefined {
  return edit && [edit];
}

function nested(path: Path, value: Json): Json | undefined {
  return path.reduceRight<Json | undefined>(
    (inner, key) => (inner === undefined || typeof key !== 'string' ? undefined : Object.fromEntries([[key, inner]])),
    value,
  );
}

interface NewKey {
  readonly before: readonly string[];
  readonly inBlock: boolean;
}

function addKey(text: string, map: YAMLMap, key: string, value: Json, { before, inBlock }: NewKey): TextEdit | undefined {
  if (map.flow === true) {
    return insertFlow(map, `${oneLine(map, key)}: ${oneLine(map, value)}`);
  }
  const at = map.items.findIndex((pair) => isScalar(pair.key) && before.includes(String(pair.key.value)));
  const after = at > 0 ? map.items[at - 1] : map.items.at(-1);
  return insertBlock(
    text,
    map,
    (indent, eol) => (inBlock ? blockLines({ [key]: value }).join(`${eol}${indent}`) : `${flow(key)}: ${flow(value)}`),
    after,
  );
}

/** Whoever wrote a file as JSON wants to read it as JSON. */
function oneLine(map: YAMLMap, value: Json): string {
  const [first] = map.items;
  return map.flow === true && isScalar(first?.key) && first.key.type === 'QUOTE_DOUBLE' ? JSON.stringify(value) : flow(value);
}

/** Another value for a key that is there. */
function setValue(text: string, map: YAMLMap, pair: Pair, value: Json, inBlock: boolean): TextEdit | undefined {
  const old = pair.value;
  const colon = colonOf(pair);
  if (!isNode(old) || !old.range || colon === undefined) {
    return undefined;
  }
  const isBlock = isCollection(old) && old.flow !== true;
  const isLong = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (map.flow !== true && inBlock && isLong && (isBlock || isEmptyScalar(old) || isEmptyCollection(old))) {
    // The comment beside the key stays there.
    const end = isBlock ? (endOf(old) ?? old.range[1]) : lineEndOf(text, old.range[1]);
    const beside = isBlock ? text.slice(colon, lineEndOf(text, colon)) : text.slice(old.range[1], end);
    const indent = ' '.repeat(columnOf(text, (pair.key as Node).range?.[0] ?? 0) + 2);
    const eol = eolOf(text);
    const lines = blockLines(value).map((line) => `${eol}${line === '' ? '' : indent}${line}`);
    return { from: colon, to: withoutEol(text, end), text: `${beside.trimEnd()}${lines.join('')}` };
  }
  if (isBlock) {
    const beside = text.slice(colon, lineEndOf(text, colon));
    return { from: colon, to: endOf(old) ?? old.range[1], text: ` ${flow(value)}${beside.trimEnd()}` };
  }
  return isEmptyScalar(old)
    ? { from: colon, to: colon, text: ` ${flow(value)}` }
    : { from: old.range[0], to: withoutEol(text, old.range[1]), text: oneLine(map, value) };
}

function isNull(node: unknown): boolean {
  return isScalar(node) && node.value === null;
}

function isEmptyCollection(node: Node): boolean {
  return isCollection(node) && node.items.length === 0;
}

/** A value that is a block of text has its last line end in its range. */
function withoutEol(text: string, end: number): number {
  const before = text.slice(0, end);
  return before.replace(/(?:\r?\n)+$/, '').length;
}
