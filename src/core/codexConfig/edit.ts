import { lineEnd, lineEnding, lineStart, nextLineStart } from '../toml/lines.ts';
import { mentionedPart } from '../toml/table.ts';
import { attachedCommentStart, removeLines, statementLines } from './lineEdit.ts';
import { deletions, indexOfEntry, insertItems, insertion, listOf, removeItems } from './listEdit.ts';
import { isList, writeKey, writeString, writeValue } from './newText.ts';
import type { TextEdit, TextRange } from '../../shared/text.ts';
import type { TomlDocument } from '../toml/document.ts';
import type { ArrayNode, EntryNode, InlineTableNode, SectionNode } from '../toml/syntax.ts';
import type { Mention, TomlMember } from '../toml/table.ts';
import type { NewValue } from './newText.ts';

/** A key that a table shall get, with its value as TOML text. */
export interface NewKey {
  readonly name: string;
  readonly text: string;
}

/**
 * Gives a member that has its own statement another value. No edits when it already means the same;
 * undefined when the member is built by headers or dotted keys, so that no statement can take the value.
 */
export function setValue(document: TomlDocument, member: TomlMember, value: NewValue): TextEdit[] | undefined {
  if (member.entry === null) {
    return undefined;
  }
  const node = member.entry.value;
  if (node.kind === 'array' && typeof value === 'object' && isList(value)) {
    return setItems(document.text, node, value);
  }
  if (node.kind === 'string' && typeof value === 'string') {
    return node.value === value ? [] : [{ range: node.range, newText: writeString(value, node.form) }];
  }
  const isNumber = node.kind === 'integer' || node.kind === 'float';
  if (isNumber && typeof value === 'number' && Number(node.value) === value) {
    return [];
  }
  return [{ range: node.range, newText: writeValue(value) }];
}

/** Changes an array item by item, so that its layout and comments stay. */
function setItems(text: string, node: ArrayNode, wanted: readonly string[]): TextEdit[] {
  const { items } = node;
  const isSame = (item: number, want: number): boolean => {
    const found = items[item];
    return found?.kind === 'string' && found.value === wanted[want];
  };
  const shorter = Math.min(items.length, wanted.length);
  let head = 0;
  while (head < shorter && isSame(head, head)) {
    head += 1;
  }
  let tail = 0;
  while (tail < shorter - head && isSame(items.length - 1 - tail, wanted.length - 1 - tail)) {
    tail += 1;
  }
  const edits: TextEdit[] = [];
  const replacedEnd = shorter - tail;
  for (let index = head; index < replacedEnd; index += 1) {
    const item = items[index];
    const want = wanted[index];
    if (item !== undefined && want !== undefined && !isSame(index, index)) {
      edits.push({ range: item.range, newText: writeString(want, item.kind === 'string' ? item.form : undefined) });
    }
  }
  if (wanted.length > items.length) {
    const form = items.every((item) => item.kind === 'string' && item.form === 'literal') ? items[0] : undefined;
    const style = form?.kind === 'string' ? form.form : undefined;
    const added = wanted.slice(replacedEnd, wanted.length - tail).map((item) => writeString(item, style));
    edits.push(...insertItems(text, listOf(node), replacedEnd - 1, added));
  } else if (items.length > wanted.length) {
    const gone = new Set([...items.keys()].slice(replacedEnd, items.length - tail));
    edits.push(...removeItems(text, listOf(node), gone));
  }
  return edits;
}

/** Adds keys to the table that `member` holds, where and how the file writes that table. */
export function insertKeys(document: TomlDocument, member: TomlMember, keys: readonly NewKey[]): TextEdit[] | undefined {
  const table = member.value;
  if (keys.length === 0) {
    return [];
  }
  if (table.kind !== 'table') {
    return undefined;
  }
  if (table.inline !== null) {
    return insertInline(document.text, table.inline, table.inline.entries.length - 1, '', keys);
  }
  if (table.form === 'implied') {
    return insertHeader(document, member, keys);
  }
  const mention = table.form === 'dotted' ? member.mentions.findLast((found) => found.statement.kind === 'entry') : undefined;
  if (mention?.statement.kind === 'entry') {
    return insertBehind(document.text, mention.statement, mention, keys);
  }
  return table.header === null ? undefined : insertIntoSection(document.text, table.header.section, keys);
}

/** Adds dotted keys behind another one, with the same beginning as that one has. */
function insertBehind(text: string, entry: EntryNode, mention: Mention, keys: readonly NewKey[]): TextEdit[] {
  const prefix = `${text.slice(entry.key.range.start, mentionedPart(mention).range.end)}.`;
  const { container } = entry;
  if (container.kind === 'inlineTable') {
    return insertInline(text, container, indexOfEntry(container, entry), prefix, keys);
  }
  return insertLines(text, entry.range, entry, prefix, keys);
}

function insertIntoSection(text: string, section: SectionNode, keys: readonly NewKey[]): TextEdit[] {
  const last = section.entries.at(-1);
  const anchor = last?.range ?? section.header?.range;
  return anchor === undefined ? [] : insertLines(text, anchor, last, '', keys);
}

function insertLines(text: string, anchor: TextRange, model: EntryNode | undefined, prefix: string, keys: readonly NewKey[]): TextEdit[] {
  const eol = lineEnding(text);
  const start = lineStart(text, model?.range.start ?? anchor.start);
  const indent = text.slice(start, model?.range.start ?? anchor.start);
  const lines = keys.map((key) => `${indent}${prefix}${keyText(model, key)}`);
  const at = nextLineStart(text, anchor.end);
  const atEndWithoutNewline = at === lineEnd(text, anchor.end);
  return [insertion(at, atEndWithoutNewline ? eol + lines.join(eol) : lines.join(eol) + eol)];
}

function insertInline(text: string, node: InlineTableNode, anchor: number, prefix: string, keys: readonly NewKey[]): TextEdit[] {
  const items = keys.map((key) => `${prefix}${keyText(node.entries[anchor], key)}`);
  return insertItems(text, listOf(node), anchor, items);
}

/** `key = value`, or `key=value` where the entry beside it is written so. */
function keyText(model: EntryNode | undefined, key: NewKey): string {
  const tight = model !== undefined && model.equals === model.key.range.end && model.value.range.start === model.equals + 1;
  return `${writeKey(key.name)}${tight ? '=' : ' = '}${key.text}`;
}

/** Gives a table that only longer headers imply its own header, in front of the first of those. */
function insertHeader(document: TomlDocument, member: TomlMember, keys: readonly NewKey[]): TextEdit[] | undefined {
  const { text } = document;
  const eol = lineEnding(text);
  const mention = member.mentions[0];
  const first = mention?.statement;
  if (mention === undefined || first?.kind !== 'header') {
    return undefined;
  }
  const path = text.slice(first.key.range.start, mentionedPart(mention).range.end);
  const lines = [`[${path}]`, ...keys.map((key) => keyText(undefined, key)), '', ''];
  return [insertion(attachedCommentStart(text, first), lines.join(eol))];
}

/** Takes a member out of the text: every header, section and key that names it. */
export function removeMember(document: TomlDocument, member: TomlMember): TextEdit[] {
  const blocks: TextRange[] = [];
  const items = new Map<InlineTableNode, Set<number>>();
  const lines: TextRange[] = [];
  for (const { statement } of member.mentions) {
    if (statement.kind === 'header') {
      blocks.push(statementLines(document.text, statement));
    } else if (statement.container.kind === 'section') {
      lines.push(statementLines(document.text, statement));
    } else {
      const node = statement.container;
      items.set(node, (items.get(node) ?? new Set()).add(indexOfEntry(node, statement)));
    }
  }
  const inline = [...items].flatMap(([node, indexes]) => removeItems(document.text, listOf(node), indexes));
  return [...deletions(removeLines(document.text, blocks, lines)), ...inline];
}

/** Writes another name wherever the text names the member. */
export function renameMember(member: TomlMember, name: string): TextEdit[] {
  return member.mentions.map((mention) => ({ range: mentionedPart(mention).range, newText: writeKey(name) }));
}
