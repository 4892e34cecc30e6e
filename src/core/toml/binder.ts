import { shorten } from './shorten.ts';
import type { Scanner } from './scanner.ts';
import type { EntryNode, HeaderNode, InlineTableNode, KeyPart, TomlErrorCode } from './syntax.ts';
import type { Mention, TableForm, TomlMember, TomlTable, TomlTableArray, TomlValue } from './table.ts';

/** A table that is still being built. */
export interface TableBuilder extends TomlTable {
  form: TableForm;
  header: HeaderNode | null;
  inline: InlineTableNode | null;
  readonly members: Map<string, MemberBuilder>;
}

interface MemberBuilder extends TomlMember {
  value: TomlValue;
  readonly mentions: Mention[];
}

export function newTable(form: TableForm, header: HeaderNode | null = null): TableBuilder {
  return { kind: 'table', form, members: new Map(), header, inline: null };
}

/**
 * Enters a statement `key = value` into its table (TOML 1.0, "Keys", "Inline Table").
 * The first definition wins; what contradicts it is an error and is left out.
 */
export function bindEntry(scanner: Scanner, entry: EntryNode, table: TableBuilder): void {
  const { parts } = entry.key;
  let current = table;
  for (let index = 0; index < parts.length - 1; index += 1) {
    const part = parts[index];
    const next = part === undefined ? undefined : dottedStep(scanner, current, part, { statement: entry, index });
    if (next === undefined) {
      return;
    }
    current = next;
  }
  const last = parts[parts.length - 1];
  if (last === undefined) {
    return;
  }
  if (current.members.has(last.name)) {
    report(scanner, 'duplicate-key', last, `The key "${shorten(last.name)}" is already defined in this table`);
    return;
  }
  const { value } = entry;
  current.members.set(last.name, {
    name: last.name,
    value: value.kind === 'inlineTable' ? value.table : value,
    entry,
    mentions: [{ statement: entry, index: parts.length - 1 }],
  });
}

function dottedStep(scanner: Scanner, table: TableBuilder, part: KeyPart, mention: Mention): TableBuilder | undefined {
  const member = table.members.get(part.name);
  if (member === undefined) {
    return addTable(table, part.name, newTable('dotted'), mention);
  }
  member.mentions.push(mention);
  const { value } = member;
  if (value.kind === 'table') {
    if (value.form === 'header') {
      report(scanner, 'duplicate-table', part, `The table "${shorten(part.name)}" has its own header; dotted keys cannot add to it`);
      return undefined;
    }
    if (value.form === 'inline') {
      report(scanner, 'closed-table', part, `The inline table "${shorten(part.name)}" cannot be extended`);
      return undefined;
    }
    const builder = asBuilder(value);
    builder.form = 'dotted';
    return builder;
  }
  reportObstacle(scanner, part, value);
  return undefined;
}

/** Opens the table of a header. After an error the entries go to a table outside the document. */
export function bindHeader(scanner: Scanner, header: HeaderNode, root: TableBuilder): TableBuilder {
  const { parts } = header.key;
  let current = root;
  for (let index = 0; index < parts.length - 1; index += 1) {
    const part = parts[index];
    const next = part === undefined ? undefined : headerStep(scanner, current, part, { statement: header, index });
    if (next === undefined) {
      return newTable('header', header);
    }
    current = next;
  }
  const last = parts[parts.length - 1];
  if (last === undefined) {
    return newTable('header', header);
  }
  const mention = { statement: header, index: parts.length - 1 };
  const member = current.members.get(last.name);
  if (member !== undefined) {
    member.mentions.push(mention);
  }
  const opened = header.array ? openElement(current, last, member, mention) : openTable(current, last, member, mention);
  if (opened === undefined && member !== undefined) {
    reportReopened(scanner, header, last, member.value);
  }
  return opened ?? newTable('header', header);
}

function headerStep(scanner: Scanner, table: TableBuilder, part: KeyPart, mention: Mention): TableBuilder | undefined {
  const member = table.members.get(part.name);
  if (member === undefined) {
    return addTable(table, part.name, newTable('implied'), mention);
  }
  member.mentions.push(mention);
  const { value } = member;
  if (value.kind === 'table') {
    if (value.form === 'inline') {
      report(scanner, 'closed-table', part, `The inline table "${shorten(part.name)}" cannot be extended`);
      return undefined;
    }
    return asBuilder(value);
  }
  const element = value.kind === 'tableArray' ? value.tables.at(-1) : undefined;
  if (element === undefined) {
    reportObstacle(scanner, part, value);
    return undefined;
  }
  return asBuilder(element);
}

function openTable(parent: TableBuilder, part: KeyPart, member: MemberBuilder | undefined, mention: Mention): TableBuilder | undefined {
  const header = headerOf(mention);
  if (member === undefined) {
    return addTable(parent, part.name, newTable('header', header), mention);
  }
  if (member.value.kind !== 'table' || member.value.form !== 'implied') {
    return undefined;
  }
  const table = asBuilder(member.value);
  table.form = 'header';
  table.header = header;
  return table;
}

function openElement(parent: TableBuilder, part: KeyPart, member: MemberBuilder | undefined, mention: Mention): TableBuilder | undefined {
  const table = newTable('header', headerOf(mention));
  if (member === undefined) {
    const tables: TomlTableArray = { kind: 'tableArray', tables: [table] };
    parent.members.set(part.name, { name: part.name, value: tables, entry: null, mentions: [mention] });
    return table;
  }
  if (member.value.kind !== 'tableArray') {
    return undefined;
  }
  // Built here, so the list behind the read-only view is an ordinary array.
  (member.value.tables as TomlTable[]).push(table);
  return table;
}

function addTable(parent: TableBuilder, name: string, table: TableBuilder, mention: Mention): TableBuilder {
  parent.members.set(name, { name, value: table, entry: null, mentions: [mention] });
  return table;
}

function headerOf(mention: Mention): HeaderNode | null {
  return mention.statement.kind === 'header' ? mention.statement : null;
}

/** Every table of a document under construction was made by `newTable`. */
function asBuilder(table: TomlTable): TableBuilder {
  return table as TableBuilder;
}

function reportReopened(scanner: Scanner, header: HeaderNode, part: KeyPart, value: TomlValue): void {
  if (value.kind === 'tableArray') {
    report(scanner, 'duplicate-table', part, `"${shorten(part.name)}" is an array of tables; its header needs double brackets`);
  } else if (value.kind !== 'table') {
    reportObstacle(scanner, part, value, 'duplicate-key');
  } else if (header.array) {
    report(scanner, 'duplicate-table', part, `"${shorten(part.name)}" is a table already, not an array of tables`);
  } else {
    report(scanner, 'duplicate-table', part, `The table "${shorten(part.name)}" is already defined`);
  }
}

function reportObstacle(scanner: Scanner, part: KeyPart, value: TomlValue, code: TomlErrorCode = 'not-a-table'): void {
  if (value.kind === 'invalid') {
    return; // Its own error is reported where it stands.
  }
  const closed = value.kind === 'array' || value.kind === 'tableArray';
  report(scanner, closed ? 'closed-table' : code, part, `"${shorten(part.name)}" already has a value that is not a table`);
}

function report(scanner: Scanner, code: TomlErrorCode, part: KeyPart, message: string): void {
  scanner.error(code, message, part.range.start, part.range.end);
}
