import { bindEntry, newTable } from './binder.ts';
import { readKey } from './keys.ts';
import { leavesArray, leavesInlineTable } from './lookahead.ts';
import { readScalar } from './scalars.ts';
import { chars, describeCharacter, maxDepth } from './scanner.ts';
import { readString } from './strings.ts';
import type { TextRange } from '../../shared/text.ts';
import type { TableBuilder } from './binder.ts';
import type { Scanner } from './scanner.ts';
import type { ArrayNode, EntryNode, InlineTableNode, InvalidNode, Key, SectionNode, ValueNode } from './syntax.ts';

/** What ended a bracketed value early: nothing, an error that took the line, or the next statement at the start of a line. */
type Stop = 'none' | 'lineEnd' | 'lineStart';

/** Reads values. Brackets that are never closed end where the next statement begins. */
export class ValueReader {
  readonly #scanner: Scanner;
  #stop: Stop = 'none';
  #indent = 0;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  /** To be called before each statement, with the number of blanks before it on its line. */
  restart(indent: number): void {
    this.#stop = 'none';
    this.#indent = indent;
  }

  get stoppedAtLineStart(): boolean {
    return this.#stop === 'lineStart';
  }

  /** Reads `= value` behind a key. */
  readEntry(key: Key, container: SectionNode | InlineTableNode, depth: number): EntryNode {
    const scanner = this.#scanner;
    scanner.whitespace();
    if (scanner.peek() !== chars.equals) {
      const end = Math.max(key.range.end, scanner.position);
      scanner.error('expected-equals', 'The key needs "=" and a value', key.range.start, key.range.end);
      return { kind: 'entry', key, equals: null, value: invalidAt(end), range: key.range, container };
    }
    const equals = scanner.position;
    scanner.emit('equals', equals + 1);
    scanner.whitespace();
    const value = this.readValue(depth);
    return { kind: 'entry', key, equals, value, range: { start: key.range.start, end: value.range.end }, container };
  }

  readValue(depth: number): ValueNode {
    const scanner = this.#scanner;
    const code = scanner.peek();
    if (code === chars.quote || code === chars.apostrophe) {
      return readString(scanner, true);
    }
    if (code === chars.openBracket || code === chars.openBrace) {
      if (depth >= maxDepth) {
        return this.#refuseDepth();
      }
      return code === chars.openBracket ? this.#array(depth + 1) : this.#inlineTable(depth);
    }
    const scalar = scanner.atLineEnd ? undefined : readScalar(scanner);
    if (scalar !== undefined) {
      return scalar;
    }
    const at = scanner.position;
    if (scanner.atLineEnd || code === chars.hash) {
      scanner.error('expected-value', 'The value is missing', at, at);
    } else {
      scanner.error('expected-value', `A value cannot begin with ${describeCharacter(scanner.text, at)}`, at, at + 1);
    }
    return invalidAt(at);
  }

  #refuseDepth(): InvalidNode {
    const scanner = this.#scanner;
    const start = scanner.position;
    scanner.error('too-deep', `Values cannot be nested more than ${maxDepth} deep`, start, start + 1);
    scanner.skipLine();
    this.#stop = 'lineEnd';
    return { kind: 'invalid', range: { start, end: scanner.position } };
  }

  #array(depth: number): ArrayNode {
    const scanner = this.#scanner;
    const start = scanner.position;
    const errorsBefore = scanner.errors.length;
    const items: ValueNode[] = [];
    const commas: number[] = [];
    let needsComma = false;
    scanner.emit('openBracket', start + 1);
    for (;;) {
      const more = this.#gap('array', needsComma);
      const code = scanner.peek();
      if (!more) {
        this.#unclosed('unclosed-array', 'The array has no closing ]', start, errorsBefore);
        break;
      }
      if (code === chars.closeBracket) {
        scanner.emit('closeBracket', scanner.position + 1);
        break;
      }
      if (code === chars.comma) {
        needsComma = this.#comma(commas, needsComma);
        continue;
      }
      if (needsComma) {
        scanner.error('missing-comma', 'A comma is missing between two items', scanner.position, scanner.position + 1);
      }
      const errorsInside = scanner.errors.length;
      items.push(this.readValue(depth));
      needsComma = true;
      if (this.#stop !== 'none') {
        break;
      }
      if (scanner.errors.length > errorsInside) {
        this.#skipItem(chars.closeBracket);
        needsComma = scanner.peek() === chars.comma;
      }
    }
    return { kind: 'array', items, commas, range: { start, end: scanner.position } };
  }

  #inlineTable(depth: number): InlineTableNode {
    const scanner = this.#scanner;
    const start = scanner.position;
    const errorsBefore = scanner.errors.length;
    const entries: EntryNode[] = [];
    const commas: number[] = [];
    const range = { start, end: start };
    const table = newTable('inline');
    const node: InlineTableNode = { kind: 'inlineTable', entries, commas, range, table };
    table.inline = node;
    let needsComma = false;
    scanner.emit('openBrace', start + 1);
    for (;;) {
      const linesBefore = scanner.position;
      const more = this.#gap('inlineTable', needsComma);
      const code = scanner.peek();
      if (!more) {
        this.#unclosed('unclosed-inline-table', 'The inline table has no closing }', start, errorsBefore);
        break;
      }
      this.#refuseNewline(linesBefore, errorsBefore);
      if (code === chars.closeBrace) {
        this.#refuseTrailingComma(entries, commas, needsComma);
        scanner.emit('closeBrace', scanner.position + 1);
        break;
      }
      if (code === chars.comma) {
        needsComma = this.#comma(commas, needsComma);
        continue;
      }
      if (needsComma) {
        scanner.error('missing-comma', 'A comma is missing between two keys', scanner.position, scanner.position + 1);
      }
      needsComma = this.#inlineEntry(node, entries, table, depth);
      if (this.#stop !== 'none') {
        break;
      }
    }
    range.end = scanner.position;
    return node;
  }

  /** Reads one entry; says whether a comma must follow it. */
  #inlineEntry(node: InlineTableNode, entries: EntryNode[], table: TableBuilder, depth: number): boolean {
    const scanner = this.#scanner;
    const errorsBefore = scanner.errors.length;
    const key = readKey(scanner);
    if (key.parts.length > 0) {
      if (depth + key.parts.length > maxDepth) {
        this.#refuseDepth();
        return true;
      }
      const entry = this.readEntry(key, node, depth + key.parts.length);
      entries.push(entry);
      if (entry.equals !== null) {
        bindEntry(scanner, entry, table);
      }
    }
    if (this.#stop === 'none' && scanner.errors.length > errorsBefore) {
      this.#skipItem(chars.closeBrace);
      return scanner.peek() === chars.comma;
    }
    return true;
  }

  /** Takes blanks, comments and line ends. False at the end of the text and where a line begins a statement. */
  #gap(open: 'array' | 'inlineTable', afterItem: boolean): boolean {
    const scanner = this.#scanner;
    for (;;) {
      scanner.whitespace();
      if (scanner.atEnd) {
        return false;
      }
      if (scanner.peek() === chars.hash) {
        scanner.comment();
      } else if (scanner.atLineEnd) {
        scanner.newline();
        if (this.#beginsStatement(open, afterItem)) {
          return false;
        }
      } else {
        return true;
      }
    }
  }

  #beginsStatement(open: 'array' | 'inlineTable', afterItem: boolean): boolean {
    const { text, position } = this.#scanner;
    return open === 'array' ? leavesArray(text, position, afterItem) : leavesInlineTable(text, position, afterItem, this.#indent);
  }

  #comma(commas: number[], expected: boolean): boolean {
    const scanner = this.#scanner;
    if (!expected) {
      scanner.error('expected-value', 'Something is missing before the comma', scanner.position, scanner.position + 1);
    }
    commas.push(scanner.position);
    scanner.emit('comma', scanner.position + 1);
    return false;
  }

  /** One error is enough for a bracket whose content is already in error. */
  #unclosed(code: 'unclosed-array' | 'unclosed-inline-table', message: string, start: number, errorsBefore: number): void {
    if (this.#scanner.errors.length === errorsBefore) {
      this.#scanner.error(code, message, start, start + 1);
    }
    this.#stop = 'lineStart';
  }

  #refuseNewline(from: number, errorsBefore: number): void {
    const scanner = this.#scanner;
    if (scanner.version === '1.0' && scanner.errors.length === errorsBefore) {
      const at = scanner.text.slice(from, scanner.position).search(/[\r\n]/);
      if (at >= 0) {
        scanner.error('needs-toml-1.1', 'A line end inside an inline table needs TOML 1.1', from + at, from + at + 1);
      }
    }
  }

  #refuseTrailingComma(entries: readonly EntryNode[], commas: readonly number[], needsComma: boolean): void {
    const comma = commas.at(-1);
    if (this.#scanner.version === '1.0' && comma !== undefined && !needsComma && entries.length > 0) {
      this.#scanner.error('needs-toml-1.1', 'A comma before } needs TOML 1.1', comma, comma + 1);
    }
  }

  /** After a broken item: takes everything up to the next comma, closing bracket or line end. */
  #skipItem(close: number): void {
    const scanner = this.#scanner;
    let end = scanner.position;
    for (; end < scanner.text.length; end += 1) {
      const code = scanner.text.charCodeAt(end);
      if (code === chars.comma || code === close || code === chars.lf || code === chars.cr || code === chars.hash) {
        break;
      }
    }
    if (end > scanner.position) {
      scanner.emit('error', end);
    }
  }
}

function invalidAt(offset: number): InvalidNode {
  const range: TextRange = { start: offset, end: offset };
  return { kind: 'invalid', range };
}
