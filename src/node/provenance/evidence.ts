import { statementMediaType } from '../../core/provenance/statement.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Descriptor, Manifest } from '../registry/manifests.ts';
import type { RegistryClient, Repository } from '../registry/registryClient.ts';

/** A signature in cosign's first layout: one layer of the manifest with the tag `sha256-….sig`. */
export interface SimpleSignature {
  readonly form: 'cosign signature';
  readonly payload: Buffer;
  /** Base64; null when the annotation is missing. */
  readonly signature: string | null;
  /** Certificate, entry of the log and time stamp, where there are any. */
  readonly annotations: ReadonlyMap<string, string>;
}

/** An attestation in cosign's first layout: an envelope under the tag `sha256-….att`. */
export interface EnvelopeAttestation {
  readonly form: 'cosign attestation';
  readonly bytes: Buffer;
  readonly annotations: ReadonlyMap<string, string>;
}

export interface BundleEvidence {
  readonly form: 'sigstore bundle';
  readonly bytes: Buffer;
}

/** What BuildKit puts beside the images of an index; only the digest of the index covers it. */
export interface EmbeddedAttestation {
  readonly form: 'image index';
  readonly bytes: Buffer;
}

/** Something that is there and could not be had, or is not in the form it should have. */
export interface BrokenEvidence {
  readonly form: Exclude<Evidence, BrokenEvidence>['form'];
  readonly why: string;
}

export type Evidence = SimpleSignature | EnvelopeAttestation | BundleEvidence | EmbeddedAttestation | BrokenEvidence;

export interface Gathered {
  /** The manifest itself, which some signatures cover. */
  readonly manifest: Manifest;
  readonly evidence: readonly Evidence[];
  /** Places that could not be asked: what is missing may be there. */
  readonly failures: readonly Problem[];
}

export interface Place {
  readonly image: Repository;
  readonly digest: string;
  /** Where cosign's signatures of this image are. */
  readonly signatures: Repository;
  /** Also read attestations that stand in the index itself; they can be large. */
  readonly embedded: boolean;
}

const mebibyte = 1024 ** 2;
const payloadLimit = mebibyte;
/** Of one kind; more than this nobody makes in earnest. */
const mostOfAKind = 32;
/** All of it together, as a multiple of what one may have. */
const mostOfAll = 4;
const bundleType = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.\d)?\+json(?:;.*)?$/;

/** Reads everything that a registry holds about who made an image. Nothing of it is believed yet. */
export class EvidenceReader {
  private readonly client: RegistryClient;
  private readonly signal: AbortSignal;
  private readonly statementLimit: number;
  private left: number;

  /** `statementLimit`: bytes that one statement may have; parsing them holds everything else up. */
  constructor(client: RegistryClient, statementLimit: number, signal: AbortSignal) {
    this.client = client;
    this.signal = signal;
    this.statementLimit = statementLimit;
    this.left = statementLimit * mostOfAll;
  }

  /** Null when the registry does not have the image itself. */
  async gather({ image, digest, signatures, embedded }: Place): Promise<Result<Gathered | null>> {
    const manifest = await this.client.manifest(image, digest, this.signal);
    if (!manifest.ok || manifest.value === null) {
      return manifest.ok ? ok(null) : manifest;
    }
    const found = manifest.value;
    const tag = digest.replace(':', '-');
    const parts = [
      await this.tagged(signatures, `${tag}.sig`, 'cosign signature'),
      await this.tagged(signatures, `${tag}.att`, 'cosign attestation'),
      await this.bundles(image, digest),
      embedded ? await this.embedded(image, found) : ok([]),
    ];
    return ok({
      manifest: found,
      evidence: parts.flatMap((part) => (part.ok ? part.value : [])),
      failures: parts.flatMap((part) => (part.ok ? [] : [part.problem])),
    });
  }

  private async tagged(
    repository: Repository,
    tag: string,
    form: 'cosign signature' | 'cosign attestation',
  ): Promise<Result<readonly Evidence[]>> {
    const manifest = await this.client.manifest(repository, tag, this.signal);
    if (!manifest.ok) {
      return manifest;
    }
    const layers = manifest.value?.kind === 'image' ? manifest.value.layers : [];
    return this.each(repository, layers, form, (bytes, { annotations }) =>
      form === 'cosign attestation'
        ? { form, bytes, annotations }
        : {
            form,
            payload: bytes,
            signature: annotations.get('dev.cosignproject.cosign/signature') ?? null,
            annotations,
          },
    );
  }

  private async bundles(image: Repository, digest: string): Promise<Result<readonly Evidence[]>> {
    const form = 'sigstore bundle';
    const referrers = await this.client.referrers(image, digest, this.signal);
    if (!referrers.ok) {
      return referrers;
    }
    // A list that stands in for the API may leave the type out.
    const candidates = referrers.value.filter(({ artifactType }) => artifactType === null || bundleType.test(artifactType));
    const found: Evidence[] = [];
    for (const candidate of candidates.slice(0, mostOfAKind)) {
      const manifest = await this.client.manifest(image, candidate.digest, this.signal);
      if (!manifest.ok) {
        return manifest;
      }
      if (manifest.value?.kind !== 'image') {
        continue;
      }
      const layers = manifest.value.layers.filter(({ mediaType }) => bundleType.test(mediaType));
      if (manifest.value.subject !== null && manifest.value.subject.digest !== digest) {
        found.push({ form, why: 'it is about another image' });
        continue;
      }
      const bundles = await this.each(image, layers, form, (bytes) => ({ form, bytes }));
      if (!bundles.ok) {
        return bundles;
      }
      found.push(...bundles.value);
    }
    return ok(found);
  }

  /** https://docs.docker.com/build/metadata/attestations/attestation-storage/ */
  private async embedded(image: Repository, index: Manifest): Promise<Result<readonly Evidence[]>> {
    const form = 'image index';
    const entries = index.kind === 'index' ? index.manifests : [];
    const found: Evidence[] = [];
    for (const entry of entries
      .filter(({ annotations }) => annotations.get('vnd.docker.reference.type') === 'attestation-manifest')
      .slice(0, mostOfAKind)) {
      const manifest = await this.client.manifest(image, entry.digest, this.signal);
      if (!manifest.ok) {
        return manifest;
      }
      const layers = manifest.value?.kind === 'image' ? manifest.value.layers : [];
      const statements = await this.each(
        image,
        layers.filter(({ mediaType }) => mediaType === statementMediaType),
        form,
        (bytes) => ({ form, bytes }),
      );
      if (!statements.ok) {
        return statements;
      }
      found.push(...statements.value);
    }
    return ok(found);
  }

  private async each(
    repository: Repository,
    layers: readonly Descriptor[],
    form: BrokenEvidence['form'],
    make: (bytes: Buffer, layer: Descriptor) => Evidence,
  ): Promise<Result<readonly Evidence[]>> {
    const limit = form === 'cosign signature' ? payloadLimit : this.statementLimit;
    const found: Evidence[] = [];
    for (const layer of layers.slice(0, mostOfAKind)) {
      if (layer.size > Math.min(limit, this.left)) {
        found.push({ form, why: `it has ${layer.size} bytes, which is more than is read` });
        continue;
      }
      this.left -= layer.size;
      const blob = await this.client.blob(repository, layer, limit, this.signal);
      if (!blob.ok) {
        return fail(blob.problem);
      }
      found.push(blob.value === null ? { form, why: 'its content is not in the registry' } : make(blob.value, layer));
    }
    if (layers.length > mostOfAKind) {
      found.push({ form, why: `${layers.length - mostOfAKind} more of this kind were not read` });
    }
    return ok(found);
  }
}
