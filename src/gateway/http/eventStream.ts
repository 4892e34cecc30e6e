import type { ServerResponse } from 'node:http';

import type { RequestId } from '../../shared/mcp.ts';
import { writeComment, writeEvent, writePrimer } from './eventFrames.ts';
import type { KeptEvents } from './keptEvents.ts';
import type { Outlets } from './outlets.ts';

/** What the streams of a session share. */
export interface StreamHost {
  readonly kept: KeptEvents;
  readonly outlets: Outlets;
  /** Whether the client understands an event without content (2025-11-25). */
  readonly primes: boolean;
}

/** A stream of events to a client that outlives its connections: who comes back gets what was missed. */
export class EventStream {
  readonly number: number;
  /** When it ended, in the clock of `performance.now`. */
  endedAt: number | undefined;
  private readonly host: StreamHost;
  private response: ServerResponse | undefined;
  private said = 0;
  private written = 0;

  constructor(number: number, host: StreamHost) {
    this.number = number;
    this.host = host;
  }

  get isConnected(): boolean {
    return this.response !== undefined;
  }

  /** Messages that never went out. */
  get unheard(): number {
    return this.said - this.written;
  }

  /** Gives the number of the event. `answers` is the client's request that the message answers. */
  push(message: Buffer, answers?: RequestId): number {
    const number = ++this.said;
    this.host.kept.add({ stream: this.number, number, message, answers });
    if (this.response !== undefined && !this.response.destroyed) {
      this.write(this.response, number, message);
    }
    return number;
  }

  /** Whether this event went out. */
  wasWritten(number: number): boolean {
    return number <= this.written;
  }

  /** Goes on with this response, which has its head already, behind an event; without one, behind what was written last. */
  connect(response: ServerResponse, behind: number | undefined): void {
    this.response?.end();
    this.response = response;
    const from = behind ?? this.written;
    if (this.host.primes) {
      writePrimer(response, `${this.number}-${from}`);
    }
    for (const { number, message } of this.host.kept.after(this.number, from)) {
      this.write(response, number, message);
    }
    if (this.endedAt !== undefined) {
      response.end();
    }
  }

  /** The connection is gone, unless another one took its place. */
  disconnect(response: ServerResponse): void {
    if (this.response === response) {
      this.response = undefined;
    }
  }

  /** Nothing more will be said. */
  end(): void {
    this.endedAt ??= performance.now();
    this.response?.end();
  }

  keepAlive(): void {
    if (this.response !== undefined && this.endedAt === undefined) {
      writeComment(this.response);
      this.host.outlets.watch(this.response);
    }
  }

  private write(response: ServerResponse, number: number, message: Buffer): void {
    writeEvent(response, `${this.number}-${number}`, [message]);
    this.written = Math.max(this.written, number);
    this.host.outlets.watch(response);
  }
}

/** The stream and the event that an id of ours names. */
export function parseEventId(id: string): { readonly stream: number; readonly event: number } | undefined {
  const found = /^(\d{1,15})-(\d{1,15})$/.exec(id);
  return found === null ? undefined : { stream: Number(found[1]), event: Number(found[2]) };
}
