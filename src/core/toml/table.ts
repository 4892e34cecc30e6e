import type { ArrayNode, EntryNode, HeaderNode, InlineTableNode, InvalidNode, KeyPart, ScalarNode } from './syntax.ts';

/**
 * How a table came to be: `header` by `[a.b]`, `implied` by a longer header such as `[a.b.c]`,
 * `dotted` by `a.b.c = 1`, `inline` by `{ … }`. What may still be added to it depends on that.
 */
export type TableForm = 'root' | 'header' | 'implied' | 'dotted' | 'inline';

/** What a document means, with the way back to the text. */
export interface TomlTable {
  readonly kind: 'table';
  readonly form: TableForm;
  readonly members: ReadonlyMap<string, TomlMember>;
  /** The `[header]` (or one `[[header]]`) that defined it. */
  readonly header: HeaderNode | null;
  readonly inline: InlineTableNode | null;
}

/** An array of tables, written `[[key]]`. */
export interface TomlTableArray {
  readonly kind: 'tableArray';
  readonly tables: readonly TomlTable[];
}

export type TomlValue = TomlTable | TomlTableArray | ScalarNode | ArrayNode | InvalidNode;

export interface TomlMember {
  readonly name: string;
  readonly value: TomlValue;
  /** The statement that gives the whole value; null where headers or dotted keys build it. */
  readonly entry: EntryNode | null;
  /** Every key in the text that names this member, in order. Never empty. */
  readonly mentions: readonly Mention[];
}

/** The key part `statement.key.parts[index]`. */
export interface Mention {
  readonly statement: EntryNode | HeaderNode;
  readonly index: number;
}

/** The key part that a mention points at. */
export function mentionedPart(mention: Mention): KeyPart {
  const part = mention.statement.key.parts[mention.index];
  if (part === undefined) {
    throw new Error('A mention points outside its key.');
  }
  return part;
}

/** The member under a path of names, or undefined. Does not look into arrays. */
export function memberAt(table: TomlTable, path: readonly string[]): TomlMember | undefined {
  let found: TomlMember | undefined;
  let current: TomlTable | undefined = table;
  for (const name of path) {
    found = current?.members.get(name);
    if (found === undefined) {
      return undefined;
    }
    current = found.value.kind === 'table' ? found.value : undefined;
  }
  return found;
}
