import { utf8Text } from './bytes.ts';

/** Bytes that can be replaced by others so that the JSON stays JSON. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** Whether what stands there is a whole number or literal, in whose place only a string with its quotes can stand. */
  readonly isBare: boolean;
}

/** Where something found in a JSON text lies. */
export interface Place {
  /** JSON pointer (RFC 6901) to the string, number or member name in which it begins. */
  readonly pointer: string;
  readonly pieces: readonly Piece[];
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is open around the reader. */
interface Frame {
  readonly isArray: boolean;
  index: number;
  /** The member's name with its quotes; null where it holds something found. */
  key: Span | null;
  /** Its part of pointers, once it was needed. */
  part: string | undefined;
}

const quote = 0x22;
const backslash = 0x5c;
const longestPointer = 500;
const hiddenKey = '[wharf:redacted]';

/**
 * Cuts spans of a JSON text into pieces that can be replaced: what of them lies in strings, and the numbers and literals that they touch.
 * `spans` are in order of their start, and begin and end at characters or whole escapes.
 */
export function placesOf(bytes: Uint8Array, spans: readonly Span[]): readonly Place[] {
  return new PlaceReader(bytes, spans).read();
}

class PlaceReader {
  private readonly bytes: Uint8Array;
  private readonly spans: readonly Span[];
  private readonly found: { pointer: string | undefined; readonly pieces: Piece[] }[];
  private readonly frames: Frame[] = [];
  private first = 0;
  private isKey = false;

  constructor(bytes: Uint8Array, spans: readonly Span[]) {
    this.bytes = bytes;
    this.spans = spans;
    this.found = spans.map(() => ({ pointer: undefined, pieces: [] }));
  }

  read(): readonly Place[] {
    for (let at = 0; at < this.bytes.length && this.first < this.spans.length;) {
      at = this.step(at);
    }
    return this.found.map(({ pointer, pieces }) => ({ pointer: pointer ?? '', pieces }));
  }

  private step(at: number): number {
    const frame = this.frames.at(-1);
    switch (String.fromCharCode(this.bytes[at] ?? 0)) {
      case '{':
        this.frames.push({ isArray: false, index: 0, key: null, part: undefined });
        this.isKey = true;
        return at + 1;
      case '[':
        this.frames.push({ isArray: true, index: 0, key: null, part: undefined });
        this.isKey = false;
        return at + 1;
      case '}':
      case ']':
        this.frames.pop();
        return at + 1;
      case ',':
        this.isKey = frame?.isArray === false;
        if (frame !== undefined) {
          frame.index++;
        }
        return at + 1;
      case ':':
        this.isKey = false;
        return at + 1;
      case '"':
        return this.readString(at);
      case ' ':
      case '\t':
      case '\n':
      case '\r':
        return at + 1;
      default:
        return this.readScalar(at);
    }
  }

  private readString(start: number): number {
    const { bytes } = this;
    let end = start + 1;
    while (end < bytes.length && bytes[end] !== quote) {
      end += bytes[end] === backslash ? 2 : 1;
    }
    end = Math.min(end, bytes.length);
    const frame = this.frames.at(-1);
    if (this.isKey && frame !== undefined) {
      frame.part = undefined;
      frame.key = this.touches(start + 1, end) ? null : { start, end: end + 1 };
    }
    this.take(start + 1, end, false);
    return end + 1;
  }

  private readScalar(start: number): number {
    let end = start + 1;
    while (end < this.bytes.length && /[\w.+-]/.test(String.fromCharCode(this.bytes[end] ?? 0))) {
      end++;
    }
    this.take(start, end, true);
    return end;
  }

  private touches(start: number, end: number): boolean {
    return this.spans.slice(this.first, this.first + 50).some((span) => span.start < end && span.end > start);
  }

  /** Everything found that lies in these bytes gets a piece there. */
  private take(start: number, end: number, isBare: boolean): void {
    while ((this.spans[this.first]?.end ?? Number.POSITIVE_INFINITY) <= start) {
      this.first++;
    }
    for (let index = this.first; index < this.spans.length; index++) {
      const span = this.spans[index] as Span;
      if (span.start >= end) {
        break;
      }
      if (span.end > start) {
        const one = this.found[index];
        one?.pieces.push(isBare ? { start, end, isBare } : { start: Math.max(start, span.start), end: Math.min(end, span.end), isBare });
        if (one !== undefined) {
          one.pointer ??= this.pointer();
        }
      }
    }
  }

  private pointer(): string {
    let pointer = '';
    for (let depth = 0; depth < this.frames.length && pointer.length <= longestPointer; depth++) {
      const frame = this.frames[depth] as Frame;
      pointer += frame.isArray ? `/${frame.index}` : (frame.part ??= this.partOf(frame.key));
    }
    return pointer.length <= longestPointer ? pointer : `${pointer.slice(0, longestPointer - 1).replace(/[\ud800-\udbff]$/, '')}…`;
  }

  /** Not much longer than a whole pointer, as there may be many below it. */
  private partOf(key: Span | null): string {
    const text = key === null ? hiddenKey : this.keyText(key).slice(0, longestPointer);
    return `/${text.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }

  private keyText({ start, end }: Span): string {
    const text = utf8Text(this.bytes, start, end);
    try {
      return String(JSON.parse(text));
    } catch {
      return text;
    }
  }
}
