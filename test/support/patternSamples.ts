/*
 * Texts that a regular expression takes, made from the expression itself: so the tests have tokens of every kind
 * without one standing in the source. Knows what the scan's rules use, and throws at everything else.
 */

type Node =
  | { readonly kind: 'letters'; readonly letters: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly ways: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly least: number; readonly most: number }
  | { readonly kind: 'group'; readonly of: Node };

const printable = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index)).join('');
const digits = '0123456789';
const word = `${digits}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_`;
const space = ' ';

class PatternReader {
  private readonly source: string;
  private at = 0;

  constructor(source: string) {
    this.source = source;
  }

  read(): Node {
    const node = this.choice();
    if (this.at !== this.source.length) {
      throw new Error(`Not understood: ${this.source.slice(this.at)}`);
    }
    return node;
  }

  private choice(): Node {
    const ways = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at++;
      ways.push(this.sequence());
    }
    return ways.length === 1 ? (ways[0] as Node) : { kind: 'choice', ways };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    for (let next = this.source[this.at]; next !== undefined && next !== '|' && next !== ')'; next = this.source[this.at]) {
      const atom = this.atom();
      if (atom !== undefined) {
        parts.push(this.repeated(atom));
      }
    }
    return { kind: 'sequence', parts };
  }

  private atom(): Node | undefined {
    const rest = this.source.slice(this.at);
    const look = /^\(\?<?[=!]/.exec(rest);
    if (look !== null) {
      // What may not come next is left to chance.
      this.at += look[0].length;
      this.choice();
      this.at++;
      return undefined;
    }
    if (rest.startsWith('(')) {
      this.at += rest.startsWith('(?:') ? 3 : 1;
      const of = this.choice();
      this.at++;
      return rest.startsWith('(?:') ? of : { kind: 'group', of };
    }
    if (rest.startsWith('[')) {
      return { kind: 'letters', letters: this.letterClass() };
    }
    if (rest.startsWith('\\')) {
      this.at += 2;
      return { kind: 'letters', letters: escaped(rest[1] ?? '') };
    }
    this.at++;
    return { kind: 'letters', letters: rest.startsWith('.') ? printable : (rest[0] ?? '') };
  }

  private letterClass(): string {
    this.at++;
    const isNot = this.source[this.at] === '^';
    this.at += isNot ? 1 : 0;
    let letters = '';
    while (this.source[this.at] !== ']') {
      let one = this.source[this.at++] ?? '';
      if (one === '\\') {
        one = escaped(this.source[this.at++] ?? '');
      }
      if (one.length === 1 && this.source[this.at] === '-' && this.source[this.at + 1] !== ']') {
        const last = this.source.charCodeAt(this.at + 1);
        this.at += 2;
        for (let code = one.charCodeAt(0); code <= last; code++) {
          letters += String.fromCharCode(code);
        }
      } else {
        letters += one;
      }
    }
    this.at++;
    return isNot
      ? Array.from(printable)
          .filter((letter) => !letters.includes(letter) && letter !== ' ')
          .join('')
      : letters;
  }

  private repeated(of: Node): Node {
    const found = /^(?:\{(\d+)(?:,(\d+))?\}|(\?))\??/.exec(this.source.slice(this.at));
    if (found === null) {
      if (/^[*+]/.test(this.source.slice(this.at)) || /^\{\d+,\}/.test(this.source.slice(this.at))) {
        throw new Error(`A repetition without a bound: ${this.source}`);
      }
      return of;
    }
    this.at += found[0].length;
    const least = found[3] === undefined ? Number(found[1]) : 0;
    return { kind: 'repeat', of, least, most: found[3] === undefined ? Number(found[2] ?? found[1]) : 1 };
  }
}

function escaped(letter: string): string {
  return { d: digits, w: word, s: space, S: word, n: '\n', t: '\t', r: '\r', '0': '\0' }[letter] ?? letter;
}

/** The most characters of any text that it takes. */
export function longestOf(pattern: RegExp): number {
  const measure = (node: Node): number => {
    switch (node.kind) {
      case 'letters':
        return 1;
      case 'sequence':
        return node.parts.reduce((sum, part) => sum + measure(part), 0);
      case 'choice':
        return Math.max(...node.ways.map(measure));
      case 'repeat':
        return node.most * measure(node.of);
      case 'group':
        return measure(node.of);
    }
  };
  return measure(new PatternReader(pattern.source).read());
}

/** A sample, and where its first group is, or all of it. */
export interface Sample {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** `random` gives numbers from 0 up to 1. `isShort` takes every repetition as rarely as it may be. */
export function sampleOf(pattern: RegExp, random: () => number, { isShort = false } = {}): Sample {
  let text = '';
  let group: readonly [number, number] | undefined;
  const write = (node: Node): void => {
    switch (node.kind) {
      case 'letters':
        text += node.letters[Math.floor(random() * node.letters.length)] ?? '';
        return;
      case 'sequence':
        node.parts.forEach(write);
        return;
      case 'choice':
        write(node.ways[Math.floor(random() * node.ways.length)] as Node);
        return;
      case 'repeat': {
        const most = Math.min(node.most, node.least + 40);
        const times = isShort ? node.least : node.least + Math.floor(random() * (most - node.least + 1));
        for (let time = 0; time < times; time++) {
          write(node.of);
        }
        return;
      }
      case 'group': {
        const start = text.length;
        write(node.of);
        group ??= [start, text.length];
      }
    }
  };
  write(new PatternReader(pattern.source).read());
  return { text, start: group?.[0] ?? 0, end: group?.[1] ?? text.length };
}

/** Numbers that look random and are the same each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
