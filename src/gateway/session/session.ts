import { isDeepStrictEqual } from 'node:util';

import type { PullProgress } from '../../core/ports.ts';
import { isServerGranted } from '../../core/tools/toolGrants.ts';
import { membersOf, messageOf, notificationOf, readEnvelope, responseOf, splitBatch, type Envelope } from '../../node/envelope.ts';
import { parseSpan, type Span } from '../../node/jsonSpans.ts';
import type { SessionReport } from '../../shared/controlProtocol.ts';
import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import { describeProblem, type Problem } from '../../shared/problem.ts';
import type { ClientLink, ClientSession } from '../clientLink.ts';
import type { ProfileNews } from '../liveProfile.ts';
import { describeError } from '../describeError.ts';
import { capabilitiesFor, type ClientTraits } from '../instances/identity.ts';
import type { Instance, InstanceUser } from '../instances/instance.ts';
import type { ServerRequest, Upstream } from '../upstreams/upstream.ts';
import { openGuard, type Guard, type Looked } from '../scan/guard.ts';
import { ClientQuestions } from './clientQuestions.ts';
import { askForRoots } from './clientRoots.ts';
import { ClientWire } from './clientWire.ts';
import { clientName, initializeResult } from './handshake.ts';
import { LogLevel } from './logLevel.ts';
import type { Show } from './offer.ts';
import { listMethods, Offers } from './offers.ts';
import { Requests, type RequestsHost } from './requests.ts';
import { SessionServers, type LeftInstance, type ServersHost, type SessionFacts } from './sessionServers.ts';
import { moveSubscriptions } from './moveSubscriptions.ts';
import { Subscriptions } from './subscriptions.ts';

/** What a session works with. */
export interface SessionHost extends ServersHost, Pick<RequestsHost, 'calls'> {
  /** Looks at what goes between a session's client and its servers. */
  guardFor(facts: SessionFacts): Guard;
  log(line: string): void;
}

/** The profile that a client asked for, or why it gets none of its tools. */
export type SessionChoice =
  { readonly kind: 'usable'; readonly facts: SessionFacts } | { readonly kind: 'refused'; readonly problem: Problem };

type Request = Extract<Envelope, { kind: 'request' }>;

/** Failures that may be over where the user allows the profile as it is now, or a policy says something else. */
const mendedByAllowing: ReadonlySet<string> = new Set([
  'WHARF_IMAGE_CHANGED',
  'WHARF_IMAGE_REFUSED',
  'WHARF_IMAGE_UNSIGNED',
  'WHARF_IMAGE_LOCAL',
  'WHARF_POLICY_BROKEN',
  'WHARF_POLICY_UNREADABLE',
]);

/** A client that has roots says within this time that it is ready to be asked for them. */
const handshakePatienceMs = 5_000;

/** One MCP client, such as one Codex thread. Speaks the revisions with a handshake, 2024-11-05 to 2025-11-25. */
export class Session implements ClientSession, InstanceUser {
  readonly id: string;
  readonly startedAt = new Date().toISOString();
  private readonly choice: SessionChoice;
  private readonly host: SessionHost;
  private readonly wire: ClientWire;
  private readonly looking: Guard;
  private readonly questions: ClientQuestions;
  private readonly level = new LogLevel();
  private readonly subscriptions = new Subscriptions();
  private requests: Requests | undefined;
  private servers: SessionServers | undefined;
  private traits: ClientTraits = { capabilities: {}, roots: null };
  private offers: Offers | undefined;
  private stopFollowing: () => void = () => undefined;
  private client = 'unknown client';
  private hasUsedRoots = false;
  private closed = false;

  constructor(id: string, choice: SessionChoice, host: SessionHost, link: ClientLink) {
    this.id = id;
    // Its own, since its profile may become another one.
    this.choice = choice.kind === 'usable' ? { kind: 'usable', facts: { ...choice.facts } } : choice;
    this.host = host;
    this.looking = choice.kind === 'usable' ? host.guardFor(choice.facts) : openGuard;
    this.wire = new ClientWire(link, () => this.servers?.ownInstances ?? [], this.looking);
    this.questions = new ClientQuestions({
      send: (message, about) => this.wire.send(message, about),
      pass: (message, about, server, where) => this.wire.pass(message, about, { server, tool: null }, where),
      answer: (value, server) => this.lookAtAnswer(value, server),
    });
  }

  receive(message: Buffer): void {
    if (this.closed) {
      // A server that is started now would be left behind.
      return;
    }
    const envelope = readEnvelope(message);
    switch (envelope?.kind) {
      case undefined:
        this.receiveOther(message);
        return;
      case 'request':
        this.answer(envelope, message);
        return;
      case 'notification':
        this.notice(envelope.method, message, envelope.params);
        return;
      case 'response':
        this.questions.settle(envelope.id, envelope.outcome, message.subarray(envelope.value.start, envelope.value.end));
    }
  }

  drained(): void {
    this.wire.drained();
  }

  /** The file of its profile: two projects may have profiles of one id. Null for a client that was refused. */
  get profilePath(): string | null {
    return this.choice.kind === 'usable' ? this.choice.facts.profile.origin.path : null;
  }

  /** Whether its client was told what is served: a session that it was not told of yet can be made anew. */
  get isServing(): boolean {
    return this.servers !== undefined;
  }

  /** What became of the profile that it serves. */
  profileChanged(news: ProfileNews): void {
    if (this.closed || this.choice.kind === 'refused' || this.servers === undefined) {
      return;
    }
    const { facts } = this.choice;
    if (news.kind !== 'served') {
      const words = describeProblem(news.problem);
      this.wire.warn(news.kind === 'kept' ? `What was served before is still served: ${words}` : words);
    }
    if (news.kind === 'served' && isDeepStrictEqual(news.facts.profile, facts.profile)) {
      this.servers.retry(mendedByAllowing);
    } else if (news.kind !== 'kept') {
      const profile = news.kind === 'served' ? news.facts.profile : { ...facts.profile, servers: [] };
      this.looking.serve(profile);
      this.followOn(this.servers.serve(profile, news.kind === 'served' ? null : news.problem));
    }
  }

  /** The lock of its profile is another one now. */
  relock(): void {
    this.servers?.relock();
  }

  report(): SessionReport {
    return {
      id: this.id,
      client: this.client,
      profile: this.choice.kind === 'usable' ? this.choice.facts.profile.id : '',
      startedAt: this.startedAt,
      servers: (this.servers?.reports() ?? []).map((report) => this.looking.listed(report.name, report)),
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.stopFollowing();
    this.requests?.cancelAll('The client left.');
    this.questions.close();
    this.subscriptions.close();
    this.wire.close();
    await this.servers?.close();
  }

  ask(instance: Instance, request: ServerRequest): void {
    const upstream = instance.upstream;
    if (upstream !== undefined) {
      const exchange = this.requests?.oldestAt(instance);
      exchange?.asked(1);
      this.questions.pass(instance.spec.server.name, upstream, request, exchange?.id, () => exchange?.asked(-1));
    }
  }

  hear(instance: Instance, method: string, params: Buffer | undefined): void {
    const upstream = instance.upstream;
    switch (method) {
      case 'notifications/cancelled':
        if (upstream !== undefined) {
          this.questions.withdraw(upstream, params);
        }
        return;
      case 'notifications/resources/updated':
        this.hearOfResource(instance, params);
        return;
      case 'notifications/message':
        if (this.level.passes(params)) {
          this.pass(instance, method, params);
        }
        return;
      default:
        this.pass(instance, method, params);
    }
  }

  private pass(instance: Instance, method: string, params: Buffer | undefined): void {
    const exchange = this.requests?.oldestAt(instance);
    const found = this.wire.tell(notificationOf(method, params), exchange?.id, { server: instance.spec.server.name, tool: null });
    if (found.length > 0) {
      exchange?.found(found);
    }
  }

  lost(_instance: Instance, upstream: Upstream): void {
    this.questions.lost(upstream);
  }

  step(instance: Instance, step: string, progress: PullProgress | null): void {
    this.requests?.step(instance.spec.server.name, step, progress);
  }

  /** What the client, or its model, tells a server that asked. */
  private lookAtAnswer(value: Buffer, server: string): Looked {
    const looked = this.looking.look(value, 'arguments', server, null);
    for (const { title, action } of looked.findings) {
      this.host.log(`An answer for the server "${server}" held something secret (${title}); it was ${action}.`);
    }
    return looked;
  }

  private answer(request: Request, message: Buffer): void {
    switch (request.method) {
      case 'initialize':
        this.initialize(request, message);
        return;
      case 'ping':
        this.wire.confirm(request.id);
        return;
      case 'logging/setLevel':
        this.level.set(request.params === undefined ? undefined : parseSpan(message, request.params));
        this.wire.confirm(request.id);
        return;
      default:
        this.answerLater(request, message);
    }
  }

  private answerLater(request: Request, message: Buffer): void {
    if (this.choice.kind === 'refused') {
      this.wire.refuse(request.id, this.choice.problem);
      return;
    }
    const list = listMethods.get(request.method);
    const { offers, requests } = this;
    if (offers === undefined || requests === undefined) {
      this.wire.fault(request.id, errorCodes.invalidRequest, 'Send "initialize" first.');
    } else if (list !== undefined) {
      this.guard(request, offers.list(request.id, list));
    } else if (!requests.begin(request, message)) {
      this.wire.fault(request.id, errorCodes.methodNotFound, `Wharf does not offer "${request.method}".`);
    }
  }

  /** A bug in one request must cost the client that request only. */
  private guard(request: Request, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.host.log(`Session ${this.id}: ${request.method} failed: ${describeError(error)}`);
      this.wire.fault(request.id, errorCodes.internal, 'Wharf failed inside; its log has the details.');
    });
  }

  private notice(method: string, message: Buffer, params: Span | undefined): void {
    switch (method) {
      case 'notifications/initialized':
        this.begin();
        return;
      case 'notifications/cancelled': {
        const { requestId, reason } = membersOf(params === undefined ? undefined : message.subarray(params.start, params.end));
        this.requests?.cancel(requestId as RequestId, typeof reason === 'string' ? reason : undefined);
        return;
      }
      case 'notifications/roots/list_changed':
        askForRoots(this.questions, (roots) => {
          for (const instance of this.servers?.ownInstances ?? []) {
            instance.upstream?.notify(method);
          }
          this.useRoots(roots);
        });
    }
  }

  private receiveOther(message: Buffer): void {
    const batch = splitBatch(message);
    if (batch === undefined) {
      this.wire.fault(null, errorCodes.parse, 'The line is not a JSON-RPC 2.0 message.');
    }
    batch?.forEach((one) => this.receive(one));
  }

  private initialize(request: Request, message: Buffer): void {
    const span = request.params;
    const params = membersOf(span === undefined ? undefined : message.subarray(span.start, span.end));
    this.client = clientName(params['clientInfo']);
    if (this.choice.kind === 'refused') {
      this.host.log(`Session ${this.id} of ${this.client} is refused: ${this.choice.problem.message}`);
      this.wire.refuse(request.id, this.choice.problem);
      return;
    }
    const { facts } = this.choice;
    this.traits = { capabilities: capabilitiesFor(params['capabilities']), roots: null };
    if (this.servers === undefined) {
      this.serve(facts);
    }
    const offered = (this.servers?.offered ?? []).filter(({ server }) => isServerGranted(server.name, facts.granted));
    const show: Show = (server, listed) => this.looking.listed(server, listed);
    const result = initializeResult(params['protocolVersion'], facts.profile, offered, show);
    this.wire.sendSeen(responseOf(request.id, 'result', Buffer.from(JSON.stringify(result))), request.id);
  }

  /** The servers are looked at from the first word on. Where roots matter to them, the client is asked for these first. */
  private serve(facts: SessionFacts): void {
    const servers = new SessionServers(facts, this.traits, this.host, this, {
      warn: (text) => this.warn(text),
      changed: () => this.offers?.renew(),
      log: (line) => this.host.log(line),
    });
    const offers = new Offers(facts, servers, this.wire, this.looking);
    this.servers = servers;
    this.offers = offers;
    this.requests = new Requests(
      {
        user: this,
        calls: this.host.calls,
        client: () => this.client,
        get profile() {
          return facts.profile;
        },
        interceptors: facts.interceptors,
        resumed: facts.resumed,
        servers,
        level: this.level,
        subscriptions: this.subscriptions,
        granted: facts.granted,
        called: facts.called,
      },
      {
        wire: this.wire,
        guard: this.looking,
        offer: () => offers.current,
        log: (line) => this.host.log(line),
        isClosed: () => this.closed,
        over: (id) => this.questions.endOf(id),
      },
    );
    this.stopFollowing = this.host.lists.follow((key) => {
      if (servers.has(key)) {
        offers.renew();
      }
    });
    if ('roots' in this.traits.capabilities) {
      // One that never says that the handshake is over is served all the same.
      setTimeout(() => this.useRoots(null), handshakePatienceMs).unref();
    } else {
      this.useRoots(null);
    }
  }

  /** The handshake is over: a client with roots is asked for them before its servers start. */
  private begin(): void {
    if ('roots' in this.traits.capabilities) {
      askForRoots(this.questions, (roots) => this.useRoots(roots));
    }
  }

  private useRoots(roots: string | null): void {
    if (this.closed || (this.hasUsedRoots && roots === this.traits.roots)) {
      return;
    }
    this.hasUsedRoots = true;
    this.traits = { ...this.traits, roots };
    this.followOn(this.servers?.use(this.traits) ?? []);
  }

  private followOn(left: readonly LeftInstance[]): void {
    const { servers, subscriptions } = this;
    if (servers !== undefined) {
      moveSubscriptions(left, { servers, subscriptions, isClosed: () => this.closed });
    }
  }

  private hearOfResource(instance: Instance, params: Buffer | undefined): void {
    const seen = params === undefined ? undefined : this.subscriptions.heardOf(instance, params);
    if (seen !== undefined) {
      this.wire.send(messageOf({ method: 'notifications/resources/updated', params: { uri: seen } }), undefined);
    }
  }

  /** A tool must not vanish silently: the client hears of it, and so does the log. */
  private warn(text: string): void {
    if (this.closed) {
      // What ends because the client left is no news.
      return;
    }
    this.host.log(text);
    this.wire.warn(text);
  }
}
