import type { DateTimeForm, ValueNode } from './syntax.ts';
import type { TomlTable, TomlValue } from './table.ts';

export interface PlainDateTime {
  readonly form: DateTimeForm;
  readonly text: string;
}

export interface PlainTable {
  readonly [name: string]: PlainValue;
}

/** A value without its place. Tables have no prototype, so that every name is safe. */
export type PlainValue = string | number | bigint | boolean | PlainDateTime | readonly PlainValue[] | PlainTable | undefined;

/** The value as plain data; undefined where the text has no readable value. */
export function toPlain(value: TomlValue | ValueNode): PlainValue {
  switch (value.kind) {
    case 'table':
      return tableToPlain(value);
    case 'inlineTable':
      return tableToPlain(value.table);
    case 'tableArray':
      return value.tables.map(tableToPlain);
    case 'array':
      return value.items.map(toPlain);
    case 'dateTime':
      return { form: value.form, text: value.value };
    case 'invalid':
      return undefined;
    default:
      return value.value;
  }
}

function tableToPlain(table: TomlTable): PlainTable {
  const plain: Record<string, PlainValue> = Object.create(null) as Record<string, PlainValue>;
  for (const [name, member] of table.members) {
    plain[name] = toPlain(member.value);
  }
  return plain;
}

/** Whether two values mean the same. An integer and a float are different, however equal; the order of keys does not count. */
export function sameValue(a: TomlValue | ValueNode, b: TomlValue | ValueNode): boolean {
  const left = a.kind === 'inlineTable' ? a.table : a;
  const right = b.kind === 'inlineTable' ? b.table : b;
  if (left.kind === 'table' && right.kind === 'table') {
    return sameTable(left, right);
  }
  const leftItems = itemsOf(left);
  const rightItems = itemsOf(right);
  if (leftItems !== undefined && rightItems !== undefined) {
    return leftItems.length === rightItems.length && leftItems.every((item, index) => sameItem(item, rightItems[index]));
  }
  if (left.kind !== right.kind || !('value' in left) || !('value' in right)) {
    return false;
  }
  const sameForm = left.kind !== 'dateTime' || right.kind !== 'dateTime' || left.form === right.form;
  return sameForm && Object.is(left.value, right.value);
}

function sameItem(a: TomlValue | ValueNode, b: TomlValue | ValueNode | undefined): boolean {
  return b !== undefined && sameValue(a, b);
}

function itemsOf(value: TomlValue | ValueNode): readonly (TomlValue | ValueNode)[] | undefined {
  return value.kind === 'array' ? value.items : value.kind === 'tableArray' ? value.tables : undefined;
}

/** Whether two tables have the same names with the same values, apart from the name `except`. */
export function sameTable(a: TomlTable, b: TomlTable, except?: string): boolean {
  let count = 0;
  for (const [name, member] of a.members) {
    if (name !== except) {
      const other = b.members.get(name);
      if (other === undefined || !sameValue(member.value, other.value)) {
        return false;
      }
      count += 1;
    }
  }
  return count === b.members.size - (except !== undefined && b.members.has(except) ? 1 : 0);
}
