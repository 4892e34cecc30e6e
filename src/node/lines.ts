import type { Duplex } from 'node:stream';

const newline = 0x0a;

/** A line longer than this is no protocol message; whoever sends it is cut off. */
export const maxLineBytes = 64 * 1024 * 1024;

/** What a framer throws; everything else that passes through it is a bug of the listener. */
export class LineTooLong extends RangeError {}

/**
 * Cuts a byte stream into lines at LF, however the bytes are split. A CR before the LF
 * is dropped, and so are empty lines. What is left at the end is never given out:
 * half a message is no message.
 */
export class LineFramer {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private readonly onLine: (line: Buffer) => void;

  constructor(onLine: (line: Buffer) => void) {
    this.onLine = onLine;
  }

  /** Throws `LineTooLong` when a line grows beyond `maxLineBytes`. */
  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      this.emit(chunk.subarray(from, at));
      from = at + 1;
    }
    if (from < chunk.length) {
      this.pending.push(from === 0 ? chunk : chunk.subarray(from));
      this.pendingBytes += chunk.length - from;
      if (this.pendingBytes > maxLineBytes) {
        throw new LineTooLong(`A line is longer than ${maxLineBytes} bytes.`);
      }
    }
  }

  private emit(tail: Buffer): void {
    let line = tail;
    if (this.pending.length > 0) {
      this.pending.push(tail);
      line = Buffer.concat(this.pending);
      this.pending = [];
      this.pendingBytes = 0;
    }
    if (line.at(-1) === 0x0d) {
      line = line.subarray(0, -1);
    }
    if (line.length > 0) {
      this.onLine(line);
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
