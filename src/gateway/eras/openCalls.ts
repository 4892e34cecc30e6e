import { notificationOf } from '../../node/envelope.ts';
import { errorCodes, type JsonRpcError, type RequestId } from '../../shared/mcp.ts';
import type { ClientLink } from '../clientLink.ts';
import { inputRequired, inputRequests, mayAsk, urlRequests, type InputRequests } from './inputRequired.ts';
import type { InnerSession, Question } from './innerSession.ts';
import { newCall, outerFor, subjectOf, type Call, type Outer } from './modernCall.ts';
import { modernError, modernResult, type InnerReply } from './modernReplies.ts';
import { readMembers, withMembers } from './objectBytes.ts';
import { handshakeParams, type ModernRequest } from './requestMeta.ts';
import { eraCodes, roundMethods, type Json } from './revision.ts';
import { Rounds, type WaitingLimits } from './rounds.ts';

/** Milliseconds in which further questions of a server join the same round. */
const gatherMs = 10;
const questionsPerCall = 32;

/** The requests of a client of 2026-07-28 that an inner session works on, and the rounds of questions in between (MRTR). */
export class OpenCalls {
  private readonly link: ClientLink;
  private readonly inner: InnerSession;
  private readonly capabilities: Json;
  private readonly byNumber = new Map<number, Call>();
  private readonly byOuter = new Map<RequestId, Call>();
  /** Calls whose client was asked; undefined where the request is to be made again. */
  private readonly rounds: Rounds<Call | undefined>;

  constructor(link: ClientLink, inner: InnerSession, capabilities: Json, limits: WaitingLimits) {
    this.link = link;
    this.inner = inner;
    this.capabilities = capabilities;
    this.rounds = new Rounds(limits, ({ what: call }) => {
      if (call !== undefined) {
        this.abandon(call, 'The client did not come back with an answer.');
      }
    });
  }

  get isIdle(): boolean {
    return this.byNumber.size === 0 && this.rounds.isEmpty;
  }

  has(id: RequestId): boolean {
    return this.byOuter.has(id);
  }

  /** Whether this `requestState` was given out here and is still good. */
  holds(state: string): boolean {
    return this.rounds.has(state);
  }

  /** The client's request for which the inner session says something. */
  outerOf(about: RequestId | undefined): Outer | undefined {
    const state = typeof about === 'number' ? this.byNumber.get(about)?.state : undefined;
    return state?.kind === 'open' ? state.outer : undefined;
  }

  begin(request: ModernRequest): void {
    const call = newCall(this.inner.upcoming, request);
    this.byNumber.set(call.id, call);
    this.byOuter.set(request.id, call);
    this.inner.begin(call.method, handshakeParams(request, call.id), (reply) => this.settle(call, reply));
  }

  /** The client's next try, with its answers. */
  resume(request: ModernRequest, state: string): void {
    const waiting = this.rounds.take(state, request.method, subjectOf(request));
    if (waiting === undefined) {
      this.link.send(
        modernError(request.id, { code: errorCodes.invalidParams, message: 'This "requestState" belongs to another request.' }),
        request.id,
      );
      return;
    }
    const call = waiting.what;
    if (call?.state.kind !== 'away') {
      this.begin(request);
      return;
    }
    const { reply } = call.state;
    call.state = { kind: 'open', outer: outerFor(request) };
    this.byOuter.set(request.id, call);
    this.answer(call, request);
    if (reply !== undefined) {
      this.finish(call, reply);
    } else if (call.questions.size > 0) {
      this.gather(call);
    }
  }

  /** A server asks something. It is passed on where the client can be asked and said that it may be. */
  asked(question: Question, about: RequestId | undefined): void {
    const call = typeof about === 'number' ? this.byNumber.get(about) : undefined;
    const refusal = mayAsk(question, this.capabilities);
    if (refusal !== undefined) {
      this.inner.refuse(question, refusal.code, refusal.message);
    } else if (call === undefined || !roundMethods.has(call.method)) {
      this.inner.refuse(
        question,
        errorCodes.invalidRequest,
        'The client can be asked only while it waits for a tool, a prompt or a resource.',
      );
    } else if (call.questions.size >= questionsPerCall) {
      this.inner.refuse(question, errorCodes.invalidRequest, 'Too many questions are open for this request.');
    } else {
      call.questions.set(`input-${++call.asked}`, question);
      this.gather(call);
    }
  }

  /** The server does not want to know any more. */
  withdraw(id: unknown): void {
    for (const { questions } of this.byNumber.values()) {
      for (const [key, question] of questions) {
        if (question.id === id) {
          questions.delete(key);
        }
      }
    }
  }

  progress(params: Buffer | undefined, about: RequestId | undefined): void {
    const outer = this.outerOf(about);
    const pieces = outer?.token === undefined || params === undefined ? undefined : withMembers(params, 0, { progressToken: outer.token });
    if (outer !== undefined && pieces !== undefined) {
      this.link.send(notificationOf('notifications/progress', Buffer.concat(pieces)), outer.id);
    }
  }

  /** The client gave a request up. false where there is none of this id. */
  cancel(id: RequestId, reason: string | undefined): boolean {
    const call = this.byOuter.get(id);
    if (call !== undefined) {
      this.byOuter.delete(id);
      this.abandon(call, reason);
    }
    return call !== undefined;
  }

  close(): void {
    for (const { gathering } of this.byNumber.values()) {
      clearTimeout(gathering);
    }
    this.rounds.close();
    this.byNumber.clear();
    this.byOuter.clear();
  }

  private abandon(call: Call, reason: string | undefined): void {
    this.byNumber.delete(call.id);
    this.inner.cancel(call.id, reason);
    this.dropQuestions(call, 'The client does not wait any more.');
  }

  private settle(call: Call, reply: InnerReply): void {
    if (call.state.kind === 'away') {
      // Kept until the client comes back.
      call.state.reply = reply;
    } else {
      this.finish(call, reply);
    }
  }

  private finish(call: Call, reply: InnerReply): void {
    this.byNumber.delete(call.id);
    this.dropQuestions(call, 'The request is over.');
    if (call.state.kind !== 'open') {
      return;
    }
    const { id } = call.state.outer;
    this.byOuter.delete(id);
    if (reply.kind === 'result') {
      this.link.send(modernResult(reply, id, call.method, this.inner.hello.serverInfo), id);
    } else {
      this.fail(call, id, reply.error);
    }
  }

  /** A server of 2025-11-25 may want addresses opened before it does the work: to a client of 2026-07-28 that is a question too. */
  private fail(call: Call, id: RequestId, error: JsonRpcError): void {
    const isQuestion = error.code === eraCodes.urlElicitationRequired && roundMethods.has(call.method) && !this.rounds.isFull;
    const asks = isQuestion ? urlRequests(error.data, this.capabilities) : undefined;
    if (asks === undefined) {
      const { code } = error;
      this.link.send(modernError(id, { ...error, code: code === eraCodes.urlElicitationRequired ? errorCodes.internal : code }), id);
    } else if (asks.kind === 'not allowed') {
      const data = { requiredCapabilities: { elicitation: { url: {} } } };
      this.link.send(modernError(id, { code: eraCodes.missingCapability, message: error.message, data }), id);
    } else {
      this.sendRound(id, call, undefined, asks.requests);
    }
  }

  private gather(call: Call): void {
    if (call.state.kind === 'open') {
      call.gathering ??= setTimeout(() => this.ask(call), gatherMs);
    }
  }

  private ask(call: Call): void {
    call.gathering = undefined;
    if (call.state.kind !== 'open' || call.questions.size === 0) {
      return;
    }
    if (this.rounds.isFull) {
      this.dropQuestions(call, 'Too many requests wait for this client already.');
      return;
    }
    const { id } = call.state.outer;
    this.byOuter.delete(id);
    call.state = { kind: 'away', reply: undefined };
    this.sendRound(id, call, call, inputRequests(call.questions));
  }

  private sendRound(id: RequestId, { method, subject }: Call, call: Call | undefined, requests: InputRequests): void {
    const state = this.rounds.put({ method, subject, what: call });
    this.link.send(inputRequired(id, requests, state, this.inner.hello.serverInfo), id);
  }

  private answer(call: Call, { message, members }: ModernRequest): void {
    const span = members.get('inputResponses');
    const given = span === undefined ? undefined : readMembers(message, span.start);
    for (const { name, value } of given?.members ?? []) {
      const question = call.questions.get(name);
      // What is no object is no answer: it is asked for again.
      if (question !== undefined && message[value.start] === 0x7b) {
        call.questions.delete(name);
        this.inner.answer(question, 'result', message.subarray(value.start, value.end));
      }
    }
  }

  private dropQuestions(call: Call, why: string): void {
    clearTimeout(call.gathering);
    call.gathering = undefined;
    const open = [...call.questions.values()];
    call.questions.clear();
    open.forEach((question) => this.inner.refuse(question, errorCodes.internal, why));
  }
}
