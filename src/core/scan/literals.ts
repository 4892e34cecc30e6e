import { asciiBytes } from './bytes.ts';

/*
 * Finds thousands of literals in bytes with one table look-up for each byte. Every literal is entered under the hash of three of
 * its own bytes, those that are rarest in text, so that nearly every position of a clean text is passed over at once;
 * only where the hash is known the literal itself is compared.
 */

const hashBits = 15;
const hashMask = (1 << hashBits) - 1;
const hashShift = 5;
const anchorLength = 3;
/** The three bytes are looked for in the first so many of a literal, so that a stream has to keep back only these. */
export const anchorReach = 32;

/** A byte as it counts where case does not: small letters for ASCII capitals. */
const folded = new Uint8Array(256).map((_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

/** How often a character is met in source code, prose and JSON: higher is more often. From the usual order of English letters. */
const commonness = new Uint8Array(256).fill(1);
Array.from(' etaoinsrhldcumfpgwybvk-_./:"=xjqz0123456789').forEach((letter, index) => {
  commonness[letter.charCodeAt(0)] = 46 - index;
});

/** What nearly every text has, in prose and in code: a literal is not entered under a hash that one of these has too. */
const everywhere = `ion str ver ing the and ent tion for ati ate ter pro con res int com sta est req ser ret urn fun ect imp ort exp
 typ ype nam ame con nst ons def ult ame val lue tex ext des scr rip ipt pti obj bje lin ine lis ist abl ble lat ers ide tri rin
 row wer try pla way ran key eng mis nod cli rit pat all ell not use ser get set err ror rea ead onl nly wit ith hat tha`
  .split(/\s+/)
  .concat([
    "';\n",
    '../',
    ' cl',
    ' wi',
    ' th',
    'ng"',
    ': P',
    ': t',
    ' of',
    '": ',
    '",\n',
    '",',
    ', "',
    ' a ',
    'e, ',
    's, ',
    '  "',
    '\n  ',
    '   ',
  ]);

/** One thing to look for. */
export interface Literal {
  readonly bytes: Uint8Array;
  /** Also where ASCII letters are of the other case. */
  readonly anyCase: boolean;
}

type Numbers = Uint16Array | Uint32Array;

/** The literals that were entered, by number. Make a copy with `extended` to add more. */
export class LiteralTable {
  readonly literals: readonly Literal[];
  /** The first entry for a hash; 0 is none. */
  readonly heads: Numbers;
  /** By entry: the next one with the same hash, the literal, and where in the literal the three bytes end. */
  readonly next: Numbers;
  readonly owner: Numbers;
  readonly offset: Uint8Array;
  readonly entries: number;

  private constructor(literals: readonly Literal[], from: LiteralTable | undefined) {
    const added: { readonly literal: number; readonly hash: number; readonly offset: number }[] = [];
    for (let number = from?.literals.length ?? 0; number < literals.length; number++) {
      const { offset, hashes } = anchorOf(literals[number] as Literal);
      for (const hash of hashes) {
        added.push({ literal: number, hash, offset: offset + anchorLength - 1 });
      }
    }
    const before = from?.entries ?? 1;
    this.literals = literals;
    this.entries = before + added.length;
    // The narrow ones stay in the processor's cache; only thousands of secrets make so many entries.
    const NumberArray = this.entries > 0xffff ? Uint32Array : Uint16Array;
    this.heads = new NumberArray(1 << hashBits);
    this.next = new NumberArray(this.entries);
    this.owner = new NumberArray(this.entries);
    this.offset = new Uint8Array(this.entries);
    if (from !== undefined) {
      this.heads.set(from.heads);
      this.next.set(from.next);
      this.owner.set(from.owner);
      this.offset.set(from.offset);
    }
    added.forEach(({ literal, hash, offset }, index) => {
      const entry = before + index;
      this.next[entry] = this.heads[hash] ?? 0;
      this.heads[hash] = entry;
      this.owner[entry] = literal;
      this.offset[entry] = offset;
    });
  }

  /** Literals need three bytes each. */
  static of(literals: readonly Literal[]): LiteralTable {
    return new LiteralTable(literals, undefined);
  }

  /** A table with more literals, numbered on. This one stays as it is. */
  extended(more: readonly Literal[]): LiteralTable {
    return more.length === 0 ? this : new LiteralTable([...this.literals, ...more], this);
  }
}

/** The rarest three bytes of a literal: where they begin, and under which hashes they are entered. */
interface Anchor {
  readonly offset: number;
  readonly hashes: ReadonlySet<number>;
}

const anchors = new WeakMap<Literal, Anchor>();

/** Looked for once, as the same literals are entered into one table after the other. */
function anchorOf(literal: Literal): Anchor {
  let anchor = anchors.get(literal);
  if (anchor === undefined) {
    const offset = rarestIn(literal);
    anchor = { offset, hashes: hashesAt(literal, offset) };
    anchors.set(literal, anchor);
  }
  return anchor;
}

function rarestIn(literal: Literal): number {
  const { bytes } = literal;
  if (bytes.length < anchorLength) {
    throw new RangeError('A literal to look for needs three bytes.');
  }
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + anchorLength <= Math.min(bytes.length, anchorReach); at++) {
    const cost = [0, 1, 2].reduce((product, index) => product * (commonness[folded[bytes[at + index] ?? 0] ?? 0] ?? 1), 1);
    if (cost < least) {
      const total = [...hashesAt(literal, at)].some((hash) => commonHashes.has(hash)) ? cost * commonCost : cost;
      if (total < least) {
        least = total;
        best = at;
      }
    }
  }
  return best;
}

const commonCost = 1_000;
const commonHashes = new Set(
  everywhere
    .filter(({ length }) => length === anchorLength)
    .flatMap((text) => [...hashesAt({ bytes: asciiBytes(text), anyCase: false }, 0)]),
);

/** One hash, or those of each way in which the letters can be written. */
function hashesAt({ bytes, anyCase }: Literal, at: number): ReadonlySet<number> {
  let hashes: readonly number[] = [0];
  for (const byte of bytes.subarray(at, at + anchorLength)) {
    const low = folded[byte] ?? 0;
    const ways = anyCase && low >= 0x61 && low <= 0x7a ? [low, low - 0x20] : [byte];
    hashes = hashes.flatMap((hash) => ways.map((way) => ((hash << hashShift) ^ way) & hashMask));
  }
  return new Set(hashes);
}

/** The hash of the three bytes before `end`. */
function hashBefore(bytes: Uint8Array, end: number): number {
  return (((bytes[end - 3] ?? 0) << (2 * hashShift)) ^ ((bytes[end - 2] ?? 0) << hashShift) ^ (bytes[end - 1] ?? 0)) & hashMask;
}

/** Where the first three bytes end, at `from` or behind it, under whose hash something is entered; `length` where there are none. */
function firstEntered(heads: Numbers, bytes: Uint8Array, length: number, from: number): number {
  let at = from;
  let first = at > 1 ? (bytes[at - 2] as number) : 0;
  let second = at > 0 ? (bytes[at - 1] as number) : 0;
  // Four at a time, as nearly all are passed over: this takes half the time of one at a time.
  for (; at + 3 < length; at += 4) {
    const a = bytes[at] as number;
    const b = bytes[at + 1] as number;
    const c = bytes[at + 2] as number;
    const d = bytes[at + 3] as number;
    const entered =
      (heads[((first << 10) ^ (second << 5) ^ a) & hashMask] as number) |
      (heads[((second << 10) ^ (a << 5) ^ b) & hashMask] as number) |
      (heads[((a << 10) ^ (b << 5) ^ c) & hashMask] as number) |
      (heads[((b << 10) ^ (c << 5) ^ d) & hashMask] as number);
    if (entered !== 0) {
      break;
    }
    first = c;
    second = d;
  }
  let hash = (first << hashShift) ^ second;
  for (; at < length; at++) {
    hash = ((hash << hashShift) ^ (bytes[at] as number)) & hashMask;
    if (heads[hash] !== 0) {
      return at;
    }
  }
  return length;
}

/** Goes through bytes and stops at each literal. One object serves any number of texts, one after the other. */
export class LiteralSearch {
  /** Number of the literal that was found, and where it begins. */
  literal = 0;
  at = 0;
  /** Where the first literal begins that the end of the bytes cut off; past the end when there is none. */
  cutOff = 0;
  private readonly table: LiteralTable;
  private bytes: Uint8Array = new Uint8Array(0);
  private length = 0;
  private position = 0;
  private entry = 0;

  constructor(table: LiteralTable) {
    this.table = table;
  }

  /** Begins with the first `length` bytes. */
  begin(bytes: Uint8Array, length: number): void {
    this.bytes = bytes;
    this.length = length;
    this.position = 0;
    this.entry = 0;
    this.cutOff = length;
  }

  /** Lets go of the bytes. */
  finish(): void {
    this.bytes = new Uint8Array(0);
  }

  lengthOf(literal: number): number {
    return this.table.literals[literal]?.bytes.length ?? 0;
  }

  /** Whether there is one more; then `literal` and `at` say which and where. */
  find(): boolean {
    const { bytes, length } = this;
    const { heads, next, owner, offset } = this.table;
    let { position, entry } = this;
    for (;;) {
      if (entry === 0) {
        position = firstEntered(heads, bytes, length, position);
        if (position === length) {
          this.position = position;
          this.entry = 0;
          return false;
        }
        entry = heads[hashBefore(bytes, ++position)] as number;
      }
      const literal = owner[entry] as number;
      const at = position - 1 - (offset[entry] as number);
      entry = next[entry] as number;
      if (at >= 0 && this.isAt(literal, at)) {
        this.position = position;
        this.entry = entry;
        this.literal = literal;
        this.at = at;
        return true;
      }
    }
  }

  private isAt(number: number, at: number): boolean {
    const { bytes: wanted, anyCase } = this.table.literals[number] as Literal;
    const { bytes, length } = this;
    const most = Math.min(wanted.length, length - at);
    for (let index = 0; index < most; index++) {
      const byte = bytes[at + index] as number;
      const other = wanted[index] as number;
      if (byte !== other && !(anyCase && folded[byte] === folded[other])) {
        return false;
      }
    }
    if (most < wanted.length) {
      this.cutOff = Math.min(this.cutOff, at);
      return false;
    }
    return true;
  }
}
