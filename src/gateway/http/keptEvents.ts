import { messageOf } from '../../node/envelope.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';

/** One message on a stream. */
export interface KeptEvent {
  readonly stream: number;
  /** Counts the messages of the stream, from 1. */
  readonly number: number;
  readonly message: Buffer;
  /** The client's request that it answers. */
  readonly answers: RequestId | undefined;
}

/** Bytes of events that are kept, of all sessions together. */
export interface KeptTotal {
  bytes: number;
}

/** An answer up to this size is not worth replacing. */
const smallAnswer = 512;

/** What the streams of one session carried last, for a client that comes back after its connection broke. */
export class KeptEvents {
  private readonly limits: { readonly keptEvents: number; readonly keptBytes: number; readonly allKeptBytes: number };
  private readonly total: KeptTotal;
  private events: KeptEvent[] = [];
  private bytes = 0;

  constructor(limits: { readonly keptEvents: number; readonly keptBytes: number; readonly allKeptBytes: number }, total: KeptTotal) {
    this.limits = limits;
    this.total = total;
  }

  add(event: KeptEvent): void {
    // One that is too large must not push out all the others first.
    const kept = event.message.length > this.limits.keptBytes ? withoutAnswer(event) : event;
    if (kept !== undefined) {
      this.events.push(kept);
      this.count(kept.message.length);
      this.makeRoom();
    }
  }

  /** The messages of a stream behind one of them. */
  after(stream: number, number: number): readonly KeptEvent[] {
    return this.events.filter((event) => event.stream === stream && event.number > number);
  }

  remove(isUnwanted: (event: KeptEvent) => boolean): void {
    this.events = this.events.filter((event) => {
      if (isUnwanted(event)) {
        this.count(-event.message.length);
        return false;
      }
      return true;
    });
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    this.total.bytes += bytes;
  }

  private makeRoom(): void {
    while (this.events.length > this.limits.keptEvents) {
      this.count(-(this.events.shift()?.message.length ?? 0));
    }
    for (let at = 0; this.isTooMuch && at < this.events.length;) {
      const event = this.events[at];
      const left = event === undefined || event.message.length <= smallAnswer ? undefined : withoutAnswer(event);
      this.count((left?.message.length ?? 0) - (event?.message.length ?? 0));
      if (left === undefined) {
        this.events.splice(at, 1);
      } else {
        this.events[at++] = left;
      }
    }
  }

  private get isTooMuch(): boolean {
    return this.bytes > this.limits.keptBytes || this.total.bytes > this.limits.allKeptBytes;
  }
}

/** An answer that could not be kept is still an answer: whoever waits for it must not wait for ever. */
function withoutAnswer(event: KeptEvent): KeptEvent | undefined {
  const { answers } = event;
  if (answers === undefined) {
    return undefined;
  }
  const error = {
    code: errorCodes.internal,
    message: 'The connection broke, and the answer was too large to be kept. Make the request again.',
  };
  return { ...event, message: messageOf({ id: answers, error }) };
}
