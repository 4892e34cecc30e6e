import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import type { Result } from '../../shared/result.ts';
import type { InstanceReport } from '../../shared/servers.ts';
import type { KnownLists } from '../lists/knownLists.ts';
import { askLists, type ServerLists } from '../lists/serverLists.ts';
import type { Channel } from '../channel.ts';
import type { Upstream } from '../upstreams/upstream.ts';
import { Instance, type InstanceSpec, type InstanceUser } from './instance.ts';
import { launch, type LaunchHost } from './launch.ts';
import { Places } from './places.ts';

/** How long a shared server is kept without a request where nobody says otherwise. */
export const defaultIdleMs = 5 * 60_000;
/** Servers that may run at the same time where nobody says otherwise. */
const defaultPlaces = 64;
const queuePatienceMs = 5 * 60_000;
const lookMs = 500;
/** A paused server keeps its memory: after as many idle times it is stopped. */
const pausedTimes = 10;

export interface PoolHost extends LaunchHost {
  readonly lists: KnownLists;
  log(line: string): void;
  /** The state of a server changed. */
  changed(profile: string): void;
}

/** Every running server of this gateway: shared where that is allowed, bounded in number, released when idle. */
export class InstancePool {
  private readonly host: PoolHost;
  private readonly instances = new Map<string, Instance>();
  private readonly settings = new WeakMap<Instance, GatewaySettings>();
  private readonly places: Places;
  private readonly closing = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(host: PoolHost, maxInstances = defaultPlaces) {
    this.host = host;
    this.places = new Places(maxInstances);
  }

  get all(): readonly Instance[] {
    return [...this.instances.values()];
  }

  /** Those that take a place, or failed. */
  reports(): readonly InstanceReport[] {
    return this.all.map((instance) => instance.report()).filter(({ state }) => state.kind !== 'stopped');
  }

  /** The instance of this key, made when there is none. It is not started yet. */
  attach(spec: InstanceSpec, settings: GatewaySettings, user: InstanceUser): Instance {
    let instance = this.instances.get(spec.key);
    if (instance === undefined) {
      instance = new Instance(spec, {
        place: (one) => this.place(one),
        leave: (one) => this.places.leave(one),
        launch: (one) => this.launch(one),
        started: (one) => this.refresh(one),
        rested: () => this.makePlace(),
        stateChanged: () => this.host.changed(spec.profile),
        listsChanged: (one) => this.refresh(one, true),
        log: (line) => this.host.log(line),
      });
      this.settings.set(instance, settings);
      this.instances.set(spec.key, instance);
      this.timer ??= setInterval(() => this.releaseIdle(), lookMs).unref();
    }
    instance.attach(user);
    return instance;
  }

  /** A user is done with an instance. A server of its own, or one that `now` tells to, stops; a shared one stays until it is idle. */
  async detach(instance: Instance, user: InstanceUser, now = false): Promise<void> {
    instance.detach(user);
    const isUnused = instance.everyone.length === 0;
    const isRunning = instance.state.kind === 'ready' || instance.state.kind === 'paused';
    if (isUnused && (instance.spec.sharing === 'session' || now || this.closed || !isRunning)) {
      await this.remove(instance);
    }
  }

  /** What a server offers, asked of this instance. Two who ask at once get one answer. */
  ask(instance: Instance): Promise<Result<ServerLists>> {
    const { listKey, imageId } = instance.spec;
    return this.host.lists.ask(listKey, imageId, async () => {
      const upstream = await instance.ready();
      return upstream.ok ? this.listsOf(instance, upstream.value) : upstream;
    });
  }

  /** Resolves when every server is gone. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await Promise.all(this.all.map((instance) => this.remove(instance)));
    await Promise.all(this.closing);
  }

  private async remove(instance: Instance): Promise<void> {
    if (this.instances.get(instance.spec.key) === instance) {
      this.instances.delete(instance.spec.key);
    }
    const closing = instance.close();
    this.closing.add(closing);
    await closing.finally(() => this.closing.delete(closing));
  }

  private launch(instance: Instance): Promise<Result<Channel>> {
    const { server, profile } = instance.spec;
    const onStep = instance.step.bind(instance);
    return launch({ server, profile, settings: this.settings.get(instance) ?? {}, onStep }, this.host);
  }

  private place(instance: Instance): Promise<Result<() => void>> {
    const { server, listKey } = instance.spec;
    const who = instance.everyone[0]?.id ?? '';
    const limit = server.maxInstances ?? Number.MAX_SAFE_INTEGER;
    const total = this.settings.get(instance)?.maxInstances ?? Number.MAX_SAFE_INTEGER;
    const place = this.places.take(listKey, limit, total, who, instance, queuePatienceMs);
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
    const { listKey, server } = wanting.spec;
    const limit = server.maxInstances ?? Number.MAX_SAFE_INTEGER;
    const isServerFull = this.all.filter(({ spec, state }) => spec.listKey === listKey && takesPlace(state.kind)).length >= limit;
    const candidates = this.all.filter(
      (one) => (one.state.kind === 'ready' || one.state.kind === 'paused') && one.isIdle && (!isServerFull || one.spec.listKey === listKey),
    );
    return candidates.sort((a, b) => Number(hasState(a)) - Number(hasState(b)) || a.idleSince - b.idleSince)[0];
  }

  private releaseIdle(): void {
    const now = performance.now();
    for (const instance of this.all) {
      const { idleTimeoutMs, server } = instance.spec;
      const restedMs = now - instance.idleSince;
      if (!instance.isIdle || restedMs < idleTimeoutMs) {
        continue;
      }
      if (instance.state.kind === 'ready' && server.onIdle === 'pause' && server.kind === 'image') {
        void instance.freeze();
      } else if ((instance.state.kind === 'ready' && !hasState(instance)) || this.isPausedLong(instance, restedMs)) {
        void instance.stop('it was idle');
      }
      if (instance.state.kind === 'stopped' && instance.everyone.length === 0) {
        void this.remove(instance);
      }
    }
  }

  /** A server of one session lives, paused, as long as its session. */
  private isPausedLong(instance: Instance, restedMs: number): boolean {
    return instance.state.kind === 'paused' && !hasState(instance) && restedMs >= instance.spec.idleTimeoutMs * pausedTimes;
  }

  /** The container runs anyway: a good moment to look whether its lists are still the same. */
  private refresh(instance: Instance, evenIfJustAsked = false): void {
    const upstream = instance.upstream;
    if (upstream !== undefined && (!this.host.lists.isAsking(instance.spec.listKey) || evenIfJustAsked)) {
      void this.askAgain(instance, upstream);
    }
  }

  private async askAgain(instance: Instance, upstream: Upstream): Promise<void> {
    const { listKey, imageId } = instance.spec;
    const answer = await this.listsOf(instance, upstream);
    if (answer.ok) {
      this.host.lists.put(listKey, imageId, answer.value);
    } else if (upstream.isOpen) {
      this.host.log(answer.problem.message);
    }
  }

  private listsOf(instance: Instance, upstream: Upstream): Promise<Result<ServerLists>> {
    const { server } = instance.spec;
    const hello = upstream.hello ?? { protocolVersion: '', capabilities: {}, instructions: undefined };
    return askLists(upstream, hello, server.name, server.startTimeoutMs, (text) => this.host.log(text));
  }
}

function takesPlace(kind: string): boolean {
  return kind === 'ready' || kind === 'paused' || kind === 'starting';
}

/** Whether a stop would lose something: what one session did in a server of its own. */
export function hasState(instance: Instance): boolean {
  return instance.spec.sharing === 'session' && instance.served > 0;
}
