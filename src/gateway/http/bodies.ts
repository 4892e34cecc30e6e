import type { IncomingMessage } from 'node:http';

/** A body, or the HTTP status that refuses it. */
export type BodyOutcome = Buffer | 413 | 503;

/** Receives bodies: each of them, and all of them together, are bounded. */
export class Bodies {
  private readonly bodyBytes: number;
  private readonly bodiesBytes: number;
  private held = 0;

  constructor(limits: { readonly bodyBytes: number; readonly bodiesBytes: number }) {
    this.bodyBytes = limits.bodyBytes;
    this.bodiesBytes = limits.bodiesBytes;
  }

  /** Calls `use` once; never, where the client leaves before the end. What follows a refusal is read and forgotten. */
  receive(request: IncomingMessage, use: (body: BodyOutcome) => void): void {
    if (Number(request.headers['content-length'] ?? 0) > this.bodyBytes) {
      request.resume();
      use(413);
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    const letGo = (): void => {
      this.held -= size;
      size = 0;
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      this.held += chunk.length;
      chunks.push(chunk);
      if (size > this.bodyBytes || this.held > this.bodiesBytes) {
        const refusal = size > this.bodyBytes ? 413 : 503;
        request.off('data', take).off('end', end).off('close', letGo);
        chunks.length = 0;
        letGo();
        request.resume();
        use(refusal);
      }
    };
    const end = (): void => {
      const [only = Buffer.alloc(0)] = chunks;
      const body = chunks.length <= 1 ? only : Buffer.concat(chunks, size);
      letGo();
      use(body);
    };
    request.on('data', take).on('end', end).on('close', letGo);
  }
}
