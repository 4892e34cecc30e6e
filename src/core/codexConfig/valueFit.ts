import { writeNumber } from './newText.ts';
import type { TextEdit } from '../../shared/text.ts';
import type { ValueNode } from '../toml/syntax.ts';
import type { TomlMember, TomlTable, TomlValue } from '../toml/table.ts';
import type { KeyType } from './schema.ts';

/** Edits that make a member's value one of the type; none where it is one already, undefined where it cannot become one. */
export function fittingValue(member: TomlMember, type: KeyType): TextEdit[] | undefined {
  const { value } = member;
  if (hasType(value, type)) {
    return [];
  }
  if (value.kind !== 'string') {
    return undefined;
  }
  if (type.kind === 'strings') {
    return [
      { range: { start: value.range.start, end: value.range.start }, newText: '[' },
      { range: { start: value.range.end, end: value.range.end }, newText: ']' },
    ];
  }
  if (type.kind === 'seconds' || type.kind === 'integer') {
    const number = /^\d+(?:\.\d+)?$/.test(value.value) ? Number(value.value) : NaN;
    const usable = Number.isFinite(number) && (type.kind === 'seconds' || Number.isSafeInteger(number));
    return usable ? [{ range: value.range, newText: writeNumber(number) }] : undefined;
  }
  if (type.kind === 'boolean' && (value.value === 'true' || value.value === 'false')) {
    return [{ range: value.range, newText: value.value }];
  }
  return undefined;
}

/** Whether Codex would take the value for a key of the type. */
function hasType(value: TomlValue | ValueNode, type: KeyType): boolean {
  const isText = (item: TomlValue | ValueNode): boolean => item.kind === 'string';
  switch (type.kind) {
    case 'string':
      return isText(value);
    case 'boolean':
      return value.kind === 'boolean';
    case 'seconds':
      return (value.kind === 'integer' || value.kind === 'float') && Number(value.value) >= 0 && Number.isFinite(Number(value.value));
    case 'integer':
      return value.kind === 'integer' && value.value >= 0;
    case 'strings':
      return value.kind === 'array' && value.items.every(isText);
    case 'stringMap':
      return value.kind === 'table' && [...value.members.values()].every((member) => isText(member.value));
    case 'envVars':
      return value.kind === 'array' && value.items.every((item) => isText(item) || (item.kind === 'inlineTable' && isNamed(item.table)));
    case 'table':
      return value.kind === 'table';
    case 'choice':
      return value.kind === 'string' && type.values.includes(value.value);
    case 'choices':
      return value.kind === 'array' && value.items.every((item) => item.kind === 'string' && type.values.includes(item.value));
  }
}

function isNamed(table: TomlTable): boolean {
  return table.members.get('name')?.value.kind === 'string';
}
