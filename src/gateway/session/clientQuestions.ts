import { randomUUID } from 'node:crypto';

import { membersOf, messageOf, requestOf } from '../../node/envelope.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import type { Looked } from '../scan/guard.ts';
import type { ServerRequest, Upstream } from '../upstreams/upstream.ts';

type Answer = (outcome: 'result' | 'error', value: Buffer) => void;

interface Question {
  readonly upstream: Upstream | undefined;
  readonly serverId: RequestId | undefined;
  /** The client's request that the server works on. */
  readonly about: RequestId | undefined;
  readonly answer: Answer;
  /** Called once, when nobody waits for the answer any more. */
  readonly over: () => void;
}

/** How questions reach the client. */
export interface QuestionsWire {
  /** Wharf's own words. */
  send(message: Buffer, about: RequestId | undefined): void;
  pass(message: Buffer, about: RequestId | undefined, server: string, where: 'request'): Looked;
  /** What of the client's answer the server gets. */
  answer(value: Buffer, server: string): Looked;
}

/** More questions of one server at the same time are no conversation with a person. */
const mostOfOneServer = 32;

/** What servers, and the gateway itself, asked of one client. */
export class ClientQuestions {
  private readonly wire: QuestionsWire;
  private readonly open = new Map<RequestId, Question>();
  /** A shim may bring its client to the next daemon: a late answer to this one's question must not fit a question of that one. */
  private readonly run = randomUUID().slice(0, 8);
  private nextId = 1;
  private closed = false;

  constructor(wire: QuestionsWire) {
    this.wire = wire;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Passes on what a server asked. `about` is the client's request that the server works on, `over` hears of its end. */
  pass(server: string, upstream: Upstream, request: ServerRequest, about: RequestId | undefined, over: () => void): void {
    const { id, method, params } = request;
    const answer: Answer = (outcome, value) => {
      const looked = this.wire.answer(value, server);
      upstream.respond(
        id,
        ...(looked.kind === 'passed' ? ([outcome, looked.value] as const) : (['error', errorOf(looked.problem.message)] as const)),
      );
    };
    if ([...this.open.values()].filter((question) => question.upstream === upstream).length >= mostOfOneServer) {
      over();
      answer('error', errorOf(`More than ${mostOfOneServer} questions are open.`));
      return;
    }
    const asked = this.put({ upstream, serverId: id, about, answer, over });
    const looked = this.wire.pass(questionOf(asked, method, params), about, server, 'request');
    if (looked.kind === 'blocked') {
      this.settle(asked, 'error', errorOf(looked.problem.message));
    }
  }

  /** Asks the client for the gateway itself. */
  ask(method: string, answer: Answer): void {
    const id = this.put({ upstream: undefined, serverId: undefined, about: undefined, answer, over: () => undefined });
    this.wire.send(questionOf(id, method, undefined), undefined);
  }

  /** The client's answer. Nobody waits for one that is late. */
  settle(id: RequestId | null, outcome: 'result' | 'error', value: Buffer): void {
    const question = id === null ? undefined : this.open.get(id);
    if (question !== undefined && id !== null) {
      this.open.delete(id);
      question.over();
      question.answer(outcome, value);
    }
  }

  /** The server does not want to know any more. `params` are those of its `notifications/cancelled`. */
  withdraw(upstream: Upstream, params: Buffer | undefined): void {
    const { requestId, reason } = membersOf(params);
    this.drop((question) => question.upstream === upstream && question.serverId === requestId, reason);
  }

  /** The client's request is over, so that nobody waits for what was asked because of it. */
  endOf(about: RequestId): void {
    this.drop((question) => question.about === about, 'The request is over.');
  }

  /** The server is gone: a person must not answer it any more. */
  lost(upstream: Upstream): void {
    this.drop((question) => question.upstream === upstream, 'The server is gone.');
  }

  /** The client left: whoever waits for it hears so. */
  close(): void {
    this.closed = true;
    for (const { answer } of this.open.values()) {
      answer('error', errorOf('The client left.'));
    }
    this.open.clear();
  }

  private drop(isMeant: (question: Question) => boolean, reason: unknown): void {
    for (const [id, question] of this.open) {
      if (isMeant(question)) {
        this.open.delete(id);
        question.over();
        this.wire.send(messageOf({ method: 'notifications/cancelled', params: { requestId: id, reason } }), undefined);
      }
    }
  }

  private put(question: Question): RequestId {
    const id = `wharf-${this.run}-${this.nextId++}`;
    this.open.set(id, question);
    return id;
  }
}

function questionOf(id: RequestId, method: string, params: Buffer | undefined): Buffer {
  return params === undefined ? messageOf({ id, method }) : requestOf(id, method, [params]);
}

function errorOf(message: string): Buffer {
  return Buffer.from(JSON.stringify({ code: errorCodes.internal, message }));
}
