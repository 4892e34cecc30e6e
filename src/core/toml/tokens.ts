import type { Token, TokenKind } from './syntax.ts';

const kinds: readonly TokenKind[] = [
  'bom',
  'whitespace',
  'newline',
  'comment',
  'bareKey',
  'string',
  'scalar',
  'dot',
  'equals',
  'comma',
  'openBracket',
  'closeBracket',
  'openBrace',
  'closeBrace',
  'error',
];

const indexOfKind: Readonly<Record<TokenKind, number>> = {
  bom: 0,
  whitespace: 1,
  newline: 2,
  comment: 3,
  bareKey: 4,
  string: 5,
  scalar: 6,
  dot: 7,
  equals: 8,
  comma: 9,
  openBracket: 10,
  closeBracket: 11,
  openBrace: 12,
  closeBrace: 13,
  error: 14,
};

/** The tokens of a text without gaps: each begins where the one before it ends. */
export class TokenList {
  /** `end * 16 + kind`: one small integer per token costs the least to build. */
  readonly #packed: number[] = [];

  get length(): number {
    return this.#packed.length;
  }

  /** Appends a token that reaches to `end`. */
  push(kind: TokenKind, end: number): void {
    this.#packed.push(end * 16 + indexOfKind[kind]);
  }

  at(index: number): Token | undefined {
    const packed = this.#packed[index];
    const kind = packed === undefined ? undefined : kinds[packed % 16];
    if (kind === undefined) {
      return undefined;
    }
    return { kind, range: { start: this.#end(index - 1), end: this.#end(index) } };
  }

  /** The token that holds the character at `offset`. */
  atOffset(offset: number): Token | undefined {
    let low = 0;
    let high = this.#packed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#end(middle) <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return this.at(low);
  }

  *[Symbol.iterator](): Generator<Token> {
    for (let index = 0; index < this.#packed.length; index += 1) {
      const token = this.at(index);
      if (token !== undefined) {
        yield token;
      }
    }
  }

  #end(index: number): number {
    return Math.floor((this.#packed[index] ?? 0) / 16);
  }
}
