import { artifactLayer, artifactManifest, emptyConfig, manifestType } from '../../core/registry/artifact.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { checkedTarget } from './address.ts';
import { digestOf } from './digest.ts';
import type { Descriptor, Manifest } from './manifests.ts';
import { RegistryClient, type Repository } from './registryClient.ts';
import { RegistryError } from './registryError.ts';
import { RegistryRequests, type RegistryHost, type RegistryReply, type RegistryRequest } from './requests.ts';

/** An artefact of one layer, such as a profile. */
export interface Artifact {
  readonly artifactType: string;
  readonly content: Uint8Array;
}

export interface PulledArtifact {
  /** Of the manifest. */
  readonly digest: string;
  /** Proven against the digest that the manifest names. */
  readonly content: Buffer;
}

/** Bytes of an answer that nobody reads for more than its status. */
const answerLimit = 64 * 1024;
const octets = 'application/octet-stream';

/** The digest that an artefact has in every registry: that of its manifest. */
export function artifactDigest(artifact: Artifact): string {
  return digestOf(Buffer.from(manifestOf(artifact)));
}

function manifestOf({ artifactType, content }: Artifact): string {
  return artifactManifest(artifactType, { digest: digestOf(content), size: content.length });
}

/** Puts artefacts into registries and gets them from there, as Docker's gateway does (OCI distribution specification 1.1). */
export class Artifacts {
  private readonly requests: RegistryRequests;
  private readonly client: RegistryClient;

  constructor(host: RegistryHost) {
    this.requests = new RegistryRequests(host);
    this.client = new RegistryClient(host);
  }

  /** Uploads what the registry does not have, then lets the tag stand for it. Gives the digest of the manifest. */
  async push(repository: Repository, tag: string, artifact: Artifact, signal: AbortSignal): Promise<Result<string>> {
    try {
      await this.upload(repository, Buffer.from(emptyConfig.text), signal);
      await this.upload(repository, artifact.content, signal);
      return ok(await this.putManifest(repository, tag, Buffer.from(manifestOf(artifact)), signal));
    } catch (error) {
      if (error instanceof RegistryError) {
        return fail(problems.pushFailed(repository.host, error.message));
      }
      throw error;
    }
  }

  /** The digest that a reference stands for now. Null when the registry has none. */
  async digest(repository: Repository, reference: string, signal: AbortSignal): Promise<Result<string | null>> {
    const manifest = await this.client.manifest(repository, reference, signal);
    return manifest.ok ? ok(manifest.value?.digest ?? null) : manifest;
  }

  /** `reference`: a tag or a digest. Null when the registry has none. `limit`: bytes that its content may have. */
  async pull(
    repository: Repository,
    reference: string,
    artifactType: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<Result<PulledArtifact | null>> {
    const manifest = await this.client.manifest(repository, reference, signal);
    if (!manifest.ok || manifest.value === null) {
      return manifest.ok ? ok(null) : manifest;
    }
    const layer = layerOf(manifest.value, artifactType);
    if (!layer.ok) {
      return layer;
    }
    const content = await this.client.blob(repository, layer.value, limit, signal);
    if (!content.ok) {
      return content;
    }
    return content.value === null
      ? fail(problems.registryFailed(repository.host, `it has the manifest and not ${layer.value.digest}, which belongs to it`))
      : ok({ digest: manifest.value.digest, content: content.value });
  }

  private async upload(repository: Repository, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const digest = digestOf(bytes);
    const known = await this.requests.send({ ...this.request(repository, `blobs/${digest}`, signal), method: 'HEAD' });
    if (known.status === 200) {
      return;
    }
    // An upload that broke off is begun anew: the place that was given for it may be gone.
    await this.requests.repeated(signal, async () => {
      const begun = await this.requests.sendOnce({ ...this.request(repository, 'blobs/uploads/', signal), method: 'POST' });
      const target = uploadPlace(begun);
      target.searchParams.set('digest', digest);
      const content = { type: octets, bytes };
      const put = await this.requests.sendOnce({ ...this.request(repository, target, signal), method: 'PUT', content });
      expectCreated(put, digest);
    });
  }

  private async putManifest(repository: Repository, tag: string, bytes: Uint8Array, signal: AbortSignal): Promise<string> {
    const digest = digestOf(bytes);
    const content = { type: manifestType, bytes };
    const put = await this.requests.send({ ...this.request(repository, `manifests/${tag}`, signal), method: 'PUT', content });
    if (expectCreated(put, digest) === null) {
      // It does not say what it took, so it is asked.
      const taken = await this.client.manifest(repository, digest, signal);
      if (!taken.ok || taken.value === null) {
        throw new RegistryError(`it took the manifest, and does not show ${digest}`);
      }
    }
    return digest;
  }

  private request({ host, path }: Repository, what: string | URL, signal: AbortSignal): Omit<RegistryRequest, 'method'> {
    const scope = { path, actions: 'pull,push' } as const;
    return { host, path: typeof what === 'string' ? `${path}/${what}` : what, scope, limit: answerLimit, signal };
  }
}

/** The only layer of an artefact of this type, or why it is none. */
export function layerOf(manifest: Manifest, artifactType: string): Result<Descriptor> {
  const found = manifest.artifactType ?? (manifest.kind === 'image' ? (manifest.config?.mediaType ?? '') : manifest.mediaType);
  if (manifest.kind !== 'image' || manifest.artifactType !== artifactType) {
    return fail(problems.artifactType(`of the type "${found}"`, artifactType));
  }
  const [layer, ...more] = manifest.layers;
  if (layer === undefined || more.length > 0 || layer.mediaType !== artifactLayer) {
    // Docker reads the first layer, others might read another: what cannot be read in two ways is the only thing that is taken.
    return fail(problems.artifactType('made of other parts than one layer of JSON', artifactType));
  }
  return ok(layer);
}

/** `Location` of the answer to a begun upload: an address, or one relative to the registry. */
function uploadPlace({ status, headers, from }: RegistryReply): URL {
  const location = headers.get('location');
  if (status !== 202 || location === null) {
    throw new RegistryError(status === 202 ? 'it began an upload and did not say where' : `it answered ${status} to an upload`);
  }
  return checkedTarget(from, location);
}

/** The digest that the registry says it has now; null where it says none. */
function expectCreated({ status, headers }: RegistryReply, digest: string): string | null {
  if (status !== 201) {
    throw new RegistryError(`it answered ${status} to an upload`);
  }
  const said = headers.get('docker-content-digest');
  if (said !== null && said !== digest) {
    throw new RegistryError(`it took ${digest} for ${said.slice(0, 80)}`);
  }
  return said;
}
