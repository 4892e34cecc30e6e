import type { Duplex } from 'node:stream';

import { joined } from './roomyBuffer.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;

/** A line longer than this is no protocol message; whoever sends it is cut off. */
export const maxLineBytes = 64 * 1024 * 1024;
/** Between shim and daemon: what the daemon adds around the longest result must not make it too long. */
export const maxRelayedLineBytes = maxLineBytes + 64 * 1024;

/** What a framer throws; everything else that passes through it is a bug of the listener. */
export class LineTooLong extends RangeError {}

/** The beginning of a line whose end has not come yet. */
class LineBeginning {
  private pieces: Buffer[] = [];
  private bytes = 0;
  private readonly mostBytes: number;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  add(piece: Buffer): void {
    this.pieces.push(piece);
    this.bytes += piece.length;
    if (this.bytes > this.mostBytes) {
      throw new LineTooLong(`A line is longer than ${this.mostBytes} bytes.`);
    }
  }

  /** The whole of it with its last piece; it is empty afterwards. */
  complete(last: Buffer): readonly Buffer[] {
    const pieces = [...this.pieces, last];
    this.pieces = [];
    this.bytes = 0;
    return pieces;
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}

/**
 * Cuts a byte stream into lines at LF, however the bytes are split. A CR before the LF
 * is dropped, and so are empty lines. What is left at the end is never given out:
 * half a message is no message.
 */
export class LineFramer {
  private readonly beginning: LineBeginning;
  private readonly onLine: (line: Buffer) => void;

  constructor(onLine: (line: Buffer) => void, mostBytes = maxLineBytes) {
    this.beginning = new LineBeginning(mostBytes);
    this.onLine = onLine;
  }

  /** Throws `LineTooLong` when a line grows beyond its bound. */
  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      const end = chunk.subarray(from, at);
      const line = withoutReturn(this.beginning.isEmpty ? end : joined(this.beginning.complete(end)));
      if (line.length > 0) {
        this.onLine(line);
      }
      from = at + 1;
    }
    if (from < chunk.length) {
      this.beginning.add(from === 0 ? chunk : chunk.subarray(from));
    }
  }
}

/** Decides which lines a `LineRelay` passes on. */
export interface LineJudge {
  /** `line` comes without its end. */
  keep(line: Buffer): boolean;
  /** Asked first about a line that came in several pieces, with the first; undefined asks for the whole line, which costs a copy. */
  keepByBeginning?(beginning: Buffer): boolean | undefined;
}

/**
 * Passes a byte stream on by whole lines. Neighbours go on in one piece, so that many small messages cost one write. Empty
 * lines are dropped, and the beginning of a line waits until the line is there.
 */
export class LineRelay {
  private readonly beginning: LineBeginning;
  private readonly judge: LineJudge;
  private readonly forward: (pieces: readonly Buffer[]) => void;

  constructor(judge: LineJudge, forward: (pieces: readonly Buffer[]) => void, mostBytes = maxLineBytes) {
    this.beginning = new LineBeginning(mostBytes);
    this.judge = judge;
    this.forward = forward;
  }

  /** Throws `LineTooLong` when a line grows beyond its bound. */
  push(chunk: Buffer): void {
    let from = 0;
    if (!this.beginning.isEmpty) {
      const end = chunk.indexOf(newline);
      if (end === -1) {
        this.beginning.add(chunk);
        return;
      }
      from = end + 1;
      this.passBegun(this.beginning.complete(chunk.subarray(0, from)));
    }
    let kept = from;
    for (let at = chunk.indexOf(newline, from); at !== -1; at = chunk.indexOf(newline, from)) {
      if (!this.keeps(chunk.subarray(from, at))) {
        this.pass(chunk.subarray(kept, from));
        kept = at + 1;
      }
      from = at + 1;
    }
    this.pass(chunk.subarray(kept, from));
    if (from < chunk.length) {
      this.beginning.add(from === 0 ? chunk : chunk.subarray(from));
    }
  }

  private passBegun(pieces: readonly Buffer[]): void {
    const [first] = pieces;
    const decided = first === undefined ? undefined : this.judge.keepByBeginning?.(first);
    if (decided !== undefined) {
      if (decided) {
        this.forward(pieces);
      }
      return;
    }
    const line = Buffer.concat(pieces);
    if (this.keeps(line.subarray(0, -1))) {
      this.forward([line]);
    }
  }

  private keeps(line: Buffer): boolean {
    const text = withoutReturn(line);
    return text.length > 0 && this.judge.keep(text);
  }

  private pass(lines: Buffer): void {
    if (lines.length > 0) {
      this.forward([lines]);
    }
  }
}

/** Gives every line of a stream to `onLine`. A line that grows too long destroys the stream, with the reason. */
export function readLines(stream: Duplex, onLine: (line: Buffer) => void): void {
  const framer = new LineFramer(onLine);
  stream.on('data', (chunk: Buffer) => {
    try {
      framer.push(chunk);
    } catch (error) {
      if (!(error instanceof LineTooLong)) {
        throw error;
      }
      stream.destroy(error);
    }
  });
}
