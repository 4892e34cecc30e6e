import type { Duplex } from 'node:stream';

import { Demultiplexer } from './demultiplexer.ts';

type Listener = (bytes: Uint8Array) => void;

/**
 * What a server writes. The stream is not read before somebody listens, so that the first words are heard too, and not
 * while it is paused: what comes waits in the connection, the engine, and in the end in the server's own pipe.
 */
export class Output {
  private readonly stream: Duplex;
  private readonly listeners = { out: new Set<Listener>(), err: new Set<Listener>() };
  private reading: 'no' | 'soon' | 'yes' = 'no';
  private paused = false;
  private released = false;

  constructor(stream: Duplex) {
    this.stream = stream;
  }

  get isPaused(): boolean {
    return this.paused;
  }

  add(which: 'out' | 'err', listener: Listener): void {
    this.listeners[which].add(listener);
    if (this.reading === 'no') {
      this.reading = 'soon';
      // Later in this turn the other listener comes.
      setImmediate(() => this.read());
    }
  }

  pause(): void {
    if (!this.released) {
      this.paused = true;
      if (this.reading === 'yes') {
        this.stream.pause();
      }
    }
  }

  resume(): void {
    this.paused = false;
    // A stream that flows before there is a listener loses what it carries.
    if (this.reading === 'yes') {
      this.stream.resume();
    }
  }

  /** The end comes: nothing is held back any more. Who could not take more hears no more of stdout. */
  release(): void {
    this.released = true;
    if (this.paused) {
      this.listeners.out.clear();
    }
    if (this.paused || this.reading === 'no') {
      this.paused = false;
      this.stream.resume();
    }
  }

  private read(): void {
    this.reading = 'yes';
    const { out, err } = this.listeners;
    const demultiplexer = new Demultiplexer(
      (bytes) => out.forEach((hear) => hear(bytes)),
      (bytes) => err.forEach((hear) => hear(bytes)),
    );
    if (this.paused) {
      this.stream.pause();
    }
    this.stream.on('data', (chunk: Buffer) => demultiplexer.push(chunk));
  }
}
