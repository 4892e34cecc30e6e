import type Docker from 'dockerode';

import { engineName, isBuiltFor, packageOrigins } from '../core/packages/packageImage.ts';
import { parseImageName } from '../core/provenance/imageName.ts';
import { ask, tellPatienceMs } from './answers.ts';

/** What of an image matters for a container. */
export interface ImageFacts {
  readonly id: string;
  /** The paths that it declares with VOLUME. */
  readonly volumes: readonly string[];
  /** `user[:group]`; empty where the image says nothing, which means root. */
  readonly user: string;
  /** `repository@digest`, for each place that it was got from or put to. */
  readonly origins: readonly string[];
}

/** A label of an image; null where it has none of that name. Rejects as dockerode does. */
export async function imageLabel(docker: Docker, reference: string, label: string): Promise<string | null> {
  const { Config: config } = await ask(tellPatienceMs, () => docker.getImage(reference).inspect());
  // The types do not say that an image without labels has null here.
  const labels = config.Labels as Readonly<Record<string, string>> | null;
  return labels !== null && Object.hasOwn(labels, label) ? (labels[label] ?? null) : null;
}

/** Asks the engine about images, and remembers the answers while changes of images are heard. */
export class ImageCatalog {
  private readonly docker: () => Docker;
  private known = new Map<string, ImageFacts>();
  private hearing = 0;

  constructor(docker: () => Docker) {
    this.docker = docker;
  }

  /** What an image is now. Rejects as dockerode does. */
  async ask(reference: string): Promise<ImageFacts> {
    const { known } = this;
    const name = engineName(reference);
    const { Id: id, Config: config, RepoDigests: digests } = await ask(tellPatienceMs, () => this.docker().getImage(name).inspect());
    const labels = config.Labels ?? {};
    if (!isBuiltFor(reference, labels)) {
      throw Object.assign(new Error(`The image ${name} was not built for ${reference}.`), { statusCode: 404 });
    }
    const origins = [...(digests ?? []), ...packageOrigins(reference, labels)];
    const facts = { id, volumes: Object.keys(config.Volumes ?? {}), user: config.User, origins };
    // An answer that was overtaken by a change goes into a map that is not used any more.
    known.set(reference, facts);
    return facts;
  }

  /** The same without a request, where nothing can have changed since the last one. */
  async recall(reference: string): Promise<ImageFacts> {
    return (this.hearing === 0 ? undefined : this.known.get(reference)) ?? this.ask(reference);
  }

  /** Some image changed, or may have. */
  forget(): void {
    this.known = new Map();
  }

  /** From now on `forget` is called for every change, until the returned function is called. */
  beginHearing(): () => void {
    this.forget();
    this.hearing++;
    return () => {
      this.hearing--;
    };
  }
}

/** The digests of an image in the repository of a reference. An image that was only tagged with that name is not from there. */
export function digestsFrom(reference: string, origins: readonly string[]): readonly string[] {
  const repository = parseImageName(reference)?.repository;
  return origins.flatMap((origin) => {
    const name = parseImageName(origin);
    return name !== undefined && name.digest !== null && name.repository === repository ? [name.digest] : [];
  });
}
