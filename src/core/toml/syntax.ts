import type { TextRange } from '../../shared/text.ts';
import type { TomlTable } from './table.ts';

/** The two published versions of the language. Codex reads 1.1. */
export type TomlVersion = '1.0' | '1.1';

export type TokenKind =
  | 'bom'
  | 'whitespace'
  | 'newline'
  | 'comment'
  | 'bareKey'
  | 'string'
  | 'scalar'
  | 'dot'
  | 'equals'
  | 'comma'
  | 'openBracket'
  | 'closeBracket'
  | 'openBrace'
  | 'closeBrace'
  | 'error';

export interface Token {
  readonly kind: TokenKind;
  readonly range: TextRange;
}

export type TomlErrorCode =
  | 'invalid-character'
  | 'bare-carriage-return'
  | 'expected-key'
  | 'expected-equals'
  | 'expected-value'
  | 'expected-line-end'
  | 'missing-comma'
  | 'invalid-value'
  | 'invalid-escape'
  | 'number-out-of-range'
  | 'invalid-date'
  | 'unclosed-string'
  | 'unclosed-array'
  | 'unclosed-inline-table'
  | 'unclosed-header'
  | 'needs-toml-1.1'
  | 'too-deep'
  | 'duplicate-key'
  | 'duplicate-table'
  | 'not-a-table'
  | 'closed-table';

export interface TomlError {
  readonly code: TomlErrorCode;
  /** One sentence without a full stop at its end. */
  readonly message: string;
  readonly range: TextRange;
}

/** One name of a dotted key, as written and as meant. */
export interface KeyPart {
  readonly name: string;
  readonly form: 'bare' | 'basic' | 'literal';
  readonly range: TextRange;
}

export interface Key {
  /** Empty only where the text has no readable key. */
  readonly parts: readonly KeyPart[];
  readonly range: TextRange;
}

export type StringForm = 'basic' | 'literal' | 'multilineBasic' | 'multilineLiteral';
export type DateTimeForm = 'offsetDateTime' | 'localDateTime' | 'localDate' | 'localTime';

export interface StringNode {
  readonly kind: 'string';
  readonly form: StringForm;
  readonly value: string;
  readonly range: TextRange;
}

export interface IntegerNode {
  readonly kind: 'integer';
  /** A bigint where a number would lose digits. */
  readonly value: number | bigint;
  readonly range: TextRange;
}

export interface FloatNode {
  readonly kind: 'float';
  readonly value: number;
  readonly range: TextRange;
}

export interface BooleanNode {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly range: TextRange;
}

export interface DateTimeNode {
  readonly kind: 'dateTime';
  readonly form: DateTimeForm;
  /** RFC 3339 with `T`, seconds and `Z` always written. */
  readonly value: string;
  readonly range: TextRange;
}

/** Where a value should be and none can be read. Its error is in the document's list. */
export interface InvalidNode {
  readonly kind: 'invalid';
  readonly range: TextRange;
}

export interface ArrayNode {
  readonly kind: 'array';
  readonly items: readonly ValueNode[];
  /** Offsets of the commas, in order. */
  readonly commas: readonly number[];
  readonly range: TextRange;
}

export interface InlineTableNode {
  readonly kind: 'inlineTable';
  readonly entries: readonly EntryNode[];
  /** Offsets of the commas, in order. */
  readonly commas: readonly number[];
  readonly range: TextRange;
  readonly table: TomlTable;
}

export type ScalarNode = StringNode | IntegerNode | FloatNode | BooleanNode | DateTimeNode;
export type ValueNode = ScalarNode | ArrayNode | InlineTableNode | InvalidNode;

/** `key = value`, as a line of a section or inside an inline table. */
export interface EntryNode {
  readonly kind: 'entry';
  readonly key: Key;
  /** Offset of `=`, or null where it is missing. */
  readonly equals: number | null;
  readonly value: ValueNode;
  /** From the start of the key to the end of the value. */
  readonly range: TextRange;
  readonly container: SectionNode | InlineTableNode;
}

/** `[key]` or, with `array`, `[[key]]`. */
export interface HeaderNode {
  readonly kind: 'header';
  readonly array: boolean;
  readonly key: Key;
  /** With the brackets. */
  readonly range: TextRange;
  readonly section: SectionNode;
}

/** A header with the entries under it; the first section of a document has no header. */
export interface SectionNode {
  readonly kind: 'section';
  readonly header: HeaderNode | null;
  readonly entries: readonly EntryNode[];
  /** The table that the entries belong to. */
  readonly table: TomlTable;
}
