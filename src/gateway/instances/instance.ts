import { setTimeout as pause } from 'node:timers/promises';

import type { PullProgress } from '../../core/ports.ts';
import type { ServedProfile } from '../../core/profile/grants.ts';
import type { ProfileServer, Sharing } from '../../core/profile/profile.ts';
import * as problems from '../../core/problems.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { InstanceReport, ServerState } from '../../shared/servers.ts';
import type { Channel, ChannelEnd } from '../channel.ts';
import { describeError } from '../describeError.ts';
import { Upstream, type ServerRequest } from '../upstreams/upstream.ts';
import type { CrashCount } from './crashCount.ts';
import { answerServer, tellUsers } from './serverWords.ts';
import { Uses } from './uses.ts';

/** Someone for whom a server runs: one client's session, or a search for tools. */
export interface InstanceUser {
  readonly id: string;
  /** The server wants something of this client. The user answers through `instance.upstream`. */
  ask(instance: Instance, request: ServerRequest): void;
  /** A notification that is meant for this client. */
  hear(instance: Instance, method: string, params: Buffer | undefined): void;
  /** What the server does before it can be used, such as a download. */
  step(instance: Instance, step: string, progress: PullProgress | null): void;
  /** This run of the server is gone. */
  lost(instance: Instance, upstream: Upstream): void;
}

/** For which profile a server runs, and where its clients work. */
export interface Surroundings {
  readonly profile: ServedProfile;
  /** The caller's project folder. */
  readonly workspace: string;
}

/** What an instance is made of. */
export interface InstanceSpec {
  readonly key: string;
  /** Under which its lists are known. */
  readonly listKey: string;
  readonly server: ProfileServer;
  readonly profile: string;
  readonly surroundings: Surroundings;
  readonly sharing: Sharing;
  /** What the server may ask of its client. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly idleTimeoutMs: number;
}

/** What an instance needs of the pool. */
export interface InstanceHost {
  /** Waits for a free place among the running servers. The returned function gives it back. */
  place(instance: Instance): Promise<Result<() => void>>;
  /** The instance is closed while it waits for a place. */
  leave(instance: Instance): void;
  launch(instance: Instance): Promise<Result<Channel>>;
  /** The handshake is done. */
  started(instance: Instance): void;
  /** The last open request was answered. */
  rested(): void;
  /** `why` is empty where there is nothing to say. */
  stateChanged(instance: Instance, why: string): void;
  /** The server said that its lists changed. */
  listsChanged(instance: Instance): void;
  log(line: string): void;
  /** A problem without the secrets in the words of others that it quotes. */
  clean(problem: Problem): Problem;
  /** A text for people, without the secrets in it. */
  redact(text: string): string;
  /** How often the servers of a key crashed: that is known for longer than one of them lives. */
  crashesOf(key: string): CrashCount;
}

/** A server that did nothing for this long is asked for a sign of life before it gets the next call. */
const trustMs = 30_000;
const signOfLifeMs = 5_000;
/** How long a server that is to start anew may work on what it was asked before. */
const farewellMs = 10_000;

/** One running copy of a server, and the one place that knows its state. It comes back after a crash, when it is wanted. */
export class Instance {
  readonly spec: InstanceSpec;
  /** The image that it runs; null where there is none, or it is not known yet. */
  imageId: string | null;
  /** It was tried and cannot be done. */
  cannotFreeze = false;
  /** Resolves when it is closed. */
  readonly whenClosed: Promise<void>;
  private markClosed: () => void = () => undefined;
  /** Who uses it. */
  readonly uses: Uses<InstanceUser>;
  private readonly host: InstanceHost;
  private readonly crashes: CrashCount;
  private current: ServerState = { kind: 'stopped' };
  private starting: Promise<Result<Upstream>> | undefined;
  private running: Upstream | undefined;
  private stopping: Promise<void> | undefined;
  private ended = false;
  private markRested: () => void = () => undefined;

  constructor(spec: InstanceSpec, imageId: string | null, host: InstanceHost) {
    this.spec = spec;
    this.imageId = imageId;
    this.host = host;
    this.crashes = host.crashesOf(spec.key);
    this.uses = new Uses(() => this.rest());
    this.whenClosed = new Promise((resolve) => (this.markClosed = resolve));
  }

  /** Closed for good: whoever still wants the server needs another instance. */
  get isClosed(): boolean {
    return this.ended;
  }

  get state(): ServerState {
    return this.current;
  }

  /** The server when it can be used right now. */
  get upstream(): Upstream | undefined {
    const isFresh = this.uses.openCalls > 0 || performance.now() - this.uses.idleSince < trustMs;
    return this.current.kind === 'ready' && this.stopping === undefined && isFresh ? this.running : undefined;
  }

  report(): InstanceReport {
    const { profile, server, sharing } = this.spec;
    const sessions = this.uses.everyone.map(({ id }) => id);
    const isOpen = (server.kind === 'image' || server.kind === 'poci') && server.network.kind === 'open';
    const open = isOpen ? { isOpen } : {};
    return { profile, server: server.name, share: sharing, state: this.current, sessions, openCalls: this.uses.openCalls, ...open };
  }

  /** Container or process id, from the moment that there is one. */
  get processId(): string | undefined {
    return this.running?.channel.id;
  }

  /** Who alone can have caused what the server says now: the only one with open calls, or the only one there is. */
  get speaker(): InstanceUser | undefined {
    const { calling, everyone } = this.uses;
    const candidates = calling.length > 0 || this.spec.sharing !== 'session' ? calling : everyone;
    return candidates.length === 1 ? candidates[0] : undefined;
  }

  /** The server, started or thawed when it has to be. One start at a time, whoever waits. */
  async ready(): Promise<Result<Upstream>> {
    await this.stopping;
    if (this.ended) {
      return fail(problems.serverGone(this.spec.server.name));
    }
    this.starting ??= this.start().catch(async (error: unknown) => {
      this.host.log(describeError(error));
      await this.running?.channel.stop();
      return this.failed(problems.internal(`the start of ${this.spec.server.name}`));
    });
    const started = await this.starting;
    return started.ok ? this.revive(started.value) : started;
  }

  /** Stops what runs; the next `ready` starts it again. `reason` is for the log. */
  stop(reason: string): Promise<void> {
    this.stopping ??= this.halt(reason).finally(() => (this.stopping = undefined));
    return this.stopping;
  }

  /** The same, but what it works on may be finished; who asks meanwhile waits, and gets the next run. */
  stopAfterCalls(reason: string): Promise<void> {
    this.stopping ??= this.untilRested()
      .then(() => this.halt(reason))
      .finally(() => (this.stopping = undefined));
    return this.stopping;
  }

  /** Stops it for good. Resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.ended = true;
    this.markClosed();
    this.host.leave(this);
    await this.stop('nobody needs it any more');
  }

  async freeze(): Promise<void> {
    const channel = this.running?.channel;
    if (this.current.kind === 'ready' && channel?.freeze !== undefined) {
      const { processId } = this.current;
      this.enter({ kind: 'paused', since: new Date().toISOString(), processId });
      const frozen = await channel.freeze();
      if (!frozen.ok && this.state.kind === 'paused') {
        this.cannotFreeze = true;
        this.host.log(frozen.problem.message);
        this.enter({ kind: 'ready', since: new Date().toISOString(), processId });
      }
    }
  }

  /** Says what is done before the server can be used. */
  step(step: string, progress: PullProgress | null): void {
    if (this.current.kind === 'starting') {
      this.enter({ ...this.current, step: progress === null ? step : `${step}, ${describe(progress)}` });
    }
    for (const user of this.uses.everyone) {
      user.step(this, step, progress);
    }
  }

  private async untilRested(): Promise<void> {
    if (this.uses.openCalls > 0 && this.running !== undefined) {
      const rested = new Promise<void>((resolve) => (this.markRested = resolve));
      await Promise.race([rested, this.whenClosed, this.running.channel.ended, pause(farewellMs, undefined, { ref: false })]);
    }
  }

  private rest(): void {
    this.markRested();
    this.host.rested();
  }

  private async revive(upstream: Upstream): Promise<Result<Upstream>> {
    if (this.current.kind === 'paused') {
      const { processId } = this.current;
      const thawed = await upstream.channel.thaw?.();
      if (thawed?.ok === false) {
        return thawed;
      }
      this.uses.idleSince = performance.now();
      if (upstream.isOpen) {
        this.enter({ kind: 'ready', since: new Date().toISOString(), processId });
      }
    } else if (this.uses.openCalls === 0 && performance.now() - this.uses.idleSince >= trustMs && upstream.isOpen) {
      if (!(await upstream.isAlive(signOfLifeMs))) {
        await this.stop('it gave no sign of life');
        return this.ready();
      }
      this.uses.idleSince = performance.now();
    }
    return upstream.isOpen || this.ended ? ok(upstream) : this.ready();
  }

  private async start(): Promise<Result<Upstream>> {
    const pause = this.crashes.pauseMs();
    if (pause > 0) {
      return this.failed(problems.serverCrashing(this.spec.server.name, pause));
    }
    this.enter({ kind: 'starting', since: new Date().toISOString() });
    const place = await this.host.place(this);
    if (!place.ok) {
      return this.failed(place.problem);
    }
    const started = await this.open().catch((error: unknown) => {
      place.value();
      throw error;
    });
    if (!started.ok) {
      place.value();
      return this.failed(started.problem);
    }
    void this.followEnd(started.value, place.value);
    return started;
  }

  private async followEnd(upstream: Upstream, giveBack: () => void): Promise<void> {
    const end = await upstream.channel.ended;
    giveBack();
    this.gone(upstream, end);
  }

  private async open(): Promise<Result<Upstream>> {
    if (this.ended) {
      return fail(problems.serverGone(this.spec.server.name));
    }
    const channel = await this.host.launch(this);
    if (!channel.ok) {
      return channel;
    }
    const upstream = new Upstream(this.spec.server.name, channel.value, {
      request: (request) => answerServer(this, upstream, request, (line) => this.host.log(line)),
      notification: (method, params) => tellUsers(this, method, params, () => this.host.listsChanged(this)),
      redact: (text) => this.host.redact(text),
      broken: (error) => this.host.log(`Server "${this.spec.server.name}" is stopped for what it said: ${describeError(error)}`),
    });
    this.running = upstream;
    const hello = this.ended
      ? fail(problems.serverGone(this.spec.server.name))
      : await upstream.initialize(this.spec.capabilities, this.spec.server.startTimeoutMs);
    if (!hello.ok) {
      this.running = undefined;
      await channel.value.stop();
      // What was ended from here did not fail by itself.
      return this.ended ? fail(problems.serverGone(this.spec.server.name)) : hello;
    }
    this.uses.renew();
    this.enter({ kind: 'ready', since: new Date().toISOString(), processId: channel.value.id });
    this.host.log(`Server "${this.spec.server.name}" of ${this.spec.profile} is ready in ${shortId(channel.value.id)}.`);
    for (const uri of this.uses.subscriptions.keys()) {
      // Who followed the last run follows this one.
      void upstream.ask('resources/subscribe', { uri }, this.spec.server.startTimeoutMs);
    }
    this.host.started(this);
    return ok(upstream);
  }

  private failed(found: Problem): Result<never> {
    const problem = this.host.clean(found);
    this.starting = undefined;
    this.running = undefined;
    if (!this.ended) {
      this.enter({ kind: 'failed', problem }, `${problem.code}: ${problem.message}`);
      this.host.log(`Server "${this.spec.server.name}" of ${this.spec.profile} failed: ${problem.message}`);
    }
    return fail(problem);
  }

  private gone(upstream: Upstream, { code, lastOutput, problem }: ChannelEnd): void {
    if (this.running !== upstream) {
      return;
    }
    this.running = undefined;
    this.starting = undefined;
    for (const user of this.uses.everyone) {
      user.lost(this, upstream);
    }
    if (this.stopping === undefined && problem !== undefined) {
      // No crash: it waits for a person, and goes on at once afterwards.
      this.failed(problem);
    } else if (this.stopping === undefined) {
      this.crashes.add();
      this.enter({ kind: 'stopped' }, `It ended with ${code ?? 'a signal'}.`);
      this.host.log(
        `Server "${this.spec.server.name}" of ${this.spec.profile} ended with ${code ?? 'a signal'}.${lastOutput === '' ? '' : `\n${lastOutput}`}`,
      );
    }
  }

  private async halt(reason: string): Promise<void> {
    const upstream = this.running;
    if (upstream !== undefined) {
      this.enter({ kind: 'stopping' }, reason);
      if (!this.ended) {
        this.host.log(`Server "${this.spec.server.name}" of ${this.spec.profile} is stopped: ${reason}.`);
      }
      upstream.isStopped = true;
      await upstream.channel.stop();
    }
    // A server that is launched in this moment sees `ended`, or is stopped below.
    const late = await this.starting?.catch(() => undefined);
    if (late?.ok === true && late.value !== upstream) {
      await late.value.channel.stop();
    }
    this.running = undefined;
    this.starting = undefined;
    this.enter({ kind: 'stopped' });
  }

  /** `why` is for whoever looks back. */
  private enter(state: ServerState, why = ''): void {
    this.current = state;
    this.host.stateChanged(this, why);
  }
}

function describe({ doneBytes, totalBytes }: PullProgress): string {
  const mega = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
  return totalBytes === 0 ? `${mega(doneBytes)} MB` : `${mega(doneBytes)} of ${mega(totalBytes)} MB`;
}

function shortId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
}
