import * as problems from '../core/problems.ts';
import { readEnvelope, type Envelope } from '../node/envelope.ts';
import { refusalMethod } from '../shared/controlProtocol.ts';
import type { RequestId } from '../shared/mcp.ts';
import type { Problem } from '../shared/problem.ts';
import { asLine, cancelledId, Handshake, idOfResponse, initializedLine, lineEnd, refusalOf, sentenceOf } from './shimMessages.ts';
import { OpenRequests, WaitingLines } from './shimRequests.ts';

type Message<Kind> = Extract<Envelope, { readonly kind: Kind }>;

/**
 * How far the way to the daemon goes: `initializing` while a new daemon has not answered the client's old `initialize`,
 * `resting` while nobody looks for a daemon.
 */
export type Way = 'open' | 'initializing' | 'searching' | 'resting';

/** `kept`: for the daemon that comes, which somebody has to look for now. */
export type ClientVerdict = 'pass' | 'drop' | 'kept';
/**
 * `answer`: goes on, and shows that the daemon works. `ready`: the new daemon has the session. `broken`: this is no daemon's
 * line, and nothing after it is to be trusted.
 */
export type DaemonVerdict = 'answer' | 'pass' | 'drop' | 'ready' | 'broken';

/** What is remembered of one client's session so that another daemon can take it over. Of the messages it reads the outside alone. */
export class ShimSession {
  private readonly tellClient: (lines: readonly Buffer[]) => void;
  private readonly tellPerson: (sentence: string) => void;
  private readonly requests = new OpenRequests();
  private readonly waiting = new WaitingLines();
  private handshake: Handshake | undefined;
  private replayId: RequestId | undefined;
  private replays = 0;

  /** `tellPerson` gets what a daemon says to whoever started the shim. */
  constructor(tellClient: (lines: readonly Buffer[]) => void, tellPerson: (sentence: string) => void = () => undefined) {
    this.tellClient = tellClient;
    this.tellPerson = tellPerson;
  }

  fromClient(line: Buffer, way: Way): ClientVerdict {
    const envelope = readEnvelope(line);
    switch (envelope?.kind) {
      case 'request':
        return this.takeRequest(line, envelope, way);
      case 'response': {
        const isAsked = envelope.id === null ? way === 'open' : this.requests.settleOfDaemon(envelope.id);
        return isAsked ? 'pass' : 'drop';
      }
      case 'notification':
        return this.takeNotification(line, envelope, way);
      case undefined:
        // The daemon says what is wrong with it.
        return way === 'open' ? 'pass' : this.keep(line, undefined);
    }
  }

  private takeRequest(line: Buffer, envelope: Message<'request'>, way: Way): ClientVerdict {
    const { id } = envelope;
    const isFirst = envelope.method === 'initialize';
    if (isFirst) {
      this.handshake = new Handshake(line, envelope);
    }
    if (way === 'open') {
      this.requests.add(id);
      return 'pass';
    }
    if (!isFirst || way === 'initializing') {
      return this.keep(line, id);
    }
    // The handshake keeps it, and goes before whatever waits.
    this.requests.add(id);
    return 'kept';
  }

  private takeNotification(line: Buffer, envelope: Message<'notification'>, way: Way): ClientVerdict {
    if (envelope.method === 'notifications/initialized' && this.handshake !== undefined) {
      // Each daemon hears it when it has answered.
      this.handshake.isConfirmed = true;
      return way === 'open' ? 'pass' : 'drop';
    }
    if (envelope.method === 'notifications/cancelled') {
      const id = cancelledId(line, envelope.params);
      if (id !== undefined && id !== this.handshake?.id) {
        if (this.waiting.withdraw(id)) {
          // No daemon heard of it, and none shall carry it out.
          return 'drop';
        }
        this.requests.cancel(id);
      }
    }
    if (way === 'open') {
      return 'pass';
    }
    // While nobody looks for a daemon it is about a session that is gone.
    return way === 'resting' ? 'drop' : this.keep(line, undefined);
  }

  private keep(line: Buffer, id: RequestId | undefined): ClientVerdict {
    if (this.waiting.add(line, id)) {
      return 'kept';
    }
    if (id !== undefined) {
      this.tellClient([refusalOf(id, problems.daemonAway())]);
    }
    return 'drop';
  }

  fromDaemon(line: Buffer): DaemonVerdict {
    const envelope = readEnvelope(line);
    switch (envelope?.kind) {
      case 'response':
        return envelope.id === null ? 'pass' : this.takeResponse(envelope.id);
      case 'request':
        this.requests.addOfDaemon(envelope.id);
        return 'pass';
      case 'notification':
        if (envelope.method === refusalMethod) {
          this.tellPerson(sentenceOf(line, envelope.params));
          return 'drop';
        }
        if (envelope.method === 'notifications/cancelled') {
          this.requests.settleOfDaemon(cancelledId(line, envelope.params) ?? '');
        }
        return 'pass';
      case undefined:
        return 'broken';
    }
  }

  /** As `fromDaemon` for a line of which only the beginning is known; undefined when that is not enough. */
  fromDaemonByBeginning(beginning: Buffer): DaemonVerdict | undefined {
    const id = idOfResponse(beginning);
    return id === undefined ? undefined : this.takeResponse(id);
  }

  private takeResponse(id: RequestId): DaemonVerdict {
    if (id === this.replayId) {
      this.replayId = undefined;
      return 'ready';
    }
    if (!this.requests.settle(id)) {
      return 'drop';
    }
    if (this.handshake?.id === id) {
      this.handshake.isAnswered = true;
    }
    return 'answer';
  }

  /** What a new daemon hears first. The rest waits until it has answered when the way is `initializing`. */
  begin(): { readonly way: 'open' | 'initializing'; readonly lines: readonly Buffer[] } {
    const { handshake } = this;
    if (handshake?.isAnswered === true) {
      this.replayId = `wharf-shim-${++this.replays}`;
      return { way: 'initializing', lines: [handshake.again(this.replayId)] };
    }
    const first = this.unanswered === undefined || handshake === undefined ? [] : [asLine(handshake.line)];
    return { way: 'open', lines: [...first, ...this.takeWaiting()] };
  }

  /** What follows when the new daemon is `ready`. */
  goOn(): readonly Buffer[] {
    return [...(this.handshake?.isConfirmed === true ? [initializedLine] : []), ...this.takeWaiting()];
  }

  private takeWaiting(): readonly Buffer[] {
    return this.waiting.take().flatMap(({ line, id }) => {
      if (id !== undefined) {
        this.requests.add(id);
      }
      return [line, lineEnd];
    });
  }

  /** The daemon is gone: the client hears what became of its requests. Says whether it waits for something all the same. */
  lose(): boolean {
    this.replayId = undefined;
    this.tellClient(this.requests.lose(this.unanswered));
    return this.unanswered !== undefined || !this.waiting.isEmpty;
  }

  /** No daemon comes any more. Gives the lines that say so to each request. */
  refuseAll(problem: Problem): readonly Buffer[] {
    const waiting = this.waiting.take().flatMap(({ id }) => (id === undefined ? [] : [id]));
    return [...this.requests.left, ...waiting].map((id) => refusalOf(id, problem));
  }

  /** The client's `initialize`, where it was sent and not answered: it is simply sent again. */
  private get unanswered(): RequestId | undefined {
    const { handshake } = this;
    return handshake !== undefined && !handshake.isAnswered && this.requests.has(handshake.id) ? handshake.id : undefined;
  }
}
