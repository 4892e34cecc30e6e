import type { Readable } from 'node:stream';

const longestLine = 1024;

/** Reads what a build container answers, piece by piece. A piece that does not come whole throws a RangeError. */
export class Answer {
  private readonly chunks: AsyncIterator<Buffer>;
  private left: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The first line: the lengths of the files that follow. Throws an Error where it is something else, or a file is larger than its limit. */
  async lengths(limits: readonly number[]): Promise<readonly number[]> {
    while (!this.left.includes('\n')) {
      if (this.left.length > longestLine) {
        throw new Error('It answered something else.');
      }
      await this.more();
    }
    const end = this.left.indexOf('\n');
    const lengths = this.left.toString('latin1', 0, end).trim().split(' ').map(Number);
    this.left = this.left.subarray(end + 1);
    if (lengths.length !== limits.length || !lengths.every((length) => Number.isSafeInteger(length) && length >= 0)) {
      throw new Error('It answered something else.');
    }
    const large = lengths.find((length, index) => length > (limits[index] ?? 0));
    if (large !== undefined) {
      throw new Error(`What was installed is too large: ${Math.ceil(large / 1024 ** 2)} MB.`);
    }
    return lengths;
  }

  async text(length: number): Promise<string> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.bytes(length)) {
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  }

  /** So many bytes as they come. */
  async *bytes(length: number): AsyncGenerator<Uint8Array> {
    for (let wanted = length; wanted > 0;) {
      if (this.left.length === 0) {
        await this.more();
      }
      const piece = this.left.subarray(0, wanted);
      this.left = this.left.subarray(piece.length);
      wanted -= piece.length;
      yield piece;
    }
  }

  private async more(): Promise<void> {
    const next = await this.chunks.next();
    if (next.done === true) {
      throw new RangeError('The answer ended too early.');
    }
    this.left = this.left.length === 0 ? next.value : Buffer.concat([this.left, next.value]);
  }
}
