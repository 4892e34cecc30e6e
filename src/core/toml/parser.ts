import { bindEntry, bindHeader, newTable } from './binder.ts';
import { chars, describeCharacter, maxDepth } from './scanner.ts';
import { readKey } from './keys.ts';
import { ValueReader } from './values.ts';
import type { TableBuilder } from './binder.ts';
import type { Scanner } from './scanner.ts';
import type { EntryNode, HeaderNode, Key, SectionNode } from './syntax.ts';

interface SectionBuilder extends SectionNode {
  header: HeaderNode | null;
  table: TableBuilder;
  readonly entries: EntryNode[];
}

/** Reads statements line by line; after an error it goes on with the next line. */
export class Parser {
  readonly sections: SectionNode[] = [];
  readonly root: TableBuilder = newTable('root');
  readonly #scanner: Scanner;
  readonly #values: ValueReader;
  #section: SectionBuilder;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
    this.#values = new ValueReader(scanner);
    this.#section = { kind: 'section', header: null, entries: [], table: this.root };
    this.sections.push(this.#section);
  }

  run(): void {
    const scanner = this.#scanner;
    if (scanner.peek() === chars.bom) {
      scanner.emit('bom', 1);
    }
    while (!scanner.atEnd) {
      const lineStart = scanner.position;
      scanner.whitespace();
      const code = scanner.peek();
      if (scanner.atLineEnd) {
        if (!scanner.atEnd) {
          scanner.newline();
        }
      } else if (code === chars.hash) {
        scanner.comment();
      } else {
        this.#statement(code, scanner.position - lineStart);
      }
    }
  }

  #statement(code: number, indent: number): void {
    const scanner = this.#scanner;
    const errorsBefore = scanner.errors.length;
    this.#values.restart(indent);
    if (code === chars.openBracket) {
      this.#header();
    } else {
      this.#entry();
    }
    if (!this.#values.stoppedAtLineStart) {
      this.#lineEnd(scanner.errors.length > errorsBefore);
    }
  }

  /** After a statement only a comment may follow on its line. One error per line is enough. */
  #lineEnd(hasError: boolean): void {
    const scanner = this.#scanner;
    scanner.whitespace();
    if (scanner.peek() === chars.hash) {
      scanner.comment();
    }
    if (scanner.atLineEnd) {
      return;
    }
    if (!hasError) {
      const shown = describeCharacter(scanner.text, scanner.position);
      scanner.error(
        'expected-line-end',
        `${shown} cannot stand here; one statement fills one line`,
        scanner.position,
        scanner.position + 1,
      );
    }
    scanner.skipLine();
  }

  #header(): void {
    const scanner = this.#scanner;
    const start = scanner.position;
    const array = scanner.peek(1) === chars.openBracket;
    scanner.emit('openBracket', start + (array ? 2 : 1));
    scanner.whitespace();
    const key = readKey(scanner);
    scanner.whitespace();
    if (key.parts.length > 0) {
      this.#closeHeader(start, array);
    }
    // The section and its header point at each other.
    const section: SectionBuilder = { kind: 'section', header: null, entries: [], table: this.root };
    const header: HeaderNode = { kind: 'header', array, key, range: { start, end: scanner.position }, section };
    section.header = header;
    section.table = this.#tooDeep(key, 0) ? newTable('header', header) : bindHeader(scanner, header, this.root);
    this.#section = section;
    this.sections.push(section);
  }

  #closeHeader(start: number, array: boolean): void {
    const scanner = this.#scanner;
    const closed = scanner.peek() === chars.closeBracket && (!array || scanner.peek(1) === chars.closeBracket);
    if (closed) {
      scanner.emit('closeBracket', scanner.position + (array ? 2 : 1));
    } else {
      scanner.error('unclosed-header', `The table header has no closing ${array ? ']]' : ']'}`, start, scanner.position);
    }
  }

  #entry(): void {
    const scanner = this.#scanner;
    const section = this.#section;
    const key = readKey(scanner);
    if (key.parts.length === 0) {
      return;
    }
    const depth = section.header?.key.parts.length ?? 0;
    if (this.#tooDeep(key, depth)) {
      scanner.skipLine();
      return;
    }
    const entry = this.#values.readEntry(key, section, depth + key.parts.length);
    section.entries.push(entry);
    if (entry.equals !== null) {
      bindEntry(scanner, entry, section.table);
    }
  }

  #tooDeep(key: Key, above: number): boolean {
    const tooDeep = above + key.parts.length > maxDepth;
    if (tooDeep) {
      this.#scanner.error('too-deep', `Tables cannot be nested more than ${maxDepth} deep`, key.range.start, key.range.end);
    }
    return tooDeep;
  }
}
