import type { ContainerOwner } from '../core/container/labels.ts';
import type { ContainerEngine } from '../core/ports.ts';
import type { DockerEndpoint } from '../docker/endpoint.ts';
import { isAlive } from '../node/machine.ts';
import { describeError } from './describeError.ts';
import { Images } from './images.ts';

const firstRetryMs = 5_000;
const longestRetryMs = 5 * 60_000;

interface ContainersHost {
  readonly owner: ContainerOwner;
  /** Whether a server of this gateway runs in it. */
  runsServer(containerId: string): boolean;
  log(line: string): void;
}

/** The container engine of one gateway: opened when it is wanted, watched, and rid of what dead gateways left. */
export class Containers {
  readonly images = new Images(() => this.engine());
  private readonly endpoint: DockerEndpoint;
  private readonly host: ContainersHost;
  /** Containers that are no servers. */
  private readonly held = new Set<string>();
  private closed = false;
  private opening: Promise<ContainerEngine> | undefined;
  private stopWatching: () => void = () => undefined;

  constructor(endpoint: DockerEndpoint, host: ContainersHost) {
    this.endpoint = endpoint;
    this.host = host;
  }

  /** The engine is loaded when the first container is wanted: it is the heaviest part. */
  engine(): Promise<ContainerEngine> {
    this.opening ??= this.open().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  /** Keeps a container that is no server from being taken for a lost one. The returned function lets it go. */
  hold(containerId: string): () => void {
    this.held.add(containerId);
    return () => this.held.delete(containerId);
  }

  /** Looks for containers of dead gateways now, and again with growing pauses while the engine does not answer. */
  async removeOrphans(retryMs = firstRetryMs): Promise<void> {
    try {
      const facts = await (await this.engine()).facts();
      if (!facts.ok && !this.closed) {
        setTimeout(() => void this.removeOrphans(Math.min(retryMs * 2, longestRetryMs)), retryMs).unref();
      }
    } catch (error) {
      this.host.log(describeError(error));
    }
  }

  close(): void {
    this.closed = true;
    this.stopWatching();
  }

  private async open(): Promise<ContainerEngine> {
    const { DockerEngine } = await import('../docker/engine.ts');
    const engine = new DockerEngine(this.endpoint, this.host.owner.machine, isAlive);
    const removed = await engine.removeOrphans();
    if (!removed.ok) {
      // Docker may answer later, and what is left is then still to be removed.
      this.opening = undefined;
      return engine;
    }
    if (removed.value > 0) {
      this.host.log(`Removed ${removed.value} containers of gateways that died.`);
    }
    this.stopWatching();
    this.stopWatching = engine.watch(this.host.owner, {
      isKnown: (id) => this.held.has(id) || this.host.runsServer(id),
      imagesChanged: () => this.images.forget(),
      log: (line) => this.host.log(line),
    });
    return engine;
  }
}
