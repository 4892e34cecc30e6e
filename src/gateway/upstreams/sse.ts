import { maxLineBytes } from '../../node/lines.ts';

const lf = 0x0a;
const cr = 0x0d;
const colon = 0x3a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** What a line costs in memory besides its bytes, so that empty lines fill nothing. */
const lineCost = 64;
const lineBreak = Buffer.from('\n');

export interface SseEvent {
  /** `message` where the server names none. */
  readonly type: string;
  /** UTF-8; the lines of a longer text stand between LFs. */
  readonly data: Buffer;
}

/** What a parser throws when a server sends an event without an end. */
export class EventTooLong extends RangeError {}

/**
 * Reads an event stream (WHATWG HTML, "Server-sent events"), however its bytes are split. What is left
 * at the end is never given out: half an event is no event.
 */
export class SseParser {
  /** The id of the last whole event that had one, its bytes as Latin-1, ready for a header; empty where there was none. */
  lastEventId = '';
  /** Milliseconds that the server wants a client to wait before it connects again. */
  retryMs: number | undefined;
  private readonly onEvent: (event: SseEvent) => void;
  private readonly maxBytes: number;
  private line: Buffer[] = [];
  private data: Buffer[] = [];
  private hasData = false;
  private type = '';
  private id = '';
  private heldBytes = 0;
  private skipLf = false;
  private isFirstLine = true;

  constructor(onEvent: (event: SseEvent) => void, maxBytes: number = maxLineBytes) {
    this.onEvent = onEvent;
    this.maxBytes = maxBytes;
  }

  /** Throws `EventTooLong`, and what the listener throws. */
  push(chunk: Buffer): void {
    let from = this.skipLf && chunk[0] === lf ? 1 : 0;
    if (chunk.length > 0) {
      this.skipLf = false;
    }
    let nextCr = chunk.indexOf(cr, from);
    let nextLf = chunk.indexOf(lf, from);
    for (;;) {
      // Each is looked for anew only once it lies behind, so that no byte is searched twice.
      nextCr = nextCr !== -1 && nextCr < from ? chunk.indexOf(cr, from) : nextCr;
      nextLf = nextLf !== -1 && nextLf < from ? chunk.indexOf(lf, from) : nextLf;
      const end = nextCr === -1 || (nextLf !== -1 && nextLf < nextCr) ? nextLf : nextCr;
      if (end === -1) {
        break;
      }
      this.endLine(chunk.subarray(from, end));
      from = end + 1;
      if (end === nextCr) {
        if (from === chunk.length) {
          this.skipLf = true;
        } else if (chunk[from] === lf) {
          from++;
        }
      }
    }
    if (from < chunk.length) {
      this.line.push(from === 0 ? chunk : chunk.subarray(from));
      this.hold(chunk.length - from);
    }
  }

  private hold(bytes: number): void {
    this.heldBytes += bytes;
    if (this.heldBytes > this.maxBytes) {
      throw new EventTooLong(`An event is longer than ${this.maxBytes} bytes.`);
    }
  }

  private endLine(tail: Buffer): void {
    let line = tail;
    if (this.line.length > 0) {
      this.line.push(tail);
      line = Buffer.concat(this.line);
      this.line = [];
      this.heldBytes -= line.length - tail.length;
    }
    if (this.isFirstLine) {
      this.isFirstLine = false;
      line = line.subarray(0, 3).equals(byteOrderMark) ? line.subarray(3) : line;
    }
    if (line.length === 0) {
      this.dispatch();
    } else {
      this.takeField(line);
    }
  }

  private takeField(line: Buffer): void {
    const at = line.indexOf(colon);
    if (at === 0) {
      return;
    }
    const name = line.toString('latin1', 0, at === -1 ? line.length : at);
    const value = at === -1 ? line.subarray(line.length) : line.subarray(line[at + 1] === 0x20 ? at + 2 : at + 1);
    switch (name) {
      case 'data':
        if (this.hasData) {
          this.data.push(lineBreak);
        }
        this.data.push(value);
        this.hasData = true;
        this.hold(value.length + lineCost);
        return;
      case 'event':
        this.type = value.toString('utf8');
        return;
      case 'id':
        if (!value.includes(0)) {
          this.id = value.toString('latin1');
        }
        return;
      case 'retry': {
        const digits = value.toString('latin1');
        if (/^\d{1,15}$/.test(digits)) {
          this.retryMs = Number(digits);
        }
      }
    }
  }

  private dispatch(): void {
    const { data, type, hasData } = this;
    this.lastEventId = this.id;
    this.data = [];
    this.type = '';
    this.hasData = false;
    this.heldBytes = 0;
    if (hasData) {
      this.onEvent({ type: type === '' ? 'message' : type, data: data.length === 1 ? (data[0] ?? lineBreak) : Buffer.concat(data) });
    }
  }
}
