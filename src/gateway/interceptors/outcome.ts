/** What came of one run of an interceptor. */
export type Outcome =
  /** All that it wrote; empty means that it has nothing to say. */
  | { readonly kind: 'output'; readonly bytes: Buffer }
  /** `reason` is half a sentence with "it" for the interceptor; `lastWords` the end of its stderr or of its answer. */
  | { readonly kind: 'failed'; readonly reason: string; readonly lastWords: string };

export function failed(reason: string, lastWords = ''): Outcome {
  return { kind: 'failed', reason, lastWords };
}

/** Bytes of a result that an interceptor may give. */
const outputLimit = 16 * 1024 ** 2;
export const tooMuch = `it wrote more than ${outputLimit / 1024 ** 2} MB`;

/** Keeps an output up to the limit. */
export class BoundedOutput {
  private chunks: Uint8Array[] = [];
  private size = 0;

  /** False when it is more than a result may have; then nothing of it is kept. */
  push(chunk: Uint8Array): boolean {
    this.size += chunk.length;
    if (this.size > outputLimit) {
      this.chunks = [];
      return false;
    }
    this.chunks.push(chunk);
    return true;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** Characters that are kept of what an interceptor says of itself. */
export const keptWords = 8 * 1024;
