import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import Docker from 'dockerode';
import { probeProfile } from './dockerLane.ts';
import type { McpClient } from './mcpClient.ts';
import { openFiles, processesOf, rssOf, zombiesOf } from './soakTraces.ts';
import { until } from './until.ts';
import { isRunning, makeHome, type WharfHome } from './wharfHome.ts';

/** Servers of every kind: one per client, one for all, each also as one that outlives the end of its input, and one outside any container. */
export const soakServers = ['own', 'shared', 'stubborn', 'stubbornShared', 'native'] as const;
export type SoakServer = (typeof soakServers)[number];

/** What of a daemon may grow unseen. */
export interface DaemonFigures {
  readonly openFiles: number;
  /** Megabytes. */
  readonly rss: number;
}

/** Longer than an unused connection to the engine is kept. */
const quietMs = 6_000;
const goneMs = 20_000;
/** Of the daemon's log, beside what was left. */
const logLines = 30;

function soakProfile(): string {
  const idle = ['network: none', 'idleTimeout: 1s'];
  const containers = probeProfile(
    { name: 'own' },
    { name: 'shared', wharf: [...idle, 'share: user'] },
    { name: 'stubborn', misbehave: 'ignore-eof', wharf: [...idle, 'share: session'] },
    // With a snapshot it is shared without being told to.
    { name: 'stubbornShared', misbehave: 'ignore-eof', wharf: idle },
  );
  const probe = join(import.meta.dirname, 'servers', 'probe.mjs');
  const native = { command: process.execPath, args: [probe, '--misbehave=ignore-eof'] };
  return `${containers}  - name: native\n    wharf: { native: ${JSON.stringify(native)} }\nwharf: { toolNames: prefix }\n`;
}

/** A user whose clients, daemon and engine are ended in every way, and who must not be left with anything of them. */
export class SoakHome {
  readonly user: WharfHome;
  /** The one profile. No other home has one of this name, so that it names this home's containers. */
  readonly profile: string;
  readonly docker: Docker;
  /** Ids that the engine lists and does not know. */
  readonly ghosts = new Set<string>();

  constructor(user: WharfHome, profile: string, docker: Docker) {
    this.user = user;
    this.profile = profile;
    this.docker = docker;
  }

  /** A client that has listed the tools. */
  async session(settings: readonly string[] = []): Promise<McpClient> {
    const client = await this.user.gateway(['--profile', this.profile, ...settings]);
    const { error } = await client.initialize();
    assert.equal(error, undefined, error?.message);
    await client.listTools();
    return client;
  }

  /** The process id of the daemon that answers. */
  async daemonPid(): Promise<number> {
    return (await this.user.status()).pid;
  }

  /** Containers in whatever state, each with its state and the process that owns it. */
  async containers(): Promise<readonly string[]> {
    const filters = { label: ['wharf.managed=true', `wharf.profile=${this.profile}`] };
    const listed = await this.docker.listContainers({ all: true, filters });
    const isThere = await Promise.all(listed.map(async ({ Id: id, State: state }) => state !== 'dead' || (await this.exists(id))));
    return listed
      .filter((_, index) => isThere[index])
      .map(({ Id: id, State: state, Labels: labels }) => {
        const owner = Number(labels['wharf.owner.pid']);
        return `${labels['wharf.server']} ${id.slice(0, 12)}, ${state}, of process ${owner}, which ${isRunning(owner) ? 'lives' : 'is gone'}`;
      });
  }

  /** Waits until there is no container. Gives the milliseconds that it took. */
  async untilNoContainer(): Promise<number> {
    const from = performance.now();
    let left: readonly string[] = [];
    try {
      await until(async () => (left = await this.containers()).length === 0, { timeoutMs: goneMs });
    } catch (error) {
      const log = (await this.user.log()).split('\n').slice(-logLines);
      throw new Error(`After ${goneMs} ms there still is: ${left.join('; ')}\n${log.join('\n')}`, { cause: error });
    }
    return performance.now() - from;
  }

  /** What the daemon has once it is at rest: as many open files as before, or the same number for some seconds. */
  async figures(before?: DaemonFigures): Promise<DaemonFigures> {
    const pid = await this.daemonPid();
    let last = -1;
    let since = 0;
    await until(
      () => {
        const now = openFiles(pid).length;
        since = now === last ? since : performance.now();
        last = now;
        return now <= (before?.openFiles ?? 0) || performance.now() - since >= quietMs;
      },
      { timeoutMs: goneMs, everyMs: 100, what: `the open files of ${pid} to stay the same` },
    );
    return { openFiles: last, rss: rssOf(pid) };
  }

  /** Everything beyond one idle daemon, after some patience: nothing is expected. */
  async leftovers(): Promise<readonly string[]> {
    let left: readonly string[] = [];
    const look = async (): Promise<boolean> => {
      left = await this.traces().catch((error: unknown) => [`${String(error)}\n${this.processes().join('\n')}`]);
      return left.length === 0;
    };
    await until(look, { timeoutMs: goneMs, everyMs: 100 }).catch(() => undefined);
    return left;
  }

  /** Stops the daemon, and gives what is there all the same. */
  async stop(): Promise<readonly string[]> {
    await this.user.stop();
    const sockets = (await this.runtimeFiles()).filter((name) => name.endsWith('.sock'));
    return [...this.processes(), ...sockets.map((name) => `socket ${name}`), ...(await this.containers())];
  }

  private async traces(): Promise<readonly string[]> {
    const { pid, sessions, socket } = await this.user.status();
    const own = new Set(['.sock', '.lock', '.lock-journal'].map((ending) => socket.replace(/\.sock$/, ending)));
    const files = (await this.runtimeFiles()).map((name) => join(this.user.locations.runtimeFolder, name));
    return [
      ...(await this.containers()),
      ...sessions.map(({ id, client }) => `session ${id} of ${client}`),
      ...this.processes(pid),
      ...zombiesOf(pid).map((zombie) => `zombie ${zombie}`),
      ...files.filter((path) => !own.has(path)).map((path) => `file ${path}`),
    ];
  }

  private processes(except?: number): readonly string[] {
    const others = processesOf(this.user.home).filter(({ pid }) => pid !== except);
    return others.map(({ pid, command }) => `process ${pid}: ${command}`);
  }

  /**
   * An engine that was killed can list, until it starts again, a "dead" container that it has removed when it started: an entry
   * without a container, which it does not find by its id (seen with 20.10). Nobody can remove that.
   */
  private async exists(id: string): Promise<boolean> {
    try {
      await this.docker.getContainer(id).inspect();
      return true;
    } catch (error) {
      if ((error as { readonly statusCode?: number }).statusCode !== 404) {
        throw error;
      }
      const listed = await this.docker.listContainers({ all: true, filters: { id: [id] } });
      listed.forEach(({ Id }) => this.ghosts.add(Id));
      return false;
    }
  }

  private async runtimeFiles(): Promise<readonly string[]> {
    return readdir(this.user.locations.runtimeFolder);
  }
}

/** A new home with the profile, allowed, and every tool known. Its daemon runs. `docker` is the engine at `socketPath`, the common one without. */
export async function makeSoakHome(t: TestContext, docker = new Docker(), socketPath?: string): Promise<SoakHome> {
  const user = await makeHome(t);
  const profile = `soak-${randomBytes(4).toString('hex')}`;
  const env = socketPath === undefined ? {} : { DOCKER_HOST: `unix://${socketPath}` };
  await user.writeProfile(profile, soakProfile());
  const allowed = await user.wharf(['profile', 'allow', profile, '--yes'], env);
  assert.equal(allowed.code, 0, allowed.stderr);
  const home = new SoakHome(user, profile, docker);
  await home.untilNoContainer();
  return home;
}
