import type { IncomingMessage } from 'node:http';

import { discard, type HttpExchange } from './httpExchange.ts';
import { EventTooLong, SseParser, type SseEvent } from './sse.ts';

const firstDelayMs = 1_000;
const longestDelayMs = 30_000;
/** A server may ask for less, but not for a loop without rest. */
const shortestDelayMs = 50;
/** The longest that a timer of Node can wait. */
const longestTimerMs = 2 ** 31 - 1;

/** Where an event stream stood when its connection ended. */
export interface StreamPosition {
  /** Empty where the server gave none: such a stream cannot be taken up again. */
  readonly lastEventId: string;
  /** Milliseconds that the server asked to wait; undefined where it said nothing. */
  readonly retryMs: number | undefined;
}

/** Gives the data of every message of an event stream, and then where it ended, as `readAllEvents` does. */
export function readEvents(
  response: IncomingMessage,
  onData: (data: Buffer) => void,
  onEnd: (position: StreamPosition, failure?: string) => void,
): void {
  const onEvent = ({ type, data }: SseEvent): void => {
    // An event without data is there for its id alone (2025-11-25, "Sending Messages to the Server", 6).
    if (type === 'message' && data.length > 0) {
      onData(data);
    }
  };
  readAllEvents(response, onEvent, onEnd);
}

/** Gives every event of a response, and then where it ended. `failure` says why when it was cut off for its size. */
export function readAllEvents(
  response: IncomingMessage,
  onEvent: (event: SseEvent) => void,
  onEnd: (position: StreamPosition, failure?: string) => void,
): void {
  let failure: string | undefined;
  const parser = new SseParser(onEvent);
  response.on('data', (chunk: Buffer) => {
    try {
      parser.push(chunk);
    } catch (error) {
      if (!(error instanceof EventTooLong)) {
        throw error;
      }
      failure = error.message;
      response.destroy();
    }
  });
  response.once('close', () => onEnd({ lastEventId: parser.lastEventId, retryMs: parser.retryMs }, failure));
}

/** Who an event stream belongs to. */
export interface EventStreamOwner {
  get(lastEventId: string, onResponse: (response: IncomingMessage) => void, onFailure: (reason: string) => void): HttpExchange;
  onData(data: Buffer): void;
  /** The server will not give this stream, or could not be reached `attempts` times in a row. */
  onGivenUp(reason: string, status: number | undefined, wasOpen: boolean): void;
}

/** One stream of the server over as many GET requests as it takes. */
export class EventStream {
  private readonly owner: EventStreamOwner;
  private readonly attempts: number;
  private position: StreamPosition;
  private exchange: HttpExchange | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  private wasOpen = false;
  /** Connections in a row that failed, and those that gave no event. */
  private failed = 0;
  private empty = 0;

  /** Opens at once when there is no position yet, else takes up after it as the server asked. */
  constructor(owner: EventStreamOwner, attempts: number, position?: StreamPosition) {
    this.owner = owner;
    this.attempts = attempts;
    this.position = position ?? { lastEventId: '', retryMs: undefined };
    if (position === undefined) {
      this.open();
    } else {
      this.openLater();
    }
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.exchange?.abort();
  }

  private open(): void {
    this.exchange = this.owner.get(
      this.position.lastEventId,
      (response) => this.read(response),
      (reason) => this.fail(reason),
    );
  }

  private read(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const type = response.headers['content-type'] ?? '';
    if (status !== 200 || !/^text\/event-stream\b/i.test(type)) {
      discard(response);
      if (status >= 500 || status === 429 || status === 408) {
        this.fail(`it answered HTTP ${status}`);
      } else {
        this.giveUp(status === 200 ? 'it gave no event stream' : `it answered HTTP ${status}`, status);
      }
      return;
    }
    this.wasOpen = true;
    this.failed = 0;
    this.empty++;
    readEvents(
      response,
      (data) => {
        this.empty = 0;
        this.owner.onData(data);
      },
      (position, failure) => {
        this.position = {
          lastEventId: position.lastEventId === '' ? this.position.lastEventId : position.lastEventId,
          retryMs: position.retryMs ?? this.position.retryMs,
        };
        if (failure === undefined) {
          this.openLater();
        } else {
          this.giveUp(failure, undefined);
        }
      },
    );
  }

  private fail(reason: string): void {
    this.failed++;
    if (this.failed >= this.attempts) {
      this.giveUp(reason, undefined);
    } else {
      this.openLater();
    }
  }

  private openLater(): void {
    if (this.isClosed) {
      return;
    }
    const growing = (times: number): number => Math.min(firstDelayMs * 2 ** Math.min(times, 10), longestDelayMs);
    const asked = this.position.retryMs;
    const calm = asked ?? growing(this.empty);
    const delay = this.failed > 0 ? Math.max(calm, growing(this.failed - 1)) : calm;
    this.timer = setTimeout(() => this.open(), Math.min(Math.max(delay, shortestDelayMs), longestTimerMs));
  }

  private giveUp(reason: string, status: number | undefined): void {
    if (!this.isClosed) {
      this.isClosed = true;
      this.owner.onGivenUp(reason, status, this.wasOpen);
    }
  }
}
