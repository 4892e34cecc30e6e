import Docker from 'dockerode';

import { containerLabels, type ContainerOwner } from '../../core/container/labels.ts';
import type { PullProgress } from '../../core/ports.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { statusOf, type ProblemOf } from '../answers.ts';
import type { DockerEndpoint } from '../endpoint.ts';
import { DockerEngine } from '../engine.ts';
import { buildPackageImage, type BuilderHost, type BuiltImage, type PackageWish } from './packageBuilder.ts';
import { listPackageImages, removeHalfImages, removeImage, type BuiltPackage } from './packageImages.ts';

export interface BuilderOptions {
  readonly endpoint: DockerEndpoint;
  /** Who builds. */
  readonly owner: ContainerOwner;
  readonly isOwnerAlive: (owner: ContainerOwner) => boolean;
  readonly sha256: (text: string) => string;
  /** Wharf's own image, where it is not the usual one. */
  readonly image?: string;
}

/** Builds, lists and removes images of packages on one engine. */
export class PackageBuilder {
  private readonly options: BuilderOptions;
  private readonly engine: DockerEngine;
  private readonly docker: Docker;
  private readonly problemOf: ProblemOf = (doing, error) => {
    const detail = error instanceof Error ? error.message : String(error);
    return statusOf(error) === undefined
      ? problems.dockerUnreachable(this.options.endpoint.url, detail)
      : problems.dockerFailed(doing, detail);
  };

  /** May throw as dockerode does, where certificates are missing. */
  constructor(options: BuilderOptions) {
    const { endpoint, owner, isOwnerAlive, image } = options;
    this.options = options;
    this.engine = new DockerEngine(endpoint, owner.machine, isOwnerAlive, image === undefined ? {} : { image });
    this.docker = new Docker(endpoint.options);
  }

  /** See buildPackageImage. What killed builds left is removed first. */
  async build(wish: PackageWish, host: Pick<BuilderHost, 'onStep' | 'signal'>): Promise<Result<BuiltImage>> {
    const cleaned = await this.engine.removeOrphans();
    if (!cleaned.ok) {
      return cleaned;
    }
    const { owner, sha256 } = this.options;
    const labels = containerLabels(owner, { profile: '', server: `build-${wish.reference.package}` });
    return buildPackageImage(wish, { ...host, docker: this.docker, engine: this.engine, labels, sha256, problemOf: this.problemOf });
  }

  pull(reference: string, onProgress: (progress: PullProgress) => void): { readonly done: Promise<Result<null>>; cancel(): void } {
    return this.engine.pull(reference, onProgress);
  }

  async has(reference: string): Promise<Result<boolean>> {
    const id = await this.engine.imageId(reference);
    return id.ok || id.problem.code === 'WHARF_IMAGE_MISSING' ? ok(id.ok) : id;
  }

  list(): Promise<Result<readonly BuiltPackage[]>> {
    return this.attempt('list the images', () => listPackageImages(this.docker));
  }

  /** With all its names; false where a container runs from it. */
  remove(id: string): Promise<Result<boolean>> {
    return this.attempt('remove an image', () => removeImage(this.docker, id));
  }

  removeHalfImages(): Promise<Result<void>> {
    return this.attempt('remove images', () => removeHalfImages(this.docker));
  }

  private async attempt<T>(doing: string, action: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await action());
    } catch (error) {
      return fail(this.problemOf(doing, error));
    }
  }
}
