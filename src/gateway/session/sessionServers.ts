import * as problems from '../../core/problems.ts';
import type { ServedProfile } from '../../core/profile/grants.ts';
import type { ProfileServer } from '../../core/profile/profile.ts';
import type { CallSummary } from '../../shared/calls.ts';
import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import { describeProblem, type Problem } from '../../shared/problem.ts';
import { ok } from '../../shared/result.ts';
import type { ServerReport } from '../../shared/servers.ts';
import { describeError } from '../describeError.ts';
import { instanceKey, listKey, lockedPlace, placeOf, type ClientTraits } from '../instances/identity.ts';
import type { Instance, InstanceUser } from '../instances/instance.ts';
import { defaultIdleMs, type InstancePool } from '../instances/pool.ts';
import type { CallInterceptors } from '../interceptors/interceptors.ts';
import type { KnownLists } from '../lists/knownLists.ts';
import type { ServerLists } from '../lists/serverLists.ts';
import { summariesOf } from '../lists/summaries.ts';
import { LockedOffers, type KnownOffers, type Withheld } from '../locks/lockedOffers.ts';
import { lockRefusal, type ImageSource } from '../locks/refusal.ts';
import { newBinding, rebind, stateOf, type Binding } from './binding.ts';
import { inTime } from './patience.ts';

export interface ServersHost extends ImageSource {
  readonly pool: InstancePool;
  readonly lists: KnownLists;
}

/** For whom a session's servers run. */
export interface SessionFacts {
  /** As it is served now: its file may change. */
  profile: ServedProfile;
  readonly settings: GatewaySettings;
  readonly interceptors: CallInterceptors;
  /** Another gateway served this client before. */
  readonly resumed: boolean;
  /** The project that the client works in. */
  readonly workspace: string;
  /** What the client's token lets it use of the profile; everything where it is undefined. */
  readonly granted?: readonly string[] | undefined;
  /** Is told of each call that ended. */
  readonly called?: ((call: CallSummary) => void) | undefined;
  /** Milliseconds that the first lists may wait for servers that were never asked. */
  patience(): Promise<number>;
}

/** Whom a session's servers tell. */
export interface ServersListener {
  /** One sentence about a server that failed. */
  warn(text: string): void;
  /** What they offer may be something else now. */
  changed(): void;
  log(line: string): void;
}

/** A copy of a server that a session uses no more. */
export interface LeftInstance {
  readonly server: string;
  readonly instance: Instance;
}

/** The servers of one session: what they offer, from what is known or by asking them, and where they run. */
export class SessionServers {
  /** Resolves when each server is known, failed, or has used up the patience. Begins with `use`. */
  readonly known: Promise<void>;
  /** Whether that is over. */
  isKnown = false;
  private markKnown: () => void = () => undefined;
  private readonly facts: SessionFacts;
  private traits: ClientTraits;
  private readonly host: ServersHost;
  private readonly user: InstanceUser;
  private readonly listener: ServersListener;
  /** Resolves when it is known for whom servers start: a client with roots has to tell them first. */
  private readonly gate: Promise<void>;
  private openGate: () => void = () => undefined;
  private bindings: ReadonlyMap<string, Binding>;
  private readonly locked: LockedOffers;
  /** Copies that finish what this session asked of them before it let go of them. */
  private readonly leaving = new Map<Instance, Promise<void>>();
  private hasBegun = false;
  /** Why nothing of the profile is served any more. */
  withdrawn: Problem | null = null;
  private closed = false;

  /** Nothing is started before `use`. */
  constructor(facts: SessionFacts, traits: ClientTraits, host: ServersHost, user: InstanceUser, listener: ServersListener) {
    this.facts = facts;
    this.traits = traits;
    this.host = host;
    this.locked = new LockedOffers(facts, facts.settings.frozen === true);
    this.user = user;
    this.listener = listener;
    this.gate = new Promise((resolve) => (this.openGate = resolve));
    this.bindings = new Map(facts.profile.servers.map((server) => [server.name, newBinding(server, this.listKey(server))]));
    this.known = new Promise((resolve) => {
      this.markKnown = () => {
        this.isKnown = true;
        resolve();
      };
    });
  }

  /** What is known of each server's offer and was accepted, in the order of the profile. */
  get offered(): readonly { readonly server: ProfileServer; readonly lists: ServerLists | null }[] {
    return this.knownOffers.map((known) => this.locked.narrow(known));
  }

  /** Names that were given to tools before, and stay. */
  get names(): LockedOffers['names'] {
    return this.locked.names;
  }

  /** With `--frozen`: why servers are not served. */
  get frozenOut(): readonly Problem[] {
    return this.locked.frozenOut(this.knownOffers);
  }

  /** Why a client that calls this name gets no such tool, where it is for the lock. */
  withheld(name: string): Withheld | undefined {
    return this.locked.withheld(name, this.knownOffers);
  }

  private get knownOffers(): readonly KnownOffers[] {
    return [...this.bindings.values()].map((binding) => ({
      server: binding.server,
      lists: this.listsOf(binding),
      refusal: binding.refusal,
    }));
  }

  /** Copies that run for this session alone. */
  get ownInstances(): readonly Instance[] {
    const used = [...[...this.bindings.values()].map(({ instance }) => instance), ...this.leaving.keys()];
    return used.flatMap((instance) => (instance?.spec.sharing === 'session' ? [instance] : []));
  }

  /** Why servers are missing, as far as it is known. */
  get failures(): readonly Problem[] {
    return [...this.bindings.values()].flatMap(({ failure }) => (failure === null ? [] : [failure]));
  }

  /** Why nothing is known of what some servers offer: any of them may have what is missing. */
  get unknownFailures(): readonly Problem[] {
    return [...this.bindings.values()].flatMap((binding) =>
      binding.failure === null || this.listsOf(binding) !== null ? [] : [binding.failure],
    );
  }

  /** Whether this is the key of one of these servers. */
  has(key: string): boolean {
    return [...this.bindings.values()].some((binding) => binding.listKey === key);
  }

  /**
   * These are the client's traits from now on: what is not known is asked. Servers that it shares with others are found anew,
   * its own stay. Gives the copies that it does not use any more.
   */
  use(traits: ClientTraits): readonly LeftInstance[] {
    this.traits = traits;
    this.hasBegun = true;
    this.openGate();
    const left = [...this.bindings.values()].flatMap((binding) => {
      const { instance, server } = binding;
      if (instance?.spec.sharing === 'session') {
        return [];
      }
      const unused = rebind(binding, this.listKey(server), this.listsOf(binding));
      return unused === undefined ? [] : [{ server: server.name, instance: unused }];
    });
    for (const { instance } of left) {
      void this.host.pool.detach(instance, this.user);
    }
    this.listener.changed();
    this.meetAll();
    return left;
  }

  /**
   * The profile is another one now. What did not change keeps running; what went or changed is let go of once it has answered.
   * Gives the copies that are not used any more. `withdrawn`: nothing of it is served, for this reason.
   */
  serve(profile: ServedProfile, withdrawn: Problem | null): readonly LeftInstance[] {
    const before = this.facts.profile;
    this.withdrawn = withdrawn;
    this.facts.profile = profile;
    const last = this.bindings;
    this.bindings = new Map(profile.servers.map((server) => [server.name, this.rebound(last.get(server.name), server, before)]));
    const left = [...last.values()].filter((binding) => !this.isCurrent(binding));
    left.forEach((binding) => void this.letGo(binding));
    this.listener.changed();
    if (this.hasBegun) {
      const fresh = [...this.bindings.values()].filter((binding) => last.get(binding.server.name) !== binding);
      fresh.forEach((binding) => void this.meet(binding));
    }
    return left.flatMap(({ server: { name }, instance }) => (instance === undefined ? [] : [{ server: name, instance }]));
  }

  /** Tries again what was not started for one of these reasons. */
  retry(codes: ReadonlySet<string>): void {
    for (const binding of this.bindings.values()) {
      if (this.hasBegun && binding.failure !== null && codes.has(binding.failure.code)) {
        void this.meet(binding);
      }
    }
  }

  /** The lock is another one now: what it let not run may run, and the other way round. */
  relock(): void {
    this.listener.changed();
    for (const binding of this.bindings.values()) {
      void this.meet(binding);
    }
  }

  private meetAll(): void {
    const met = Promise.all([...this.bindings.values()].map((binding) => this.meet(binding)));
    void inTime(met, () => this.facts.patience()).finally(() => this.markKnown());
  }

  /** The running copy of a server when there is one already. */
  running(name: string): Instance | undefined {
    return this.bindings.get(name)?.instance;
  }

  /** The copy of a server that this session uses; it may have to be started. Undefined when the profile has no such server any more. */
  async instance(name: string): Promise<Instance | undefined> {
    const binding = this.bindings.get(name);
    return binding && this.instanceOf(binding);
  }

  private instanceOf(binding: Binding): Promise<Instance> {
    if (binding.instance?.isClosed === true) {
      binding.attaching = undefined;
    }
    binding.attaching ??= this.attach(binding);
    return binding.attaching;
  }

  /** Asks a server again what it offers. */
  async relist(instance: Instance): Promise<void> {
    try {
      const answer = await this.host.pool.ask(instance);
      if (!answer.ok) {
        this.listener.log(answer.problem.message);
      }
    } catch (error) {
      this.listener.log(describeError(error));
    }
  }

  reports(): readonly ServerReport[] {
    return [...this.bindings.values()].map((binding) => {
      const lists = this.listsOf(binding);
      return { name: binding.server.name, state: stateOf(binding), tools: lists === null ? null : summariesOf(lists.tools) };
    });
  }

  /** Resolves when nothing that runs for this session alone is left. */
  async close(): Promise<void> {
    this.closed = true;
    this.openGate();
    await Promise.all([
      ...this.leaving.values(),
      ...[...this.bindings.values()].map(async ({ attaching }) => {
        const instance = await attaching;
        if (instance !== undefined) {
          await this.host.pool.detach(instance, this.user);
        }
      }),
    ]);
  }

  /** What it is the same for stays as it is; what replaces another one offers what that did until more is known. */
  private rebound(last: Binding | undefined, server: ProfileServer, before: ServedProfile): Binding {
    if (last !== undefined && this.instanceKey(last.server, before) === this.instanceKey(server, this.facts.profile)) {
      last.server = server;
      return last;
    }
    const fresh = newBinding(server, this.listKey(server));
    return last === undefined ? fresh : { ...fresh, lastLists: this.listsOf(last), isReplacement: true };
  }

  private isCurrent(binding: Binding): boolean {
    return this.bindings.get(binding.server.name) === binding;
  }

  private async letGo({ attaching }: Binding): Promise<void> {
    const instance = await attaching;
    if (instance !== undefined && !this.leaving.has(instance)) {
      const left = this.host.pool.letGo(instance, this.user);
      this.leaving.set(instance, left);
      await left.finally(() => this.leaving.delete(instance));
    }
  }

  private listKey(server: ProfileServer): string {
    const { profile, settings, workspace } = this.facts;
    return listKey(server, settings, this.traits, placeOf(profile, server, workspace));
  }

  private instanceKey(server: ProfileServer, profile: ServedProfile): string {
    const { settings, workspace } = this.facts;
    const scope = { user: '', workspace, session: this.user.id }[server.share];
    return instanceKey(server, settings, this.traits, scope, [...placeOf(profile, server, workspace), ...lockedPlace(profile, server)]);
  }

  private listsOf({ listKey: key, isStale, lastLists }: Binding): ServerLists | null {
    return isStale ? null : (this.host.lists.get(key).lists ?? lastLists);
  }

  /** A bug with one server must not cost the others. */
  private async meet(binding: Binding): Promise<void> {
    try {
      await this.getToKnow(binding);
    } catch (error) {
      this.listener.log(describeError(error));
      binding.failure = problems.internal(`the lists of ${binding.server.name}`);
    }
    this.listener.changed();
  }

  private async getToKnow(binding: Binding): Promise<void> {
    const { lists } = this.host;
    await this.identify(binding);
    if (!this.isCurrent(binding) || (await this.isRefused(binding))) {
      return;
    }
    const known = lists.get(binding.listKey);
    binding.isStale = known.imageId !== null && binding.imageId !== null && known.imageId !== binding.imageId;
    // What a server said yesterday proves nothing of what it says now.
    const hasAnswer = known.lists !== null && !binding.isStale && this.facts.settings.frozen !== true;
    if (hasAnswer && lists.isFresh(known)) {
      return;
    }
    const hasFailed = known.failure !== null && known.failure.imageId === binding.imageId;
    binding.failure = hasAnswer || known.failure === null ? null : known.failure.problem;
    const asked = this.ask(binding);
    // One that failed the last time, with this image, is tried again, and nobody waits for it.
    if (!hasAnswer && !hasFailed) {
      await asked;
    } else {
      asked.catch((error: unknown) => this.listener.log(describeError(error)));
    }
  }

  private async identify(binding: Binding): Promise<void> {
    const { server } = binding;
    binding.imageId = server.kind === 'image' ? await this.host.imageId(server.image) : null;
  }

  private async isRefused(binding: Binding): Promise<boolean> {
    const { server, imageId, refusal: before } = binding;
    const refusal = (await lockRefusal(this.facts.profile, server, { id: imageId, source: this.host })) ?? null;
    binding.refusal = refusal;
    if (refusal !== null) {
      binding.failure = refusal;
      if (refusal.message !== before?.message) {
        this.listener.warn(describeProblem(refusal));
      }
    } else if (before !== null) {
      binding.failure = null;
    }
    return refusal !== null;
  }

  private async ask(binding: Binding): Promise<void> {
    const { listKey: key } = binding;
    const before = this.host.lists.get(key).failure;
    const instance = await this.instanceOf(binding);
    const answer = this.closed ? ok(null) : await this.host.pool.ask(instance);
    if (!this.isCurrent(binding)) {
      return;
    }
    if (answer.ok) {
      binding.isStale = false;
      binding.failure = null;
      this.listener.changed();
      return;
    }
    if (!this.closed) {
      binding.failure = answer.problem;
      if (binding.isReplacement) {
        // What the other one offered is nothing that this one has.
        binding.lastLists = null;
      }
      this.listener.warn(`${before === null ? '' : 'Tried again, in vain: '}${describeProblem(answer.problem)}`);
    }
  }

  private async attach(binding: Binding): Promise<Instance> {
    const { server } = binding;
    await this.gate;
    if (server.kind === 'image' && binding.imageId === null) {
      await this.identify(binding);
    }
    const { profile, settings, workspace } = this.facts;
    const spec = {
      key: this.instanceKey(server, profile),
      listKey: binding.listKey,
      server,
      profile: profile.id,
      surroundings: { profile, workspace },
      sharing: server.share,
      capabilities: this.traits.capabilities,
      idleTimeoutMs: server.idleTimeoutMs ?? settings.idleTimeoutMs ?? defaultIdleMs,
    };
    await this.host.pool.renewSecrets(spec);
    const instance = this.host.pool.attach(spec, binding.imageId, settings, this.user);
    binding.instance = instance;
    if (this.closed) {
      await this.host.pool.detach(instance, this.user);
    }
    return instance;
  }
}
