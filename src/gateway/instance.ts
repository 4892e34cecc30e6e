import type { ContainerEngine, ServerProcess } from '../core/ports.ts';
import { containerLabels, type ContainerOwner } from '../core/container/labels.ts';
import { containerSpec } from '../core/container/spec.ts';
import type { ProfileServer } from '../core/profile/profile.ts';
import { problems } from '../core/problems.ts';
import type { JsonRpcNotification } from '../shared/mcp.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { ServerState } from '../shared/servers.ts';
import { startBuiltInServer } from './builtInServer.ts';
import { Upstream } from './upstream.ts';

const builtInStartTimeoutMs = 10_000;

/** What instances are started with. */
export interface InstanceHost {
  /** Opens the container engine on first use. */
  engine(): Promise<ContainerEngine>;
  readonly owner: ContainerOwner;
  /** One line for the daemon's log. */
  log(line: string): void;
}

/** Who hears of an instance. */
export interface InstanceListener {
  stateChanged(): void;
  /** Progress, logging and list changes of the server. */
  notified(message: JsonRpcNotification): void;
}

/** One running copy of a profile's server: the one place that knows its state. */
export class ServerInstance {
  readonly server: ProfileServer;
  private readonly profile: string;
  private readonly host: InstanceHost;
  private readonly listener: InstanceListener;
  private current: ServerState = { kind: 'stopped' };
  private starting: Promise<Result<Upstream>> | undefined;
  private process: ServerProcess | undefined;
  private stopped = false;

  constructor(profile: string, server: ProfileServer, host: InstanceHost, listener: InstanceListener) {
    this.profile = profile;
    this.server = server;
    this.host = host;
    this.listener = listener;
  }

  get state(): ServerState {
    return this.current;
  }

  /** Starts the server, or waits for the start that is under way, or gives the running one. One start at a time. */
  ready(): Promise<Result<Upstream>> {
    if (this.stopped) {
      return Promise.resolve(fail(problems.serverGone(this.server.name)));
    }
    this.starting ??= this.start().catch(async (error: unknown) => {
      this.starting = undefined;
      await this.process?.stop();
      throw error;
    });
    return this.starting;
  }

  /** Ends it for good, also while it starts. Resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.process !== undefined) {
      this.enter({ kind: 'stopping' });
      await this.process.stop();
    }
    // A process that is launched in this moment is stopped by `start`.
    await this.starting?.catch(() => undefined);
    this.enter({ kind: 'stopped' });
  }

  private async start(): Promise<Result<Upstream>> {
    this.enter({ kind: 'starting', since: new Date().toISOString() });
    const launched = await this.launch();
    if (!launched.ok) {
      return this.failed(launched.problem);
    }
    const process = launched.value;
    this.process = process;
    if (this.stopped) {
      await process.stop();
      return fail(problems.serverGone(this.server.name));
    }
    const upstream = new Upstream(this.server.name, process);
    upstream.onNotification = (message) => this.listener.notified(message);
    const answered = await upstream.initialize(this.server.kind === 'image' ? this.server.startTimeoutMs : builtInStartTimeoutMs);
    if (!answered.ok) {
      await process.stop();
      return this.failed(answered.problem);
    }
    if (!this.stopped) {
      this.enter({ kind: 'ready', since: new Date().toISOString(), processId: process.id });
      this.host.log(`Server "${this.server.name}" of ${this.profile} is ready in ${process.id.slice(0, 12)}.`);
    }
    void process.exited.then(({ code }) => this.ended(code));
    return ok(upstream);
  }

  private async launch(): Promise<Result<ServerProcess>> {
    if (this.server.kind === 'builtIn') {
      return ok(startBuiltInServer(this.server.program));
    }
    const engine = await this.host.engine();
    return engine.start(containerSpec(this.server, containerLabels(this.host.owner, { profile: this.profile, server: this.server.name })));
  }

  private failed(problem: Problem): Result<never> {
    // The next call tries again.
    this.starting = undefined;
    this.process = undefined;
    if (!this.stopped) {
      this.enter({ kind: 'failed', problem });
      this.host.log(`Server "${this.server.name}" of ${this.profile} failed: ${problem.message}`);
    }
    return fail(problem);
  }

  private ended(code: number | null): void {
    if (!this.stopped) {
      this.starting = undefined;
      this.process = undefined;
      this.enter({ kind: 'stopped' });
      this.host.log(`Server "${this.server.name}" of ${this.profile} ended with ${code ?? 'a signal'}.`);
    }
  }

  private enter(state: ServerState): void {
    this.current = state;
    this.listener.stateChanged();
  }
}
