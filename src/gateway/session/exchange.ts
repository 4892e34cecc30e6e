import * as problems from '../../core/problems.ts';
import { membersOf, notificationOf, responseOf } from '../../node/envelope.ts';
import { findMembers, replaceSpans, type Span } from '../../node/jsonSpans.ts';
import { maxLineBytes } from '../../node/lines.ts';
import type { Finding } from '../../shared/findings.ts';
import type { RequestId } from '../../shared/mcp.ts';
import type { Problem } from '../../shared/problem.ts';
import type { Result } from '../../shared/result.ts';
import type { CallStatus } from '../../shared/calls.ts';
import { describeError } from '../describeError.ts';
import type { Looked } from '../scan/guard.ts';
import type { Instance, InstanceUser } from '../instances/instance.ts';
import type { Upstream } from '../upstreams/upstream.ts';
import type { UpstreamReply } from '../upstreams/upstreamReply.ts';

/** A member of a client's message, and the bytes that take its place for the server. */
export type Replacement = Span & { readonly by: Buffer };

/** One request of a client that goes to one server. */
export interface ExchangeRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly message: Buffer;
  readonly params: Span;
  /** In the order of the message, and none of them the progress token. */
  readonly replacements: readonly Replacement[];
  readonly token: Span | undefined;
  readonly timeoutMs: number;
  /** It may be sent again after the server was lost on the way: it reads only, or doing it twice is the same as once. */
  readonly isRepeatable: boolean;
}

/** Where an exchange belongs. */
export interface ExchangeHost {
  readonly user: InstanceUser;
  /** Sends an answer that `look` has let pass. */
  send(message: Buffer, about: RequestId): void;
  /** What of the server's answer may go to the client. */
  look(value: Buffer, where: 'result' | 'error'): Looked;
  /** Says what the client may miss, as far as it may see it. */
  tell(message: Buffer, about: RequestId): void;
  /** Secrets were found in what the server said about this. */
  found(findings: readonly Finding[]): void;
  /** The copy of the server to use; it may have to be started. Undefined when the profile does not have it any more. */
  instance(): Promise<Instance | undefined>;
  /** The name of the server. */
  readonly server: string;
  running(): Instance | undefined;
  /** Asks the server again what it offers. */
  relist(instance: Instance): Promise<void>;
  /** Milliseconds spent on something ended. */
  segment(name: string): void;
  event(text: string): void;
  /** The server is about to get the request. */
  sending(instance: Instance, upstream: Upstream): void;
  /** Over. The bytes are what the server said, or null where it said nothing. */
  ended(status: Exclude<CallStatus, 'running'>, value: Buffer | Problem | null): void;
  /** The result that the client gets in place of the server's, which was looked at. Where it is another one, that is looked at too. */
  finish(result: Buffer, instance: Instance): Buffer | Promise<Buffer | Problem>;
  refuse(problem: Problem): void;
  /** The client hears that the answer was withheld. */
  block(problem: Problem): void;
  /** Ends what `finish` began. */
  abandon(): void;
  log(line: string): void;
}

/** A profile that is edited all the time, or clients that come and go, must not keep a request for ever. */
const mostMissed = 5;

type Passed = Extract<Looked, { kind: 'passed' }>;

type State =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'sent'; readonly instance: Instance; readonly upstream: Upstream; readonly id: number }
  /** The server has answered, and the answer is still looked at. */
  | { readonly kind: 'finishing' }
  | { readonly kind: 'over' };

/** A request on its way to a server and back. The usual one, to a server that runs, makes no promise and copies no body twice. */
export class Exchange {
  private readonly request: ExchangeRequest;
  private readonly host: ExchangeHost;
  private state: State = { kind: 'waiting' };
  private tries = 0;
  /** Copies that left before they heard of this. */
  private missed = 0;

  constructor(request: ExchangeRequest, host: ExchangeHost) {
    this.request = request;
    this.host = host;
  }

  get id(): RequestId {
    return this.request.id;
  }

  /** Questions of the server that the client has not answered yet. */
  questions = 0;

  /** The server that works on it now. */
  get instance(): Instance | undefined {
    return this.state.kind === 'sent' ? this.state.instance : undefined;
  }

  /** The client is asked something, or has answered: meanwhile the time that the server may take stands still. */
  asked(change: 1 | -1): void {
    this.questions += change;
    if (this.state.kind === 'sent') {
      this.state.upstream.hold(this.state.id, this.questions > 0);
    }
  }

  /** Secrets were found in what the server said about this. */
  found(findings: readonly Finding[]): void {
    this.host.found(findings);
  }

  start(): void {
    const instance = this.host.running();
    const upstream = instance?.upstream;
    if (instance !== undefined && upstream !== undefined) {
      this.send(instance, upstream);
    } else {
      void this.startServer();
    }
  }

  /** MCP, "Cancellation": the one who cancelled gets no answer any more, and servers need not send one. */
  cancel(reason: string | undefined): void {
    if (this.state.kind === 'sent') {
      const { upstream, id, instance } = this.state;
      upstream.cancel(id, reason);
      instance.uses.end(this.host.user);
    }
    if (this.state.kind === 'finishing') {
      this.host.abandon();
    }
    if (this.state.kind !== 'over') {
      this.state = { kind: 'over' };
      this.host.ended('cancelled', null);
    }
  }

  /** Says that something is done before the server can work on it, to a client that asked to hear of progress. */
  step(text: string, done: number, total: number): void {
    const { token, message, id } = this.request;
    if (token !== undefined && this.state.kind === 'waiting') {
      const rest = Buffer.from(`,"progress":${done},${total > 0 ? `"total":${total},` : ''}"message":${JSON.stringify(text)}}`);
      const params = Buffer.concat([Buffer.from('{"progressToken":'), message.subarray(token.start, token.end), rest]);
      this.host.tell(notificationOf('notifications/progress', params), id);
    }
  }

  private async startServer(): Promise<void> {
    try {
      const instance = await this.host.instance();
      if (instance === undefined) {
        this.fail(problems.serverLeft(this.host.server));
        return;
      }
      const wasReady = instance.state.kind === 'ready';
      const upstream: Result<Upstream> =
        this.state.kind === 'over' ? { ok: false, problem: problems.serverGone('') } : await instance.ready();
      if (this.state.kind === 'over') {
        return;
      }
      if (!upstream.ok) {
        if (instance.isClosed && this.tries === 0 && this.missed < mostMissed) {
          // It left with somebody else, or for another one, before it heard of this: the next does as well.
          this.missed += 1;
          void this.startServer();
        } else {
          this.fail(upstream.problem);
        }
        return;
      }
      if (!wasReady) {
        this.host.event('The server was started for this call.');
      }
      this.send(instance, upstream.value);
    } catch (error) {
      this.host.log(describeError(error));
      this.fail(problems.internal(this.request.method));
    }
  }

  private send(instance: Instance, upstream: Upstream): void {
    const { message, params, token, replacements, method, timeoutMs } = this.request;
    if (upstream.channel.queuedBytes > maxLineBytes) {
      this.fail(problems.serverFlooded(instance.spec.server.name));
      return;
    }
    this.tries++;
    this.host.segment('wait');
    this.host.sending(instance, upstream);
    const own = token === undefined ? [] : [{ ...token, by: Buffer.from(String(upstream.nextId)) }];
    const pieces = replaceSpans(
      message,
      params,
      [...replacements, ...own].sort((a, b) => a.start - b.start),
    );
    const sent: State = { kind: 'sent', instance, upstream, id: upstream.nextId };
    this.state = sent;
    instance.uses.begin(this.host.user);
    upstream.request({
      method,
      params: pieces,
      timeoutMs,
      onProgress: token === undefined ? undefined : (progress) => this.progress(progress, token),
      onReply: (reply) => this.settle(reply, sent),
    });
  }

  private progress(params: Buffer, token: Span): void {
    const own = findMembers(params, 0, ['progressToken'])?.spans[0];
    if (own !== undefined && this.state.kind === 'sent') {
      const by = this.request.message.subarray(token.start, token.end);
      const pieces = replaceSpans(params, { start: 0, end: params.length }, [{ ...own, by }]);
      this.host.tell(notificationOf('notifications/progress', Buffer.concat(pieces)), this.request.id);
    }
  }

  private settle(reply: UpstreamReply, sent: Extract<State, { kind: 'sent' }>): void {
    if (this.state !== sent) {
      return;
    }
    const { instance } = sent;
    this.state = { kind: 'finishing' };
    instance.uses.end(this.host.user);
    try {
      this.take(reply, instance);
    } catch (error) {
      // Nobody else knows any more that the client waits.
      this.host.log(describeError(error));
      this.fail(problems.internal(this.request.method));
    }
  }

  private take(reply: UpstreamReply, instance: Instance): void {
    const { name } = instance.spec.server;
    switch (reply.kind) {
      case 'result':
        this.host.segment('tool');
        this.answer(reply.value, instance);
        return;
      case 'error':
        if (this.tries < 2 && isHeaderMismatch(reply.value)) {
          this.state = { kind: 'waiting' };
          void this.host.relist(instance).then(() => this.startServer());
          return;
        }
        this.host.segment('tool');
        this.answerWith('error', this.host.look(reply.value, 'error'));
        return;
      case 'timeout':
        this.fail(problems.callTimeout(name, this.request.timeoutMs));
        return;
      case 'gone':
        if (this.tries < 2 && (this.request.isRepeatable || !reply.sent)) {
          this.state = { kind: 'waiting' };
          this.host.event('The server ended, and the call is made again with a new one.');
          void this.startServer();
        } else {
          this.fail(problems.serverGone(name, reply.why));
        }
    }
  }

  /** Nothing of a server reaches an interceptor, the client, or what is kept of a call, that nobody looked at. */
  private answer(value: Buffer, instance: Instance): void {
    const looked = this.host.look(value, 'result');
    if (looked.kind === 'blocked') {
      this.block(looked);
      return;
    }
    const finished = this.host.finish(looked.value, instance);
    if (finished instanceof Promise) {
      void this.deliverLater(finished, looked);
    } else {
      this.deliver(finished, looked);
    }
  }

  private async deliverLater(finished: Promise<Buffer | Problem>, looked: Passed): Promise<void> {
    try {
      const result = await finished;
      if (Buffer.isBuffer(result)) {
        this.deliver(result, looked);
      } else {
        this.fail(result);
      }
    } catch (error) {
      this.host.log(describeError(error));
      this.fail(problems.internal(this.request.method));
    }
  }

  private deliver(result: Buffer, looked: Passed): void {
    if (this.state.kind !== 'over') {
      this.answerWith('result', result === looked.value ? looked : this.host.look(result, 'result'));
    }
  }

  private answerWith(outcome: 'result' | 'error', looked: Looked): void {
    if (looked.kind === 'blocked') {
      this.block(looked);
      return;
    }
    this.finish(outcome === 'error' || isError(looked.value) ? 'error' : 'ok', looked.kept);
    this.host.send(responseOf(this.request.id, outcome, looked.value), this.request.id);
  }

  private block({ problem }: Exclude<Looked, Passed>): void {
    this.finish('blocked', problem);
    this.host.block(problem);
  }

  private fail(problem: Problem): void {
    if (this.state.kind !== 'over') {
      this.finish('error', problem);
      this.host.refuse(problem);
    }
  }

  private finish(status: 'ok' | 'error' | 'blocked', value: Buffer | Problem): void {
    this.state = { kind: 'over' };
    this.host.ended(status, value);
  }
}

/** The server refused the call unread since its parameters changed: 2026-07-28, Streamable HTTP, "Client Behavior". */
function isHeaderMismatch(error: Buffer): boolean {
  return error.includes('-32020') && membersOf(error)['code'] === -32020;
}

function isError(result: Buffer): boolean {
  if (!result.includes('"isError"')) {
    return false;
  }
  const span = findMembers(result, 0, ['isError'])?.spans[0];
  return span !== undefined && result[span.start] === 0x74;
}
