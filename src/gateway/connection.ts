import type { Socket } from 'node:net';

import { LineFramer, maxLineBytes } from '../node/lines.ts';

/** Bytes that may wait for a peer to read them: the longest line and as much again. */
const queueLimit = 2 * maxLineBytes;

/**
 * One peer of the daemon, line by line. Whatever it does, it can only lose its own
 * connection: a line without end, a message that no code expects, or a peer that never
 * reads is cut off.
 */
export class Connection {
  readonly socket: Socket;
  private readonly log: (line: string) => void;
  private receive: ((line: Buffer) => void) | undefined;
  private early: Buffer[] = [];

  /** `onHello` gets the first line. The lines after it wait for `serve`. */
  constructor(socket: Socket, log: (line: string) => void, onHello: (line: Buffer) => void) {
    this.socket = socket;
    this.log = log;
    let greeted = false;
    const framer = new LineFramer((line) => {
      if (this.receive !== undefined) {
        this.receive(line);
      } else if (greeted) {
        this.early.push(line);
      } else {
        greeted = true;
        socket.pause();
        onHello(line);
      }
    });
    socket.on('data', (chunk: Buffer) => this.guard(() => framer.push(chunk)));
    socket.on('error', () => undefined);
  }

  /** From now on every line goes to `receive`. */
  serve(receive: (line: Buffer) => void): void {
    const { early } = this;
    this.early = [];
    this.receive = receive;
    this.guard(() => early.forEach(receive));
    this.socket.resume();
  }

  send(line: string): void {
    if (this.socket.destroyed) {
      return;
    }
    this.socket.write(`${line}\n`);
    if (this.socket.writableLength > queueLimit) {
      this.cutOff(`it left ${this.socket.writableLength} bytes unread`);
    }
  }

  cutOff(reason: string): void {
    this.log(`A connection was cut off: ${reason}`);
    this.socket.destroy();
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.cutOff(error instanceof RangeError ? error.message : describeError(error));
    }
  }
}

/** A bug's message with where it was, for the log. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
