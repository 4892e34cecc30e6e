import { StringDecoder } from 'node:string_decoder';

/**
 * The end of all that something said on its two streams. It is cut only now and then, as each cut copies what is kept: a server
 * may say millions of things.
 */
export class LastWords {
  private readonly most: number;
  private said = '';
  private lastStream: 'out' | 'err' = 'err';
  private isCut = false;
  /** Asking the text itself would copy all of it, since it is put together of pieces. */
  private isInLine = false;
  /** A character, or a secret, may come in two pieces: it must be whole to be recognized. */
  private readonly decoders = { out: new StringDecoder('utf8'), err: new StringDecoder('utf8') };

  /** Keeps so many characters. */
  constructor(most: number) {
    this.most = most;
  }

  /** A line that was cut may begin in the middle of a secret, which nobody would recognize: it is left out. */
  get text(): string {
    const end = this.said.slice(-this.most);
    if (!this.isCut && end.length === this.said.length) {
      return end;
    }
    const firstLineEnd = end.indexOf('\n');
    return firstLineEnd === -1 ? '' : end.slice(firstLineEnd + 1);
  }

  /** Adds what came over a stream, in whatever pieces. */
  hear(stream: 'out' | 'err', bytes: Uint8Array): void {
    this.add(stream, this.decoders[stream].write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  }

  /** A line of one stream may come in pieces, and is not mixed with one of the other. */
  add(stream: 'out' | 'err', text: string): void {
    this.said += this.isInLine && stream !== this.lastStream ? `\n${text}` : text;
    this.lastStream = stream;
    this.isInLine = text === '' ? this.isInLine : !text.endsWith('\n');
    if (this.said.length > 4 * this.most) {
      this.isCut = true;
      this.said = this.said.slice(-this.most);
    }
  }
}
