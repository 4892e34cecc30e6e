import { setTimeout as pause } from 'node:timers/promises';

import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import type { McpTool } from '../../shared/mcp.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { InstanceReport } from '../../shared/servers.ts';
import type { KnownLists } from '../lists/knownLists.ts';
import { askLists, type ServerLists } from '../lists/serverLists.ts';
import type { Channel } from '../channel.ts';
import { describeError } from '../describeError.ts';
import type { Upstream } from '../upstreams/upstream.ts';
import { CrashCount } from './crashCount.ts';
import { entryKey } from './identity.ts';
import { Instance, type InstanceSpec, type InstanceUser } from './instance.ts';
import { launch, type LaunchHost } from './launch.ts';
import { OneAtATime } from './oneAtATime.ts';
import { Places } from './places.ts';
import { filesOf, haveChanged, secretsVersion } from './secretValues.ts';

/** How long a shared server is kept without a request where nobody says otherwise. */
export const defaultIdleMs = 5 * 60_000;
/** Servers that may run at the same time where nobody says otherwise. */
const defaultPlaces = 64;
/** So many servers are known for how often they crashed. */
const rememberedKeys = 500;
const queuePatienceMs = 5 * 60_000;
const lookMs = 500;
/** A server that says again and again that its lists changed is asked no more often than this. */
const relistRestMs = 500;
/** So long a server that is used no more may work on what it was asked before. */
const lastAnswersMs = 60_000;
/** A paused server keeps its memory: after as many idle times it is stopped. */
const pausedTimes = 10;

/** Failures that another one who asked the same may not have: it left, or its profile has a lock. */
const ofOneAsker: ReadonlySet<string> = new Set(['WHARF_SERVER_GONE', 'WHARF_LOCK_IMAGE', 'WHARF_LOCK_SERVER']);

export interface PoolHost {
  readonly launching: LaunchHost;
  readonly lists: KnownLists;
  log(line: string): void;
  /** The state of a server changed. */
  changed(profile: string, instance: Instance, why: string): void;
}

/** Every running server of this gateway: shared where that is allowed, bounded in number, released when idle. */
export class InstancePool {
  private readonly host: PoolHost;
  private readonly everything = new Set<Instance>();
  /** The one that the next user of a key gets. */
  private readonly current = new Map<string, Instance>();
  private readonly settings = new WeakMap<Instance, GatewaySettings>();
  /** With which values of its secrets each was started last. */
  private readonly secretVersions = new WeakMap<Instance, string>();
  private readonly places: Places;
  private readonly closing = new Set<Promise<void>>();
  private readonly crashes = new Map<string, CrashCount>();
  private readonly relisting = new OneAtATime<Instance>((instance) => this.askAgain(instance), relistRestMs);
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(host: PoolHost, maxInstances = defaultPlaces) {
    this.host = host;
    this.places = new Places(maxInstances);
  }

  get all(): readonly Instance[] {
    return [...this.everything];
  }

  /** Those that take a place, or failed. */
  reports(): readonly InstanceReport[] {
    return this.all.map((instance) => instance.report()).filter(({ state }) => state.kind !== 'stopped');
  }

  /** The instance of this key, made when there is none. It is not started yet. */
  attach(spec: InstanceSpec, imageId: string | null, settings: GatewaySettings, user: InstanceUser): Instance {
    let instance = this.current.get(spec.key);
    if (instance !== undefined && instance.imageId !== null && imageId !== null && instance.imageId !== imageId) {
      // Another image behind the same reference: the old one serves those who have it.
      instance = undefined;
    }
    if (instance === undefined) {
      instance = new Instance(spec, imageId, {
        place: (one) => this.place(one),
        leave: (one) => this.places.leave(one),
        launch: (one) => this.launch(one),
        started: (one) => this.refresh(one),
        rested: () => this.makePlace(),
        stateChanged: (one, why) => this.host.changed(spec.profile, one, why),
        listsChanged: (one) => this.relisting.want(one),
        log: (line) => this.host.log(line),
        clean: (problem) => this.host.launching.redactProblem(problem),
        redact: (text) => this.host.launching.redact(text),
        crashesOf: (key) => this.crashesOf(key),
      });
      this.settings.set(instance, settings);
      this.everything.add(instance);
      this.current.set(spec.key, instance);
      this.timer ??= setInterval(() => this.releaseIdle(), lookMs).unref();
    }
    instance.imageId ??= imageId;
    instance.uses.attach(user);
    return instance;
  }

  /**
   * A shared copy that runs with other values than its secrets have now starts anew after its calls. To be awaited before a new
   * user is attached: what changes outside of this gateway may not have been heard of yet, and op tells nobody. What cannot be read changes nothing, and op is
   * asked again only after some minutes.
   */
  async renewSecrets({ key, server, surroundings, sharing }: InstanceSpec): Promise<void> {
    const instance = this.current.get(key);
    const before = instance && this.secretVersions.get(instance);
    const isWithout = server.kind === 'builtIn' || server.secrets.length === 0;
    if (instance === undefined || before === undefined || isWithout || sharing === 'session') {
      return;
    }
    const source = this.host.launching.secretSource(this.settings.get(instance) ?? {}, surroundings.workspace);
    const now = await secretsVersion(server.secrets, source);
    if (now.ok && now.value !== before && this.isWith(instance, before)) {
      void instance.stopAfterCalls('its secrets changed');
    }
  }

  /** Starts every copy anew, after its calls, whose secrets have other values now, but for what only op knows: it may ask a person. */
  async renewAllSecrets(): Promise<void> {
    await Promise.all(
      this.all.map(async (instance) => {
        const { server, surroundings } = instance.spec;
        const before = this.secretVersions.get(instance);
        if (server.kind === 'builtIn' || before === undefined) {
          return;
        }
        const source = this.host.launching.secretSource(this.settings.get(instance) ?? {}, surroundings.workspace);
        if ((await haveChanged(server.secrets, source, before)) && this.isWith(instance, before)) {
          void instance.stopAfterCalls('its secrets changed');
        }
      }),
    );
  }

  /** The files that have secrets of the servers that run, or would. */
  get secretFiles(): readonly string[] {
    return this.all.flatMap((instance) => {
      const { server } = instance.spec;
      const { secretsFile } = this.settings.get(instance) ?? {};
      const uses = server.kind === 'builtIn' ? [] : server.secrets;
      return [...(secretsFile === undefined || uses.length === 0 ? [] : [secretsFile]), ...filesOf(uses)];
    });
  }

  private isWith(instance: Instance, version: string): boolean {
    const isRunning = instance.state.kind === 'ready' || instance.state.kind === 'paused';
    return isRunning && this.secretVersions.get(instance) === version;
  }

  /** A user is done with an instance. A server of its own, or one that `now` tells to, stops; a shared one stays until it is idle. */
  async detach(instance: Instance, user: InstanceUser, now = false): Promise<void> {
    instance.uses.detach(user);
    const isUnused = instance.uses.everyone.length === 0;
    const isRunning = instance.state.kind === 'ready' || instance.state.kind === 'paused';
    const isOld = this.current.get(instance.spec.key) !== instance;
    if (isUnused && (instance.spec.sharing === 'session' || now || isOld || this.closed || !isRunning)) {
      await this.remove(instance);
    }
  }

  /** A user wants nothing more of an instance than the answers that it waits for, for a time. Nothing of it is left then, where nobody else uses it. */
  async letGo(instance: Instance, user: InstanceUser): Promise<void> {
    if (instance.uses.callsOf(user) > 0) {
      await Promise.race([instance.uses.whenDone(user), instance.whenClosed, pause(lastAnswersMs, undefined, { ref: false })]);
    }
    await this.detach(instance, user, true);
  }

  /** What a server offers, asked of this instance, or of another one that is just being asked the same. */
  async ask(instance: Instance): Promise<Result<ServerLists>> {
    let isAsked = false;
    const ask = async (): Promise<Result<ServerLists>> => {
      isAsked = true;
      const upstream = await instance.ready();
      return upstream.ok ? this.listsOf(instance, upstream.value) : upstream;
    };
    for (;;) {
      const answer = await this.host.lists.ask(instance.spec.listKey, instance.imageId, ask);
      if (answer.ok || isAsked || instance.isClosed || !ofOneAsker.has(answer.problem.code)) {
        return answer;
      }
    }
  }

  /** Resolves when every server is gone. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await Promise.all(this.all.map((instance) => this.remove(instance)));
    await Promise.all(this.closing);
  }

  private async remove(instance: Instance): Promise<void> {
    this.everything.delete(instance);
    if (this.current.get(instance.spec.key) === instance) {
      this.current.delete(instance.spec.key);
    }
    const closing = instance.close();
    this.closing.add(closing);
    await closing.finally(() => this.closing.delete(closing));
  }

  private crashesOf(key: string): CrashCount {
    const crashes = this.crashes.get(key) ?? new CrashCount();
    this.crashes.delete(key);
    this.crashes.set(key, crashes);
    const [oldest] = this.crashes.keys();
    if (this.crashes.size > rememberedKeys && oldest !== undefined) {
      this.crashes.delete(oldest);
    }
    return crashes;
  }

  private launch(instance: Instance): Promise<Result<Channel>> {
    const { server, profile, surroundings } = instance.spec;
    const onStep = instance.step.bind(instance);
    const { whenClosed } = instance;
    const gotSecrets = (version: string): unknown => this.secretVersions.set(instance, version);
    const knownTool = (name: string): McpTool | undefined =>
      this.host.lists.get(instance.spec.listKey).lists?.tools.find((tool) => tool.name === name);
    const settings = this.settings.get(instance) ?? {};
    return launch({ server, profile, surroundings, settings, onStep, gotSecrets, knownTool, whenClosed }, this.host.launching);
  }

  private place(instance: Instance): Promise<Result<() => void>> {
    const { server } = instance.spec;
    const who = instance.uses.everyone[0]?.id ?? '';
    const limit = server.maxInstances ?? Number.MAX_SAFE_INTEGER;
    const total = this.settings.get(instance)?.maxInstances ?? Number.MAX_SAFE_INTEGER;
    const place = this.places.take({ server: server.name, entry: entryOf(instance), limit, total, who, owner: instance }, queuePatienceMs);
    this.makePlace();
    return place;
  }

  /** Somebody waits: a server that rests gives its place. */
  private makePlace(): void {
    const leaving = this.all.filter(({ state }) => state.kind === 'stopping').length;
    for (const wanting of this.places.waitingOwners.slice(leaving)) {
      void this.victim(wanting as Instance)?.stop('its place is needed');
    }
  }

  /** The idle server that is missed least: without state first, then the one that rested longest. */
  private victim(wanting: Instance): Instance | undefined {
    const entry = entryOf(wanting);
    const limit = wanting.spec.server.maxInstances ?? Number.MAX_SAFE_INTEGER;
    const isServerFull = this.all.filter((one) => entryOf(one) === entry && takesPlace(one.state.kind)).length >= limit;
    const users = wanting.uses.everyone;
    // A limit that one client set is not for others to pay for.
    const mayBe = (one: Instance): boolean =>
      this.places.isFull || isServerFull || (one.uses.everyone.length > 0 && one.uses.everyone.every((user) => users.includes(user)));
    const candidates = this.all.filter(
      (one) =>
        (one.state.kind === 'ready' || one.state.kind === 'paused') &&
        one.uses.isIdle &&
        (!isServerFull || entryOf(one) === entry) &&
        mayBe(one),
    );
    return candidates.sort((a, b) => Number(hasState(a)) - Number(hasState(b)) || a.uses.idleSince - b.uses.idleSince)[0];
  }

  private releaseIdle(): void {
    const now = performance.now();
    for (const instance of this.all) {
      const { idleTimeoutMs, server } = instance.spec;
      const restedMs = now - instance.uses.idleSince;
      if (!instance.uses.isIdle || restedMs < idleTimeoutMs) {
        continue;
      }
      const mayPause = server.onIdle === 'pause' && server.kind === 'image' && !instance.cannotFreeze;
      if (instance.state.kind === 'ready' && mayPause) {
        void instance.freeze();
      } else if ((instance.state.kind === 'ready' && !hasState(instance)) || this.isPausedLong(instance, restedMs)) {
        void instance.stop('it was idle');
      }
      if (instance.state.kind === 'stopped' && instance.uses.everyone.length === 0) {
        void this.remove(instance);
      }
    }
    this.makePlace();
  }

  /** A server of one session lives, paused, as long as its session. */
  private isPausedLong(instance: Instance, restedMs: number): boolean {
    return instance.state.kind === 'paused' && !hasState(instance) && restedMs >= instance.spec.idleTimeoutMs * pausedTimes;
  }

  /** The container runs anyway: a good moment to look whether its lists are still the same. */
  private refresh(instance: Instance): void {
    if (!this.host.lists.isAsking(instance.spec.listKey)) {
      this.relisting.want(instance);
    }
  }

  private async askAgain(instance: Instance): Promise<void> {
    const { upstream } = instance;
    if (upstream === undefined) {
      return;
    }
    try {
      const answer = await this.listsOf(instance, upstream);
      if (answer.ok) {
        this.host.lists.put(instance.spec.listKey, instance.imageId, answer.value);
      } else if (upstream.isOpen) {
        this.host.log(answer.problem.message);
      }
    } catch (error) {
      this.host.log(describeError(error));
    }
  }

  private async listsOf(instance: Instance, upstream: Upstream): Promise<Result<ServerLists>> {
    const { server } = instance.spec;
    const hello = upstream.hello ?? { protocolVersion: '', capabilities: {}, instructions: undefined };
    // A server that lists is not idle.
    const rest = instance.uses.occupy();
    const { launching } = this.host;
    try {
      const lists = await askLists(upstream, hello, server.name, server.startTimeoutMs, (text) => this.host.log(text));
      return lists.ok ? ok(launching.withoutInjected(lists.value)) : fail(launching.redactProblem(lists.problem));
    } finally {
      rest();
    }
  }
}

function entryOf({ spec }: Instance): string {
  return entryKey(spec.server, spec.surroundings.profile.origin);
}

function takesPlace(kind: string): boolean {
  return kind === 'ready' || kind === 'paused' || kind === 'starting';
}

/** Whether a stop would lose something: what one session did in a server of its own. */
export function hasState(instance: Instance): boolean {
  return instance.spec.sharing === 'session' && instance.uses.served > 0;
}
