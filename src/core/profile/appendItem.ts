import { isNode, isScalar, type YAMLSeq } from 'yaml';

import { dashOf, skipOwnComments } from './yamlItems.ts';
import { blockLines } from './writtenYaml.ts';
import { columnOf, endOf, eolOf, flow, insertLine, lineStart, nextLine, type Json, type TextEdit } from './yamlText.ts';

/** One more item behind the last of a list, in the form that the list has. */
export function appendEdits(text: string, list: YAMLSeq, value: Json, inBlock: boolean): TextEdit | undefined {
  return list.flow === true ? appendFlow(text, list, value) : appendBlock(text, list, value, inBlock);
}

function appendFlow(text: string, list: YAMLSeq, value: Json): TextEdit | undefined {
  const last = list.items.at(-1);
  const end = endOf(last);
  if (!isNode(last) || !last.range || end === undefined) {
    return undefined;
  }
  const isJson = /^["{[\d]|^(?:true|false|null)$/.test(text.slice(last.range[0], end)) && isQuoted(list);
  const lead = text.slice(lineStart(text, last.range[0]), last.range[0]);
  if (lead.trim() === '' && lead !== '' && lineStart(text, last.range[0]) > (list.range?.[0] ?? 0)) {
    const eol = eolOf(text);
    const lines = isJson ? JSON.stringify(value, null, 2).split('\n') : [flow(value)];
    return { from: end, to: end, text: `,${eol}${lead}${lines.join(`${eol}${lead}`)}` };
  }
  return { from: end, to: end, text: `, ${isJson ? JSON.stringify(value) : flow(value)}` };
}

/** Whether the first text in a list is written as JSON writes it. */
function isQuoted({ items: [first] }: YAMLSeq): boolean {
  if (isScalar(first)) {
    return first.type === 'QUOTE_DOUBLE' || typeof first.value !== 'string';
  }
  const key = isNode(first) && 'items' in first ? (first.items as readonly { readonly key?: unknown }[])[0]?.key : undefined;
  return isScalar(key) && key.type === 'QUOTE_DOUBLE';
}

function appendBlock(text: string, list: YAMLSeq, value: Json, inBlock: boolean): TextEdit | undefined {
  const [first, last] = [dashOf(list, 0), list.items.at(-1)];
  const end = endOf(last);
  if (first === undefined || end === undefined) {
    return undefined;
  }
  const column = columnOf(text, first);
  const [, gap = ' '] = /^-( *)\S/.exec(text.slice(first, nextLine(text, first)).trimEnd()) ?? [];
  const indent = ' '.repeat(column);
  const inner = `${indent} ${gap === '' ? ' ' : gap}`;
  const lines = inBlock ? blockLines(value) : [flow(value)];
  const written = lines.map((line, index) =>
    index === 0 ? `${indent}-${inner.slice(column + 1)}${line}` : line === '' ? '' : inner + line,
  );
  const behind = text[end - 1] === '\n' ? end : nextLine(text, end);
  const after = skipOwnComments(text, behind, column);
  return after > behind ? atLine(text, after, written) : insertLine(text, end, written);
}

function atLine(text: string, at: number, lines: readonly string[]): TextEdit {
  const eol = eolOf(text);
  return text[at - 1] === '\n'
    ? { from: at, to: at, text: lines.map((line) => `${line}${eol}`).join('') }
    : { from: at, to: at, text: lines.map((line) => `${eol}${line}`).join('') };
}
