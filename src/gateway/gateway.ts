import { homedir } from 'node:os';

import type { ContainerEngine } from '../core/ports.ts';
import type { ContainerOwner } from '../core/container/labels.ts';
import type { ProfileServer } from '../core/profile/profile.ts';
import { problems } from '../core/problems.ts';
import { findProfile, type ProfileFile } from '../node/profileFiles.ts';
import type { Locations } from '../node/locations.ts';
import { isAlive, ownIdentity } from '../node/machine.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import type { McpTool } from '../shared/mcp.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { ServerReport } from '../shared/servers.ts';
import { findEndpoint, type DockerEndpoint } from '../docker/endpoint.ts';
import { CallLog } from './callLog.ts';
import { describeError } from './connection.ts';
import { ServerInstance } from './instance.ts';
import { KnownTools } from './knownTools.ts';
import { Session, type SessionHost, type SessionProfile } from './session.ts';

/** How long a gateway that ends waits for its servers: an engine that hangs must not keep it. */
export const stopPatienceMs = 15_000;

const firstOrphanRetryMs = 5_000;
const longestOrphanRetryMs = 5 * 60_000;

/** Everything that runs behind one socket, or in one foreground process. Knows no transport. */
export class Gateway implements SessionHost {
  readonly calls = new CallLog();
  readonly known = new KnownTools();
  readonly owner: ContainerOwner = ownIdentity();
  readonly log: (line: string) => void;
  private readonly locations: Locations;
  private readonly endpoint: DockerEndpoint;
  private readonly sessions = new Set<Session>();
  private readonly closing = new Set<Promise<void>>();
  /** Servers that are only asked for their tools. */
  private readonly asked = new Set<ServerInstance>();
  private closed = false;
  private readonly asking = new Map<string, Promise<Result<readonly McpTool[]>>>();
  private opening: Promise<ContainerEngine> | undefined;
  private nextSession = 1;

  constructor(locations: Locations, log: (line: string) => void) {
    this.locations = locations;
    this.log = log;
    this.endpoint = findEndpoint({ ...process.env, ...locations.environment }, homedir());
  }

  get dockerEndpoint(): string {
    return this.endpoint.url;
  }

  get openSessions(): readonly Session[] {
    return [...this.sessions];
  }

  /** The engine is loaded when the first container is wanted: it is the heaviest part. */
  engine(): Promise<ContainerEngine> {
    this.opening ??= this.openEngine().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  async openSession(selection: ProfileSelection, cwd: string, sendLine: (line: string) => void): Promise<Session> {
    const chosen = await this.choose(selection, cwd);
    const session = new Session(`s${this.nextSession++}`, chosen, this, sendLine);
    if (chosen.kind === 'refused') {
      this.log(`Session ${session.id} is refused: ${chosen.problem.message}`);
    }
    this.sessions.add(session);
    if (this.closed) {
      await this.closeSession(session);
    }
    return session;
  }

  /** Resolves when every server of the session is gone. */
  async closeSession(session: Session): Promise<void> {
    if (this.sessions.delete(session)) {
      const closing = session.close();
      this.closing.add(closing);
      await closing.finally(() => this.closing.delete(closing));
    }
  }

  /** Resolves when nothing that this gateway started is left. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.sessions].map((session) => this.closeSession(session)));
    await Promise.all([...this.asked].map((instance) => instance.stop()));
    await Promise.all(this.closing);
  }

  /** The tools of a profile's servers as far as they are known; with `discover`, unknown ones are started, asked and stopped. */
  async profileTools(selection: ProfileSelection, cwd: string, discover: boolean): Promise<Result<readonly ServerReport[]>> {
    const chosen = await this.choose(selection, cwd);
    if (chosen.kind === 'refused') {
      return fail(chosen.problem);
    }
    const { profile, path } = chosen;
    return ok(
      await Promise.all(
        profile.servers.map(async (server): Promise<ServerReport> => {
          const running = this.runningInstance(profile.id, server.name);
          let state = running ?? { kind: 'stopped' as const };
          if (discover && this.known.summaries(path, server) === null) {
            const failure = await this.askOnce(path, profile.id, server);
            if (failure !== undefined) {
              state = { kind: 'failed', problem: failure };
            }
          }
          return { name: server.name, state, tools: this.known.summaries(path, server) };
        }),
      ),
    );
  }

  /** Two who ask at once get the answer of one start. Gives why there is none. */
  private async askOnce(path: string, profile: string, server: ProfileServer): Promise<Problem | undefined> {
    const key = JSON.stringify([path, server]);
    let asking = this.asking.get(key);
    if (asking === undefined) {
      asking = this.askTools(server, profile).finally(() => this.asking.delete(key));
      this.asking.set(key, asking);
    }
    const listed = await asking;
    if (!listed.ok) {
      return listed.problem;
    }
    this.known.remember(path, profile, server, listed.value);
    return undefined;
  }

  private async askTools(server: ProfileServer, profile: string): Promise<Result<readonly McpTool[]>> {
    const instance = new ServerInstance(profile, server, this, { stateChanged: () => undefined, notified: () => undefined });
    this.asked.add(instance);
    try {
      if (this.closed) {
        await instance.stop();
      }
      const upstream = await instance.ready();
      return upstream.ok ? await upstream.value.listTools((text) => this.log(text)) : upstream;
    } finally {
      await instance.stop();
      this.asked.delete(instance);
    }
  }

  private runningInstance(profile: string, server: string): ServerReport['state'] | undefined {
    const reports = this.openSessions.map((session) => session.report()).filter((report) => report.profile === profile);
    return reports.flatMap((report) => report.servers).find((report) => report.name === server && report.state.kind !== 'stopped')?.state;
  }

  private async choose(selection: ProfileSelection, cwd: string): Promise<SessionProfile> {
    const found = await findProfile(this.locations, selection, cwd);
    if (!found.ok) {
      return { kind: 'refused', problem: found.problem };
    }
    return usable(found.value);
  }

  /** Looks for containers of dead gateways now, and again with growing pauses while Docker does not answer. */
  async removeOrphans(retryMs = firstOrphanRetryMs): Promise<void> {
    try {
      const facts = await (await this.engine()).facts();
      if (!facts.ok && !this.closed) {
        setTimeout(() => void this.removeOrphans(Math.min(retryMs * 2, longestOrphanRetryMs)), retryMs).unref();
      }
    } catch (error) {
      this.log(describeError(error));
    }
  }

  private async openEngine(): Promise<ContainerEngine> {
    const { DockerEngine } = await import('../docker/engine.ts');
    const engine = new DockerEngine(this.endpoint, this.owner.machine, isAlive);
    const removed = await engine.removeOrphans();
    if (!removed.ok) {
      // Docker may answer later, and what is left is then still to be removed.
      this.opening = undefined;
    } else if (removed.value > 0) {
      this.log(`Removed ${removed.value} containers of gateways that died.`);
    }
    return engine;
  }
}

function usable(file: ProfileFile): SessionProfile {
  if (!file.profile.ok) {
    return { kind: 'refused', problem: file.profile.problem };
  }
  return file.allowed
    ? { kind: 'usable', profile: { ...file.profile.value, id: file.id }, path: file.path }
    : { kind: 'refused', problem: problems.profileNotAllowed(file.path, file.id) };
}
