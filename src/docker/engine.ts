import Docker from 'dockerode';

import { machineLabel, managedLabel, ownerFromLabels, type ContainerOwner } from '../core/container/labels.ts';
import type { ContainerSpec } from '../core/container/spec.ts';
import type { ContainerEngine, EngineFacts, ServerProcess } from '../core/ports.ts';
import { problems } from '../core/problems.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { attachContainer } from './attachedContainer.ts';
import { createOptions } from './createOptions.ts';
import type { DockerEndpoint } from './endpoint.ts';

/** The container engine over Docker's Engine API: no `docker` process, for any endpoint that dockerode reaches. */
export class DockerEngine implements ContainerEngine {
  private opened: Docker | undefined;
  private readonly endpoint: DockerEndpoint;
  private readonly machine: string;
  private readonly isOwnerAlive: (owner: ContainerOwner) => boolean;

  constructor(endpoint: DockerEndpoint, machine: string, isOwnerAlive: (owner: ContainerOwner) => boolean) {
    this.endpoint = endpoint;
    this.machine = machine;
    this.isOwnerAlive = isOwnerAlive;
  }

  /** dockerode reads the certificates that the environment names, and throws when they are missing. */
  private get docker(): Docker {
    this.opened ??= new Docker(this.endpoint.options);
    return this.opened;
  }

  async facts(): Promise<Result<EngineFacts>> {
    return this.attempt('tell its version', async () => {
      const version = await this.docker.version();
      return { endpoint: this.endpoint.url, version: version.Version, apiVersion: version.ApiVersion };
    });
  }

  async start(spec: ContainerSpec): Promise<Result<ServerProcess>> {
    let container: Docker.Container;
    try {
      const image = await this.docker.getImage(spec.image).inspect();
      container = await this.docker.createContainer(createOptions(spec, Object.keys(image.Config.Volumes ?? {})));
    } catch (error) {
      return fail(
        statusOf(error) === 404
          ? problems.imageMissing(spec.image, spec.server)
          : this.problemOf(`create the container of "${spec.server}"`, error),
      );
    }
    try {
      return ok(await attachContainer(container));
    } catch (error) {
      await container.remove({ force: true }).catch(() => undefined);
      return fail(this.problemOf(`start the container of "${spec.server}"`, error));
    }
  }

  async removeOrphans(): Promise<Result<number>> {
    return this.attempt('list the containers', async () => {
      const listed = await this.docker.listContainers({
        all: true,
        filters: { label: [`${managedLabel}=true`, `${machineLabel}=${this.machine}`] },
      });
      const orphans = listed.filter((container) => {
        const owner = ownerFromLabels(container.Labels);
        return owner !== undefined && !this.isOwnerAlive(owner);
      });
      const removals = await Promise.allSettled(orphans.map(({ Id }) => this.docker.getContainer(Id).remove({ force: true })));
      for (const removal of removals) {
        if (removal.status === 'rejected') {
          ignoreGone(removal.reason);
        }
      }
      return orphans.length;
    });
  }

  private async attempt<T>(doing: string, action: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await action());
    } catch (error) {
      return fail(this.problemOf(doing, error));
    }
  }

  private problemOf(doing: string, error: unknown): Problem {
    const detail = error instanceof Error ? error.message : String(error);
    return statusOf(error) === undefined ? problems.dockerUnreachable(this.endpoint.url, detail) : problems.dockerFailed(doing, detail);
  }
}

/** 404: it is gone; 409: its removal is under way. */
function ignoreGone(error: unknown): void {
  const status = statusOf(error);
  if (status !== 404 && status !== 409 && status !== 304) {
    throw error;
  }
}

/** The HTTP status of an answer that Docker gave; undefined when it gave none. */
function statusOf(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null ? (error as { statusCode?: unknown }).statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}
