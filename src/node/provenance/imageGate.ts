import { stat } from 'node:fs/promises';

import type { ImageWish } from '../../core/provenance/decision.ts';
import type { ImageFacts } from '../../core/provenance/imageFacts.ts';
import { parseImageName, pinnedName } from '../../core/provenance/imageName.ts';
import { ok, type Result } from '../../shared/result.ts';
import { policyFilesOf } from './policyPlaces.ts';
import type { Provenance, ProvenanceHost } from './provenance.ts';

/**
 * `Provenance` without its weight: readers of policies and signatures are loaded with the first image that anybody
 * asks something of. Where there is no policy file and nobody does, an image passes after two looks at the disk.
 */
export class ImageGate {
  private readonly host: ProvenanceHost;
  private loading: Promise<Provenance> | undefined;

  constructor(host: ProvenanceHost) {
    this.host = host;
  }

  /** As `Provenance.check`. */
  async check(reference: string, wish: ImageWish): Promise<Result<ImageFacts>> {
    const image = parseImageName(reference);
    if (image !== undefined && !wish.requireDigest && !wish.verify && !(await this.hasPolicy())) {
      const { repository, digest } = image;
      return ok({ reference, repository, digest, pinned: digest === null ? null : pinnedName(image, digest), signers: [], notes: [] });
    }
    this.loading ??= import('./provenance.ts').then(({ Provenance }) => new Provenance(this.host));
    return (await this.loading).check(reference, wish);
  }

  /** What cannot be looked at counts as there: then reading it fails, and says so. */
  private async hasPolicy(): Promise<boolean> {
    const files = this.host.policyFiles ?? policyFilesOf(this.host.locations.configFolder);
    const found = await Promise.all(
      files.map(({ path }) =>
        stat(path).then(
          () => true,
          (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
        ),
      ),
    );
    return found.includes(true);
  }
}
