import Docker from 'dockerode';

import { ownImage } from '../core/container/ownImage.ts';
import { machineLabel, managedLabel, ownerFromLabels, type ContainerOwner } from '../core/container/labels.ts';
import type { ContainerSpec } from '../core/container/spec.ts';
import type { ContainerEngine, Egress, EgressPlan, EngineFacts, PullProgress, ServerProcess, WatchHost } from '../core/ports.ts';
import * as problems from '../core/problems.ts';
import type { StoredData } from '../shared/controlProtocol.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { ask, statusOf, tellPatienceMs, workPatienceMs } from './answers.ts';
import { attachContainer } from './attachedContainer.ts';
import { containerName } from './containerName.ts';
import { createOptions } from './createOptions.ts';
import { ForeignVolume, listData, makeDataVolumes, removeData } from './dataVolumes.ts';
import { openEgress, type EgressSettings } from './egressNetwork.ts';
import { ownUser, type DockerEndpoint } from './endpoint.ts';
import { heldContainers } from './heldContainers.ts';
import { digestsFrom, imageLabel, ImageCatalog, type ImageFacts } from './imageCatalog.ts';
import { ImageUsers } from './imageUsers.ts';
import { pullImage } from './pull.ts';
import { removeContainer, removeNetwork, removeOrphanVolumes, removeWhenReachable } from './removal.ts';
import { OwnImageMissing, readerOf, SecretVolume } from './secretVolume.ts';
import { Watch } from './watch.ts';

type EgressWays = Pick<EgressSettings, 'outgoing' | 'extraHosts' | 'nameServers'>;

/** `image` is Wharf's own, for what it runs beside servers; the ways are where egress proxies find hosts, for tests that have no internet. */
interface EngineSettings extends EgressWays {
  readonly image?: string;
}

/** The container engine over Docker's Engine API: no `docker` process, for any endpoint that dockerode reaches. */
export class DockerEngine implements ContainerEngine {
  private opened: Docker | undefined;
  private readonly endpoint: DockerEndpoint;
  private readonly machine: string;
  private readonly ownImage: string;
  private readonly isOwnerAlive: (owner: ContainerOwner) => boolean;
  private readonly ways: EgressWays;
  private readonly images = new ImageCatalog(() => this.docker);
  private readonly users = new ImageUsers();
  private readonly problemOf = (doing: string, error: unknown): Problem => {
    const detail = error instanceof Error ? error.message : String(error);
    return statusOf(error) === undefined ? problems.dockerUnreachable(this.endpoint.url, detail) : problems.dockerFailed(doing, detail);
  };

  constructor(
    endpoint: DockerEndpoint,
    machine: string,
    isOwnerAlive: (owner: ContainerOwner) => boolean,
    { image, ...ways }: EngineSettings = {},
  ) {
    this.ownImage = image ?? (process.env['WHARF_IMAGE'] || ownImage);
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
    const facts = await this.imageFacts(reference);
    return facts.ok ? ok(facts.value.id) : facts;
  }

  async imageDigests(reference: string): Promise<Result<readonly string[]>> {
    const facts = await this.imageFacts(reference);
    return facts.ok ? ok(digestsFrom(reference, facts.value.origins)) : facts;
  }

  async imageLabel(reference: string, label: string): Promise<Result<string | null>> {
    return this.describe(reference, () => imageLabel(this.docker, reference, label));
  }

  private async imageFacts(reference: string): Promise<Result<ImageFacts>> {
    return this.describe(reference, () => this.images.ask(reference));
  }

  private async describe<T>(reference: string, look: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await look());
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
    if (Object.keys(spec.files).length === 0) {
      return this.run(spec, undefined);
    }
    let volume: SecretVolume;
    try {
      volume = await SecretVolume.create(this.docker, spec);
    } catch (error) {
      return fail(this.problemOf(`make the volume for the secret files of "${spec.server}"`, error));
    }
    const started = await this.run({ ...spec, labels: { ...spec.labels, ...volume.labels } }, volume);
    if (!started.ok) {
      await volume.remove();
      return started;
    }
    const gone = started.value.exited.then(() => volume.remove());
    const stop = async (): Promise<void> => {
      await started.value.stop();
      await gone;
    };
    return ok({ ...started.value, stop });
  }

  private async run(spec: ContainerSpec, volume: SecretVolume | undefined): Promise<Result<ServerProcess>> {
    const name = containerName(spec);
    let container: Docker.Container;
    let user: string;
    try {
      const image = await this.images.recall(spec.image);
      const numbered = await this.users.numbered(this.docker, spec, image, ownUser(this.endpoint));
      if (!numbered.ok) {
        return numbered;
      }
      user = numbered.value;
      await makeDataVolumes(this.docker, spec, readerOf(user, spec.capAdd));
      const secrets = volume === undefined ? {} : { secrets: { volume: volume.name, isReadOnly: true } };
      container = await this.create(name, createOptions(spec, { volumes: image.volumes, user, ...secrets }));
    } catch (error) {
      if (error instanceof ForeignVolume) {
        return fail(problems.dockerFailed(`mount the data of "${spec.server}"`, error.message));
      }
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
      await volume?.fill(this.ownImage, readerOf(user, spec.capAdd), this.problemOf);
      const process = await attachContainer(container, this.problemOf);
      void process.exited.finally(() => heldContainers.delete(id));
      void volume?.release();
      return ok(process);
    } catch (error) {
      await removeContainer(container).catch(() => void removeWhenReachable(container));
      heldContainers.delete(id);
      return fail(
        error instanceof OwnImageMissing
          ? problems.ownImageMissing(error.image, `hold the secret files of "${spec.server}"`)
          : this.problemOf(`start the container of "${spec.server}"`, error),
      );
    }
  }

  async openEgress(plan: EgressPlan): Promise<Result<Egress>> {
    const facts = await this.facts();
    if (!facts.ok) {
      return facts;
    }
    return openEgress(plan, {
      docker: this.docker,
      image: this.ownImage,
      apiVersion: facts.value.apiVersion,
      problemOf: this.problemOf,
      ...this.ways,
    });
  }

  listData(owner: string): Promise<Result<readonly StoredData[]>> {
    return this.attempt('list the volumes', () => listData(this.docker, owner));
  }

  removeData(volume: string): Promise<Result<boolean>> {
    return this.attempt(`remove the volume ${volume}`, () => removeData(this.docker, volume));
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
      await removeOrphanVolumes(this.docker, this.machine, this.isOwnerAlive);
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
