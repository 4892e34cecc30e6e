import { TokenList } from './tokens.ts';
import type { TextRange } from '../../shared/text.ts';
import type { TokenKind, TomlError, TomlErrorCode, TomlVersion } from './syntax.ts';

/** Character codes that the grammar names. */
export const chars = {
  tab: 0x09,
  lf: 0x0a,
  cr: 0x0d,
  space: 0x20,
  quote: 0x22,
  hash: 0x23,
  apostrophe: 0x27,
  comma: 0x2c,
  dot: 0x2e,
  equals: 0x3d,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
  del: 0x7f,
  bom: 0xfeff,
} as const;

/** Deeper nesting is refused, so that no walk over a document can exhaust the stack. */
export const maxDepth = 128;

// Compiled by the engine, this runs several times faster than a loop.
const commentText = /[\t -~\u0080-\uffff]*/y;

/** A control character that TOML forbids everywhere; tab and line ends are judged by the caller. */
export function isForbiddenControl(code: number): boolean {
  return (code < chars.space && code !== chars.tab && code !== chars.lf && code !== chars.cr) || code === chars.del;
}

/** Reads a text forwards once and cuts it into tokens; what a token means is the parser's business. */
export class Scanner {
  readonly text: string;
  readonly version: TomlVersion;
  readonly tokens = new TokenList();
  readonly errors: TomlError[] = [];
  position = 0;
  /** Set per quote once a multi-line string was found to have no end, so that later ones stay linear. */
  readonly unclosedMultiline = new Set<number>();

  constructor(text: string, version: TomlVersion) {
    this.text = text;
    this.version = version;
  }

  /** The code of the character `ahead` of the position, or NaN behind the end. */
  peek(ahead = 0): number {
    return this.text.charCodeAt(this.position + ahead);
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  emit(kind: TokenKind, end: number): TextRange {
    const start = this.position;
    this.tokens.push(kind, end);
    this.position = end;
    return { start, end };
  }

  error(code: TomlErrorCode, message: string, start: number, end: number): void {
    this.errors.push({ code, message, range: { start, end } });
  }

  whitespace(): void {
    let end = this.position;
    let code = this.text.charCodeAt(end);
    while (code === chars.space || code === chars.tab) {
      end += 1;
      code = this.text.charCodeAt(end);
    }
    if (end > this.position) {
      this.emit('whitespace', end);
    }
  }

  get atLineEnd(): boolean {
    const code = this.peek();
    return code === chars.lf || code === chars.cr || this.atEnd;
  }

  /** Takes LF or CRLF. A CR alone is taken as a line end too, with an error. */
  newline(): void {
    if (this.peek() === chars.cr) {
      if (this.peek(1) === chars.lf) {
        this.emit('newline', this.position + 2);
        return;
      }
      this.error('bare-carriage-return', 'A carriage return must be followed by a line feed', this.position, this.position + 1);
    }
    this.emit('newline', this.position + 1);
  }

  comment(): void {
    commentText.lastIndex = this.position;
    let bad = -1;
    while (commentText.test(this.text)) {
      const end = commentText.lastIndex;
      const code = this.text.charCodeAt(end);
      if (end === this.text.length || code === chars.lf || code === chars.cr) {
        break;
      }
      bad = bad < 0 ? end : bad;
      commentText.lastIndex = end + 1;
    }
    const end = commentText.lastIndex;
    if (bad >= 0) {
      this.error('invalid-character', `${describeCharacter(this.text, bad)} is not allowed in a comment`, bad, bad + 1);
    }
    this.emit('comment', end);
  }

  /** Makes the rest of the line one error token. Reports nothing. */
  skipLine(): void {
    let end = this.position;
    while (end < this.text.length) {
      const code = this.text.charCodeAt(end);
      if (code === chars.lf || code === chars.cr) {
        break;
      }
      end += 1;
    }
    if (end > this.position) {
      this.emit('error', end);
    }
  }
}

/** A character for a message: itself, or its code point where it cannot be seen. */
export function describeCharacter(text: string, offset: number): string {
  const point = text.codePointAt(offset);
  if (point === undefined) {
    return 'The end of the file';
  }
  const visible = point > chars.space && point !== chars.del && !(point >= 0x80 && point < 0xa1) && point !== chars.bom;
  return visible ? `"${String.fromCodePoint(point)}"` : `The character U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}
