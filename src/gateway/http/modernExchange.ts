import type { ServerResponse } from 'node:http';

import { beginEvents, writeComment, writeEvent } from './eventFrames.ts';
import type { Outlets } from './outlets.ts';
import { sendJson } from './replies.ts';

/** One request of revision 2026-07-28 and the response to it, which is JSON or, where more is said, a stream. */
export class ModernExchange {
  /** The request's id as the client wrote it. */
  readonly ownId: Buffer;
  readonly isSubscription: boolean;
  private readonly response: ServerResponse;
  private readonly outlets: Outlets;
  private readonly startedAt = performance.now();

  constructor(response: ServerResponse, ownId: Buffer, isSubscription: boolean, outlets: Outlets) {
    this.response = response;
    this.ownId = ownId;
    this.isSubscription = isSubscription;
    this.outlets = outlets;
  }

  /** The last word. `status` counts where nothing was said before. */
  answer(pieces: readonly Buffer[], status: number): void {
    if (this.response.headersSent) {
      writeEvent(this.response, undefined, pieces);
      this.response.end();
    } else if (this.isSubscription && status === 200) {
      this.tell(pieces);
      this.response.end();
    } else {
      sendJson(this.response, status, pieces);
    }
    this.outlets.watch(this.response);
  }

  tell(pieces: readonly Buffer[]): void {
    if (!this.response.headersSent) {
      beginEvents(this.response);
    }
    writeEvent(this.response, undefined, pieces);
    this.outlets.watch(this.response);
  }

  /** A stream says that it is alive, and an answer that takes long becomes a stream. */
  keepAlive(now: number, afterMs: number): void {
    if (now - this.startedAt >= afterMs) {
      if (!this.response.headersSent) {
        beginEvents(this.response);
      }
      writeComment(this.response);
      this.outlets.watch(this.response);
    }
  }
}
