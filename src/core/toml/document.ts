import { Parser } from './parser.ts';
import { Scanner } from './scanner.ts';
import type { SectionNode, TomlError, TomlVersion } from './syntax.ts';
import type { TomlTable } from './table.ts';
import type { TokenList } from './tokens.ts';

/** A text read as TOML: tokens, statements and meaning, each with its place in the text. */
export interface TomlDocument {
  readonly text: string;
  readonly version: TomlVersion;
  /** Without gaps: together they are the text, with byte order mark and line ends. */
  readonly tokens: TokenList;
  /** The first has no header. */
  readonly sections: readonly SectionNode[];
  readonly root: TomlTable;
  /** In the order of the text. Empty exactly when the text is valid TOML of this version. */
  readonly errors: readonly TomlError[];
}

/** Reads any text; never throws. What is wrong is in `errors`, and the rest is read all the same. */
export function parseToml(text: string, options: { readonly version?: TomlVersion } = {}): TomlDocument {
  const scanner = new Scanner(text, options.version ?? '1.1');
  const parser = new Parser(scanner);
  parser.run();
  const { tokens, errors, version } = scanner;
  return {
    text,
    version,
    tokens,
    sections: parser.sections,
    root: parser.root,
    errors: errors.sort((a, b) => a.range.start - b.range.start),
  };
}
