import type { PullProgress } from '../../core/ports.ts';
import * as problems from '../../core/problems.ts';
import type { ServedProfile } from '../../core/profile/grants.ts';
import { serverDefaults } from '../../core/profile/profile.ts';
import { isServerGranted } from '../../core/tools/toolGrants.ts';
import { parseSpan } from '../../node/jsonSpans.ts';
import type { Finding } from '../../shared/findings.ts';
import type { CallSummary } from '../../shared/calls.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import type { CallLog } from '../callLog.ts';
import { describeError } from '../describeError.ts';
import type { Instance, InstanceUser } from '../instances/instance.ts';
import type { CallInterceptors } from '../interceptors/interceptors.ts';
import type { Guard } from '../scan/guard.ts';
import type { ClientWire } from './clientWire.ts';
import { Exchange } from './exchange.ts';
import type { LogLevel } from './logLevel.ts';
import type { Offer, Target } from './offer.ts';
import { PassedRequest, type Passing } from './passedRequest.ts';
import { RestartNotes } from './restartNotes.ts';
import {
  addressKeys,
  addressOf,
  readRoute,
  withParams,
  type Address,
  type ClientRequest,
  type Routed,
  type RoutedRequest,
} from './routing.ts';
import type { SessionServers } from './sessionServers.ts';
import type { Subscriptions } from './subscriptions.ts';
import { ToolCalls } from './toolCalls.ts';

/** Whose requests these are. */
export interface RequestsHost {
  readonly user: InstanceUser;
  readonly calls: CallLog;
  readonly client: () => string;
  readonly profile: ServedProfile;
  readonly interceptors: CallInterceptors;
  /** Another gateway served this client before. */
  readonly resumed: boolean;
  readonly servers: SessionServers;
  readonly level: LogLevel;
  readonly subscriptions: Subscriptions;
  /** What the client's token lets it use; everything where it is undefined. */
  readonly granted: readonly string[] | undefined;
  /** Is told of each call that ended. */
  readonly called: ((call: CallSummary) => void) | undefined;
}

/** What the session does for its requests. */
export interface RequestsLink {
  readonly wire: ClientWire;
  readonly guard: Guard;
  offer(): Offer;
  log(line: string): void;
  isClosed(): boolean;
  /** Nobody waits for this request any more. */
  over(id: RequestId): void;
}

interface Open {
  readonly exchange: Exchange;
  readonly server: string;
}

/** The requests of one client that go to servers. */
export class Requests {
  private readonly host: RequestsHost;
  private readonly link: RequestsLink;
  private readonly open = new Map<RequestId, Open>();
  private readonly calls: ToolCalls;
  readonly notes: RestartNotes;

  constructor(host: RequestsHost, link: RequestsLink) {
    this.host = host;
    this.link = link;
    this.notes = new RestartNotes(host.resumed);
    this.calls = new ToolCalls(host, link, (request, message, routed, passing) => this.pass(request, message, routed, passing));
  }

  /** Passes a request on to the server that it is for. false when no server ever gets such requests. */
  begin(request: ClientRequest, message: Buffer): boolean {
    const key = addressKeys.get(request.method);
    if (key === undefined) {
      return false;
    }
    const routed = readRoute(request, message, key);
    if (routed === undefined) {
      this.link.wire.fault(request.id, errorCodes.invalidParams, `"${request.method}" needs "${key}".`);
    } else if (request.method === 'tools/call') {
      this.calls.begin(request, message, routed);
    } else {
      void this.passOn(request, message, routed);
    }
    return true;
  }

  cancel(id: RequestId, reason: string | undefined): void {
    this.calls.cancel(id);
    this.open.get(id)?.exchange.cancel(reason);
    this.open.delete(id);
  }

  cancelAll(reason: string): void {
    for (const id of [...this.open.keys(), ...this.calls.openIds]) {
      this.cancel(id, reason);
    }
  }

  /** The request that a server has worked on for longest, and of those first one that waits for nothing else. */
  oldestAt(instance: Instance): Exchange | undefined {
    const there = [...this.open.values()].map(({ exchange }) => exchange).filter((exchange) => exchange.instance === instance);
    return there.find(({ questions }) => questions === 0) ?? there[0];
  }

  /** Tells the clients of a server that still has to do something before it can work. */
  step(server: string, text: string, progress: PullProgress | null): void {
    for (const { exchange, server: its } of this.open.values()) {
      if (its === server) {
        exchange.step(text, progress?.doneBytes ?? 0, progress?.totalBytes ?? 0);
      }
    }
  }

  /** A prompt, a resource, or what completes one. It may belong to a server that still starts for the first time. */
  private async passOn(request: ClientRequest, message: Buffer, routed: Routed): Promise<void> {
    const { method, id } = request;
    const said = parseSpan(message, routed.name);
    const address = addressOf(method, said);
    let target = address === undefined ? undefined : this.find(address);
    if (target === undefined) {
      await this.host.servers.known;
      target = address === undefined ? undefined : this.find(address);
    }
    if (address === undefined || target === undefined) {
      const name = address?.name ?? JSON.stringify(said);
      this.link.wire.refuse(id, address?.kind === 'prompt' ? problems.promptUnknown(name) : problems.resourceUnknown(name));
      return;
    }
    if (method === 'resources/unsubscribe' && !this.unsubscribe(target)) {
      // Others still follow it on the same server, or nobody did.
      this.link.wire.confirm(id);
      return;
    }
    if (method === 'resources/subscribe' && this.host.subscriptions.isFull) {
      this.link.wire.refuse(id, problems.subscriptionsFull());
      return;
    }
    const looked = this.link.guard.look(message.subarray(routed.params.start, routed.params.end), 'arguments', target.server, null);
    if (looked.kind === 'blocked') {
      this.link.wire.refuse(id, looked.problem);
    } else if (looked.findings.length === 0) {
      this.address({ request, message, routed }, address, target);
    } else {
      this.log(looked.findings, target.server);
      this.passMasked(withParams({ request, message, routed }, looked.value), { id, address, target });
    }
  }

  /** The server gets what it calls this, in place of what the client calls it. */
  private address({ request, message, routed }: RoutedRequest, address: Address, target: Target): void {
    const own = Buffer.from(JSON.stringify(address.rewrite(target.own)));
    const replacements = target.own === address.name ? [] : [{ ...routed.name, by: own }];
    const subscribing = this.subscribing(request.method, target, address.name);
    this.pass(request, message, routed, { target, replacements, isRepeatable: true, ...subscribing });
  }

  /** A request without the secrets that its client put into it. */
  private passMasked(
    masked: RoutedRequest | undefined,
    { id, address, target }: { readonly id: RequestId; readonly address: Address; readonly target: Target },
  ): void {
    const said = masked && addressOf(masked.request.method, parseSpan(masked.message, masked.routed.name));
    if (masked === undefined || said === undefined) {
      this.link.wire.refuse(id, problems.secretBlocked('arguments', null, target.server));
      return;
    }
    // What the server itself listed it may hear again.
    const isListed = target.own !== address.name || this.isListed(address);
    this.address(masked, said, isListed ? target : { ...target, own: said.name });
  }

  private isListed({ kind, name }: Address): boolean {
    const { prompts, resources } = this.link.offer();
    return (kind === 'prompt' ? prompts : resources).has(name);
  }

  private log(findings: readonly Finding[], server: string): void {
    for (const { title, action } of findings) {
      this.link.log(`A request to the server "${server}" held something secret (${title}); it was ${action}.`);
    }
  }

  private subscribing(method: string, target: Target, seen: string): Pick<Passing, 'done'> {
    const { subscriptions } = this.host;
    return method === 'resources/subscribe' ? { done: (instance) => subscriptions.add(instance, target.own, seen) } : {};
  }

  /** Whether the server has to be told. */
  private unsubscribe(target: Target): boolean {
    const instance = this.host.servers.running(target.server);
    return instance !== undefined && this.host.subscriptions.remove(instance, target.own);
  }

  private find({ kind, name }: Address): Target | undefined {
    const offer = this.link.offer();
    if (kind === 'prompt') {
      return offer.prompts.get(name);
    }
    const listed = offer.resources.get(name);
    if (listed !== undefined) {
      return listed;
    }
    const server = offer.templates.find(({ pattern }) => pattern.test(name))?.server ?? this.onlyWithResources();
    return server === undefined ? undefined : { server, own: name };
  }

  /** Servers may have resources that they do not list; when there is one such server alone, it is meant. */
  private onlyWithResources(): string | undefined {
    const able = this.host.servers.offered.filter(
      ({ server, lists }) => lists !== null && 'resources' in lists.capabilities && isServerGranted(server.name, this.host.granted),
    );
    return able.length === 1 ? able[0]?.server.name : undefined;
  }

  private pass(request: ClientRequest, message: Buffer, { params, token }: Routed, passing: Passing): void {
    const { id, method } = request;
    if (this.link.isClosed()) {
      passing.call?.end({ status: 'cancelled', result: null });
      return;
    }
    const { server } = passing.target;
    const timeoutMs = this.host.profile.servers.find(({ name }) => name === server)?.callTimeoutMs ?? serverDefaults.callTimeoutMs;
    const { replacements, isRepeatable } = passing;
    const exchange = new Exchange(
      { id, method, message, params, replacements, token, timeoutMs, isRepeatable },
      new PassedRequest(id, passing, this.host, this.link, this),
    );
    this.open.set(id, { exchange, server });
    try {
      exchange.start();
    } catch (error) {
      this.link.log(`${method} failed: ${describeError(error)}`);
      this.over(id);
      passing.call?.end({ status: 'error', result: null });
      this.link.wire.fault(id, errorCodes.internal, 'Wharf failed inside; its log has the details.');
    }
  }

  /** It was answered, or nobody waits for it. */
  over(id: RequestId): void {
    this.open.delete(id);
    this.link.over(id);
  }
}
