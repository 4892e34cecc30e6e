const headerBytes = 8;
const stderrStream = 2;

/**
 * Splits the stream of an attached container without a terminal into its two outputs:
 * frames of one byte stream type, three zero bytes, a length in four bytes (big-endian),
 * and the payload (Docker Engine API, "Attach to a container", stream format).
 */
export class Demultiplexer {
  private readonly header = Buffer.alloc(headerBytes);
  private headerFilled = 0;
  private payloadLeft = 0;
  private readonly onStdout: (bytes: Buffer) => void;
  private readonly onStderr: (bytes: Buffer) => void;

  constructor(onStdout: (bytes: Buffer) => void, onStderr: (bytes: Buffer) => void) {
    this.onStdout = onStdout;
    this.onStderr = onStderr;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.payloadLeft === 0) {
        const copied = chunk.copy(this.header, this.headerFilled, at, at + headerBytes - this.headerFilled);
        this.headerFilled += copied;
        at += copied;
        if (this.headerFilled < headerBytes) {
          return;
        }
        this.payloadLeft = this.header.readUInt32BE(4);
        this.headerFilled = 0;
      } else {
        const payload = chunk.subarray(at, at + this.payloadLeft);
        at += payload.length;
        this.payloadLeft -= payload.length;
        (this.header[0] === stderrStream ? this.onStderr : this.onStdout)(payload);
      }
    }
  }
}
