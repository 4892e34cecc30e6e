import type { HttpContext } from './context.ts';
import { EventStream, type StreamHost } from './eventStream.ts';
import { KeptEvents } from './keptEvents.ts';
import type { Outlets } from './outlets.ts';

/** The event streams of one session. */
export class SessionStreams implements StreamHost {
  readonly kept: KeptEvents;
  readonly outlets: Outlets;
  /** The one that the client opens with GET, for what belongs to no request. */
  readonly listening = new EventStream(0, this);
  primes = false;
  private readonly context: HttpContext;
  private readonly open = new Map([[0, this.listening]]);
  private nextNumber = 1;
  private closed = false;

  constructor(context: HttpContext, outlets: Outlets) {
    this.context = context;
    this.outlets = outlets;
    this.kept = new KeptEvents(context.limits, context.keptTotal);
  }

  get isConnected(): boolean {
    return [...this.open.values()].some((stream) => stream.isConnected);
  }

  get(number: number): EventStream | undefined {
    return this.open.get(number);
  }

  add(): EventStream {
    const stream = new EventStream(this.nextNumber++, this);
    this.open.set(stream.number, stream);
    return stream;
  }

  /** Sends a question of a server. `giveUp` is called where no connection took it to the client in time. */
  ask(stream: EventStream, message: Buffer, giveUp: () => void): void {
    const number = stream.push(message);
    if (stream.wasWritten(number)) {
      return;
    }
    const look = (): void => {
      if (!this.closed && !stream.wasWritten(number)) {
        this.kept.remove((event) => event.stream === stream.number && event.number === number);
        giveUp();
      }
    };
    setTimeout(look, this.context.limits.questionMs).unref();
  }

  /** Says that the streams are alive, and forgets those that ended a while ago. */
  tick(now: number): void {
    for (const [number, stream] of this.open) {
      stream.keepAlive();
      if (stream.endedAt !== undefined && now - stream.endedAt >= this.context.limits.keptMs) {
        this.open.delete(number);
        this.kept.remove((event) => event.stream === number);
      }
    }
  }

  close(): void {
    this.closed = true;
    this.open.forEach((stream) => stream.end());
    this.kept.remove(() => true);
    if (this.listening.unheard > 0) {
      this.context.log(`${this.listening.unheard} messages of servers were not delivered: their client had no stream open for them.`);
    }
  }
}
