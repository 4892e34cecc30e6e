import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

import type { DaemonConnection } from '../node/controlClient.ts';
import { LineRelay, LineTooLong, maxRelayedLineBytes, type LineJudge } from '../node/lines.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { DaemonSearch, type DaemonSource } from './shimSearch.ts';
import { ShimSession, type DaemonVerdict } from './shimSession.ts';

/** The way to the daemon. */
type Link =
  /** Somebody stopped the daemon; the client's next request starts another. */
  | { readonly kind: 'resting' }
  | { readonly kind: 'searching' }
  | { readonly kind: 'initializing'; readonly socket: Socket; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'open'; readonly socket: Socket }
  | { readonly kind: 'ended' };

const initializePatienceMs = 10_000;
const lastWordsMs = 1_000;
/** More than this waits where it is until the other side has read. */
const mostQueuedBytes = 1024 * 1024;

/**
 * One client's messages to the daemon and back. When the daemon goes, the client notices nothing but an error for each
 * request that was on its way: the session is set up again at the next daemon.
 */
export class ShimRelay {
  private readonly input: Readable;
  private readonly output: Writable;
  private readonly source: DaemonSource;
  private readonly search: DaemonSearch;
  private readonly session: ShimSession;
  private readonly onEnd: (code: number, sentence?: string) => void;
  private link: Link = { kind: 'searching' };

  /** `tell` says something on stderr. `onEnd` is called once, with the exit code and what is to be said there. */
  constructor(
    client: { readonly input: Readable; readonly output: Writable; readonly tell?: (sentence: string) => void },
    source: DaemonSource,
    onEnd: (code: number, sentence?: string) => void,
  ) {
    this.input = client.input;
    this.output = client.output;
    this.source = source;
    this.search = new DaemonSearch(source);
    this.session = new ShimSession((lines) => this.toClient(lines), client.tell);
    this.onEnd = onEnd;
  }

  /** Begins to read what the client says. */
  start(connection: DaemonConnection): void {
    this.adopt(connection);
    const relay = new LineRelay({ keep: (line) => this.takeFromClient(line) }, (pieces) => this.toDaemon(pieces));
    const end = (): void => this.end(0);
    this.input.on('data', (chunk: Buffer) => pushInto(relay, chunk, (reason) => this.end(1, reason)));
    this.input.on('end', end).on('close', end).on('error', end);
    this.output.on('error', end).on('drain', () => socketOf(this.link)?.resume());
  }

  end(code: number, sentence?: string): void {
    if (this.link.kind === 'ended') {
      return;
    }
    const socket = socketOf(this.link);
    this.setLink({ kind: 'ended' });
    this.search.end();
    socket?.destroy();
    this.onEnd(code, sentence);
  }

  private setLink(link: Link): void {
    if (this.link.kind === 'initializing') {
      clearTimeout(this.link.timer);
    }
    this.link = link;
  }

  private takeFromClient(line: Buffer): boolean {
    if (this.link.kind === 'ended') {
      return false;
    }
    const verdict = this.session.fromClient(line, this.link.kind);
    if (verdict === 'kept' && this.link.kind === 'resting') {
      this.reconnect();
    }
    return verdict === 'pass';
  }

  private toDaemon(pieces: readonly Buffer[]): void {
    const socket = socketOf(this.link);
    if (socket !== undefined) {
      writeAll(socket, pieces);
      if (isFull(socket)) {
        this.input.pause();
      }
    }
  }

  private toClient(pieces: readonly Buffer[]): void {
    writeAll(this.output, pieces);
    if (isFull(this.output)) {
      socketOf(this.link)?.pause();
    }
  }

  /** Judges the lines of one connection. What is left of it after it was lost goes nowhere. */
  private judgeOf(socket: Socket): LineJudge {
    const isOurs = (): boolean => socketOf(this.link) === socket;
    const passes = (verdict: DaemonVerdict): boolean => {
      switch (verdict) {
        case 'answer':
          this.search.proven();
          return true;
        case 'pass':
          return true;
        case 'drop':
          return false;
        case 'ready':
          this.setLink({ kind: 'open', socket });
          this.toDaemon(this.session.goOn());
          return false;
        case 'broken':
          this.lose(socket);
          return false;
      }
    };
    return {
      keep: (line) => isOurs() && passes(this.session.fromDaemon(line)),
      keepByBeginning: (beginning) => {
        const verdict = isOurs() ? this.session.fromDaemonByBeginning(beginning) : 'drop';
        return verdict === undefined ? undefined : passes(verdict);
      },
    };
  }

  private adopt({ socket }: DaemonConnection): void {
    const relay = new LineRelay(this.judgeOf(socket), (pieces) => this.toClient(pieces), maxRelayedLineBytes);
    const lose = (): void => this.lose(socket);
    socket.on('data', (chunk: Buffer) => pushInto(relay, chunk, lose));
    // At its end there are no more answers, while "close" waits for what was written to be read.
    socket
      .on('error', () => undefined)
      .on('end', lose)
      .on('close', lose);
    socket.on('drain', () => this.input.resume());
    const { way, lines } = this.session.begin();
    this.setLink(way === 'open' ? { kind: way, socket } : { kind: way, socket, timer: setTimeout(lose, initializePatienceMs) });
    this.toDaemon(lines);
    if (!isFull(this.output)) {
      socket.resume();
    }
  }

  private lose(socket: Socket): void {
    if (socketOf(this.link) !== socket) {
      return;
    }
    this.setLink({ kind: 'resting' });
    socket.destroy();
    const isWaitedFor = this.session.lose();
    this.input.resume();
    if (isWaitedFor || !this.source.wasStopped()) {
      this.reconnect();
    }
  }

  private reconnect(): void {
    this.setLink({ kind: 'searching' });
    void this.takeNext();
  }

  private async takeNext(): Promise<void> {
    const found = await this.search.find();
    if (this.link.kind === 'searching') {
      if (found.ok) {
        this.adopt(found.value);
      } else {
        this.giveUp(found.problem);
      }
    } else if (found.ok) {
      found.value.socket.on('error', () => undefined).destroy();
    }
  }

  private giveUp(problem: Problem): void {
    const end = (): void => this.end(1, describeProblem(problem));
    const lines = this.session.refuseAll(problem);
    if (lines.length === 0) {
      end();
      return;
    }
    // A client that does not read must not keep it alive.
    setTimeout(end, lastWordsMs).unref();
    this.output.write(Buffer.concat(lines), end);
  }
}

function socketOf(link: Link): Socket | undefined {
  return link.kind === 'open' || link.kind === 'initializing' ? link.socket : undefined;
}

/** Several pieces go out in one go. */
function writeAll(stream: Writable, pieces: readonly Buffer[]): void {
  if (pieces.length < 2) {
    pieces.forEach((piece) => stream.write(piece));
    return;
  }
  stream.cork();
  pieces.forEach((piece) => stream.write(piece));
  stream.uncork();
}

/** Whether the other side reads too slowly. "drain" follows. */
function isFull(stream: Writable): boolean {
  return stream.writableLength > mostQueuedBytes;
}

function pushInto(relay: LineRelay, chunk: Buffer, onTooLong: (reason: string) => void): void {
  try {
    relay.push(chunk);
  } catch (error) {
    if (!(error instanceof LineTooLong)) {
      throw error;
    }
    onTooLong(error.message);
  }
}
