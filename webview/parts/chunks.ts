import { appendVisible, element } from '../dom.ts';

/** From this length a chunk ends with its line; a longer line is cut. In UTF-16 code units. */
const softLimit = 2048;
const hardLimit = 8192;
const charactersOfLine = 80;
const emOfLine = 1.5;

/**
 * Fills a block with long text as many small blocks, drawn as they come into sight. A browser lays a paragraph out as a
 * whole, and takes time that grows with the square of a line that has no place to break.
 */
export class Chunks {
  readonly #target: HTMLElement;
  #chunk: HTMLElement;
  #length = 0;
  #lines = 1;

  constructor(target: HTMLElement) {
    this.#target = target;
    this.#chunk = this.#begin();
  }

  /** Appends text from outside, inside a `span` when it has a class. */
  add(text: string, spanClass?: string): void {
    let from = 0;
    while (from < text.length) {
      const end = this.#endOf(text, from);
      const part = text.slice(from, end);
      if (spanClass === undefined) {
        appendVisible(this.#chunk, part);
      } else {
        const span = element('span', { class: spanClass });
        appendVisible(span, part);
        this.#chunk.append(span);
      }
      this.#count(part);
      from = end;
    }
  }

  #count(part: string): void {
    this.#length += part.length;
    this.#lines += part.split('\n').length - 1;
    if (this.#length >= hardLimit || (this.#length >= softLimit && part.endsWith('\n'))) {
      const lines = Math.max(this.#lines - 1, Math.ceil(this.#length / charactersOfLine));
      this.#chunk.style.containIntrinsicBlockSize = `auto ${lines * emOfLine}em`;
      this.#chunk.classList.add('lazy');
      this.#chunk = this.#begin();
    }
  }

  #begin(): HTMLElement {
    this.#length = 0;
    this.#lines = 1;
    const chunk = element('div');
    this.#target.append(chunk);
    return chunk;
  }

  /** Where the piece that still belongs to this chunk ends; never inside a surrogate pair. */
  #endOf(text: string, from: number): number {
    const lineEnd = text.indexOf('\n', Math.max(from, from + softLimit - this.#length)) + 1;
    const most = from + hardLimit - this.#length;
    if (lineEnd > 0 && lineEnd <= most) {
      return lineEnd;
    }
    if (text.length <= most) {
      return text.length;
    }
    const high = text.charCodeAt(most - 1);
    return high >= 0xd800 && high < 0xdc00 && most < text.length ? most + 1 : most;
  }
}
