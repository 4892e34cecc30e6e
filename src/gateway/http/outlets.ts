import type { ServerResponse } from 'node:http';

/** What one response may hold without being counted: less is on its way at once. */
const ordinaryBytes = 64 * 1024;

/** The responses of one session that their client does not read as fast as they are written. */
export class Outlets {
  private readonly slow = new Set<ServerResponse>();
  private readonly known = new WeakSet<ServerResponse>();
  private readonly limit: number;
  private readonly onDrained: () => void;
  private readonly onCutOff: (bytes: number) => void;

  constructor(limit: number, onDrained: () => void, onCutOff: (bytes: number) => void) {
    this.limit = limit;
    this.onDrained = onDrained;
    this.onCutOff = onCutOff;
  }

  /** Bytes that the client has not taken yet. */
  get queuedBytes(): number {
    let sum = 0;
    for (const response of this.slow) {
      sum += response.writableLength;
    }
    return sum;
  }

  /** To be called after something was written. */
  watch(response: ServerResponse): void {
    const queued = response.writableLength;
    if (queued <= ordinaryBytes) {
      return;
    }
    if (queued > this.limit && !response.writableEnded) {
      this.onCutOff(queued);
      response.destroy();
      this.recede(response);
      return;
    }
    this.slow.add(response);
    if (!this.known.has(response)) {
      this.known.add(response);
      const check = (): void => this.recede(response);
      response.on('drain', check).on('finish', check).on('close', check);
    }
  }

  private recede(response: ServerResponse): void {
    const isOver = response.writableFinished || response.destroyed || response.writableLength <= ordinaryBytes;
    if (isOver && this.slow.delete(response) && this.slow.size === 0) {
      this.onDrained();
    }
  }
}
