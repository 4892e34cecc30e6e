import type { Problem } from '../../shared/problem.ts';
import type { Finding } from '../../shared/findings.ts';
import type { CallStatus } from '../../shared/calls.ts';
import type { McpTool, RequestId } from '../../shared/mcp.ts';
import type { Instance } from '../instances/instance.ts';
import type { OpenCall } from '../keptCall.ts';
import type { Upstream } from '../upstreams/upstream.ts';
import type { Looked } from '../scan/guard.ts';
import type { Speaker } from './clientWire.ts';
import type { ExchangeHost, Replacement } from './exchange.ts';
import type { Target } from './offer.ts';
import type { RequestsHost, RequestsLink } from './requests.ts';
import { mayHoldMore, type RestartNotes } from './restartNotes.ts';

/** What a request is passed on with. */
export interface Passing {
  readonly target: Target;
  readonly replacements: readonly Replacement[];
  readonly isRepeatable: boolean;
  readonly call?: OpenCall;
  readonly tool?: McpTool;
  /** What the client gets in place of the result. */
  readonly after?: (result: Buffer) => Promise<Buffer | Problem>;
  /** Ends what `after` began. */
  readonly abandon?: () => void;
  /** The server has answered well. */
  readonly done?: (instance: Instance) => void;
}

/** What the session does for a request that goes to a server. */
export class PassedRequest implements ExchangeHost {
  private readonly id: RequestId;
  private readonly passing: Passing;
  private readonly host: RequestsHost;
  private readonly link: RequestsLink;
  private readonly requests: { readonly notes: RestartNotes; over(id: RequestId): void };

  constructor(
    id: RequestId,
    passing: Passing,
    host: RequestsHost,
    link: RequestsLink,
    requests: { readonly notes: RestartNotes; over(id: RequestId): void },
  ) {
    this.id = id;
    this.passing = passing;
    this.host = host;
    this.link = link;
    this.requests = requests;
  }

  get user(): RequestsHost['user'] {
    return this.host.user;
  }

  private get speaker(): Speaker {
    const { target, tool } = this.passing;
    return { server: target.server, tool: tool === undefined ? null : target.own };
  }

  send(message: Buffer, about: RequestId): void {
    this.link.wire.sendSeen(message, about);
  }

  look(value: Buffer, where: 'result' | 'error'): Looked {
    const { server, tool } = this.speaker;
    const looked = this.link.guard.look(value, where, server, tool);
    this.passing.call?.finds(looked.findings);
    return looked;
  }

  tell(message: Buffer, about: RequestId): void {
    this.found(this.link.wire.tell(message, about, this.speaker));
  }

  found(findings: readonly Finding[]): void {
    this.passing.call?.finds(findings);
  }

  get server(): string {
    return this.passing.target.server;
  }

  instance(): Promise<Instance | undefined> {
    return this.host.servers.instance(this.passing.target.server);
  }

  running(): Instance | undefined {
    return this.host.servers.running(this.passing.target.server);
  }

  relist(instance: Instance): Promise<void> {
    return this.host.servers.relist(instance);
  }

  segment(name: string): void {
    this.passing.call?.segment(name);
  }

  event(text: string): void {
    this.passing.call?.event(text);
  }

  sending(instance: Instance, upstream: Upstream): void {
    this.requests.notes.sending(instance, upstream, this.host.level.name);
  }

  ended(status: Exclude<CallStatus, 'running'>, value: Buffer | Problem | null): void {
    this.requests.over(this.id);
    const result = value === null || Buffer.isBuffer(value) ? value : this.link.guard.masked(Buffer.from(JSON.stringify(value)));
    // A client that left in the middle did not see the server fail.
    this.passing.call?.end({ status: this.link.isClosed() ? 'cancelled' : status, result });
  }

  finish(result: Buffer, instance: Instance): Buffer | Promise<Buffer | Problem> {
    const { tool, call, after, done } = this.passing;
    done?.(instance);
    const mayAdd = tool === undefined || mayHoldMore(tool, this.host.client());
    const noted = call === undefined ? result : this.requests.notes.addTo(result, instance, mayAdd);
    return after === undefined ? noted : after(noted);
  }

  refuse(problem: Problem): void {
    this.link.wire.refuse(this.id, problem);
  }

  block(problem: Problem): void {
    if (this.passing.tool === undefined) {
      this.refuse(problem);
    } else {
      this.link.wire.block(this.id, problem);
    }
  }

  abandon(): void {
    this.passing.abandon?.();
  }

  log(line: string): void {
    this.link.log(line);
  }
}
