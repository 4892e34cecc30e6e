import Docker from 'dockerode';

import { ownImage } from '../core/container/ownImage.ts';
import { machineLabel, managedLabel, ownerFromLabels, type ContainerOwner } from '../core/container/labels.ts';
import type { ContainerSpec } from '../core/container/spec.ts';
import type { ContainerEngine, Egress, EgressPlan, EngineFacts, PullProgress, ServerProcess, WatchHost } from '../core/ports.ts';
import * as problems from '../core/problems.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { ask, statusOf, tellPatienceMs, workPatienceMs } from './answers.ts';
import { attachContainer } from './attachedContainer.ts';
import { containerName } from './containerName.ts';
import { createOptions } from './createOptions.ts';
import { openEgress, type EgressSettings } from './egressNetwork.ts';
import type { DockerEndpoint } from './endpoint.ts';
import { heldContainers } from './heldContainers.ts';
import { ImageCatalog } from './imageCatalog.ts';
import { pullImage } from './pull.ts';
import { removeContainer, removeNetwork, removeWhenReachable } from './removal.ts';
import { Watch } from './watch.ts';

type EgressWays = Pick<EgressSettings, 'outgoing' | 'extraHosts' | 'nameServers'>;

/** The container engine over Docker's Engine API: no `docker` process, for any endpoint that dockerode reaches. */
export class DockerEngine implements ContainerEngine {
  private opened: Docker | undefined;
  private readonly endpoint: DockerEndpoint;
  private readonly machine: string;
  private readonly isOwnerAlive: (owner: ContainerOwner) => boolean;
  private readonly ways: EgressWays;
  private readonly images = new ImageCatalog(() => this.docker);
  private readonly problemOf = (doing: string, error: unknown): Problem => {
    const detail = error instanceof Error ? error.message : String(error);
    return statusOf(error) === undefined ? problems.dockerUnreachable(this.endpoint.url, detail) : problems.dockerFailed(doing, detail);
  };

  /** `ways` is where egress proxies find hosts, for tests that have no internet. */
  constructor(endpoint: DockerEndpoint, machine: string, isOwnerAlive: (owner: ContainerOwner) => boolean, ways: EgressWays = {}) {
    this.ways = ways;
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
      const version = await ask(tellPatienceMs, () => this.docker.version());
      return { endpoint: this.endpoint.url, version: version.Version, apiVersion: version.ApiVersion };
    });
  }

  async imageId(reference: string): Promise<Result<string>> {
    try {
      const { id } = await this.images.ask(reference);
      return ok(id);
    } catch (error) {
      return fail(
        statusOf(error) === 404 ? problems.imageMissing(reference, null) : this.problemOf(`describe the image ${reference}`, error),
      );
    }
  }

  pull(reference: string, onProgress: (progress: PullProgress) => void): { readonly done: Promise<Result<null>>; cancel(): void } {
    const { configFolder } = this.endpoint;
    return pullImage({ docker: () => this.docker, configFolder, problemOf: this.problemOf }, reference, onProgress);
  }

  async start(spec: ContainerSpec): Promise<Result<ServerProcess>> {
    const name = containerName(spec);
    let container: Docker.Container;
    try {
      const { volumes } = await this.images.recall(spec.image);
      container = await this.create(name, createOptions(spec, volumes));
    } catch (error) {
      if (statusOf(error) === 404) {
        this.images.forget();
        return fail(problems.imageMissing(spec.image, spec.server));
      }
      this.removeUnlessRefused(name, error);
      return fail(this.problemOf(`create the container of "${spec.server}"`, error));
    }
    const { id } = container;
    heldContainers.add(id);
    try {
      const process = await attachContainer(container, this.problemOf);
      void process.exited.finally(() => heldContainers.delete(id));
      return ok(process);
    } catch (error) {
      await removeContainer(container).catch(() => void removeWhenReachable(container));
      heldContainers.delete(id);
      return fail(this.problemOf(`start the container of "${spec.server}"`, error));
    }
  }

  async openEgress(plan: EgressPlan): Promise<Result<Egress>> {
    const facts = await this.facts();
    if (!facts.ok) {
      return facts;
    }
    const image = process.env['WHARF_IMAGE'] ?? ownImage;
    return openEgress(plan, { docker: this.docker, image, apiVersion: facts.value.apiVersion, problemOf: this.problemOf, ...this.ways });
  }

  async removeOrphans(): Promise<Result<number>> {
    return this.attempt('list the containers', async () => {
      const label = [`${managedLabel}=true`, `${machineLabel}=${this.machine}`];
      const listed = await ask(tellPatienceMs, (abortSignal) => this.docker.listContainers({ all: true, filters: { label }, abortSignal }));
      const orphans = listed.filter((container) => {
        const owner = ownerFromLabels(container.Labels);
        return owner !== undefined && !this.isOwnerAlive(owner);
      });
      // One that Docker cannot remove now must not keep the others; the watch tries it again.
      const removed = await Promise.allSettled(orphans.map(({ Id }) => removeContainer(this.docker.getContainer(Id))));
      await this.removeOrphanNetworks(label);
      return removed.filter(({ status }) => status === 'fulfilled').length;
    });
  }

  watch(owner: ContainerOwner, host: WatchHost): () => void {
    const imagesChanged = (): void => {
      this.images.forget();
      host.imagesChanged();
    };
    const watch = new Watch(
      { options: this.endpoint.options, owner, isOwnerAlive: this.isOwnerAlive, beginHearing: () => this.images.beginHearing() },
      { isKnown: (id) => host.isKnown(id), imagesChanged, log: (line) => host.log(line) },
    );
    return () => watch.stop();
  }

  private async removeOrphanNetworks(label: readonly string[]): Promise<void> {
    const networks = await ask(tellPatienceMs, (abortSignal) => this.docker.listNetworks({ filters: { label: [...label] }, abortSignal }));
    const orphans = networks.filter(({ Labels }) => {
      const owner = ownerFromLabels(Labels ?? {});
      return owner !== undefined && !this.isOwnerAlive(owner);
    });
    await Promise.allSettled(orphans.map(({ Id }) => removeNetwork(this.docker.getNetwork(Id))));
  }

  private create(name: string, options: Docker.ContainerCreateOptions): Promise<Docker.Container> {
    return ask(workPatienceMs, (abortSignal) => {
      // Said apart, or dockerode puts all of it into the address as well, where an engine's log shows the environment.
      const parts = { _query: { name }, _body: options, abortSignal };
      return this.docker.createContainer(parts);
    });
  }

  /** An engine that did not answer may have made the container all the same. */
  private removeUnlessRefused(name: string, error: unknown): void {
    if (statusOf(error) === undefined && this.opened !== undefined) {
      void removeWhenReachable(this.opened.getContainer(name));
    }
  }

  private async attempt<T>(doing: string, action: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await action());
    } catch (error) {
      return fail(this.problemOf(doing, error));
    }
  }
}
