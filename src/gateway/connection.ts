import type { Socket } from 'node:net';

import { LineFramer, maxLineBytes } from '../node/lines.ts';
import type { ClientLink } from './clientLink.ts';
import { describeError } from './describeError.ts';

/** Bytes that may wait for a peer to read them: the longest line and as much again. */
const queueLimit = 2 * maxLineBytes;
/** Pieces that are put together before they are written; a larger one goes out as it is. */
const smallBytes = 16 * 1024;
const lineEnd = Buffer.from('\n');

/**
 * One peer of the daemon, line by line. Whatever it does, it can only lose its own
 * connection: a line without end, a message that no code expects, or a peer that never
 * reads is cut off.
 */
export class Connection implements ClientLink {
  readonly socket: Socket;
  /** Called when what waited for the peer has gone out. */
  onDrained: () => void = () => undefined;
  private readonly log: (line: string) => void;
  private receive: ((line: Buffer) => void) | undefined;
  private early: Buffer[] = [];
  private pending: Buffer[] = [];
  private pendingBytes = 0;

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
    socket.on('drain', () => this.onDrained());
    socket.on('error', () => undefined);
  }

  get queuedBytes(): number {
    return this.socket.writableLength + this.pendingBytes;
  }

  /** From now on every line goes to `receive`. */
  serve(receive: (line: Buffer) => void): void {
    const { early } = this;
    this.early = [];
    this.receive = receive;
    this.guard(() => early.forEach(receive));
    this.socket.resume();
  }

  send(line: Buffer): void {
    if (this.socket.destroyed) {
      return;
    }
    this.pendingBytes += line.length + 1;
    // What is said in one turn of the event loop goes out as one piece.
    if (this.pending.push(line, lineEnd) === 2) {
      process.nextTick(() => this.flush());
    }
    if (this.queuedBytes > queueLimit) {
      this.cutOff(`it left ${this.queuedBytes} bytes unread`);
    }
  }

  /** Says the last word. */
  end(line: Buffer): void {
    this.send(line);
    this.flush();
    this.socket.end();
  }

  cutOff(reason: string): void {
    this.log(`A connection was cut off: ${reason}`);
    this.socket.destroy();
  }

  private flush(): void {
    const { pending } = this;
    this.pending = [];
    if (this.socket.destroyed || pending.length === 0) {
      return;
    }
    if (this.pendingBytes <= smallBytes) {
      this.socket.write(Buffer.concat(pending, this.pendingBytes));
    } else {
      this.socket.cork();
      pending.forEach((piece) => this.socket.write(piece));
      this.socket.uncork();
    }
    this.pendingBytes = 0;
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.cutOff(error instanceof RangeError ? error.message : describeError(error));
    }
  }
}
