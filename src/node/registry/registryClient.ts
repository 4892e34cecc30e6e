import * as problems from '../../core/problems.ts';
import { isDigest } from '../../core/provenance/imageName.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { digestOf } from './digest.ts';
import { imageTypes, indexTypes, readManifest, type Descriptor, type Manifest } from './manifests.ts';
import { RegistryError } from './registryError.ts';
import { RegistryRequests, type RegistryHost, type RegistryRequest } from './requests.ts';

/** A repository of a registry, as `ImageName` names it. */
export interface Repository {
  readonly host: string;
  readonly path: string;
}

const mebibyte = 1024 ** 2;
/** What the specification of registries asks them to take at least; nobody needs more. */
const manifestLimit = 4 * mebibyte;
const mostReferrers = 200;
const mostPages = 5;
const longestLink = 2000;

/**
 * Reads from registries of the OCI distribution specification, version 1.1. No byte comes out of it that was not checked
 * against the digest that was asked for; a registry that answers with anything else is a failure.
 */
export class RegistryClient {
  private readonly requests: RegistryRequests;

  constructor(host: RegistryHost) {
    this.requests = new RegistryRequests(host);
  }

  /** `reference`: a tag or a digest. Null when the registry has none. */
  async manifest(repository: Repository, reference: string, signal: AbortSignal): Promise<Result<Manifest | null>> {
    return this.attempt(repository, async () => {
      const { status, headers, body } = await this.get(repository, `manifests/${reference}`, manifestLimit, signal, [
        ...imageTypes,
        ...indexTypes,
      ]);
      if (status === 404) {
        return null;
      }
      expectOk(status);
      const digest = digestOf(body);
      const said = isDigest(reference) ? reference : headers.get('docker-content-digest');
      if (said !== null && said !== digest) {
        throw new RegistryError(`it sent a manifest with the digest ${digest} for ${said.slice(0, 80)}`);
      }
      return readManifest(body, digest, headers.get('content-type'));
    });
  }

  /** Null when the registry has none. */
  async blob(
    repository: Repository,
    { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
    limit: number,
    signal: AbortSignal,
  ): Promise<Result<Buffer | null>> {
    return this.attempt(repository, async () => {
      if (size > limit) {
        throw new RegistryError(`${digest} has ${size} bytes, and ${limit} are the most that is read`);
      }
      const { status, body } = await this.get(repository, `blobs/${digest}`, size, signal);
      if (status === 404) {
        return null;
      }
      expectOk(status);
      if (digestOf(body) !== digest) {
        throw new RegistryError(`it sent other bytes than ${digest}`);
      }
      return body;
    });
  }

  /** What says of itself to be about a digest: by the referrers API, else by the tag that stands in for it. At most 200. */
  async referrers(repository: Repository, digest: string, signal: AbortSignal): Promise<Result<readonly Descriptor[]>> {
    return this.attempt(repository, async () => {
      const listed = await this.listedReferrers(repository, digest, signal);
      if (listed !== undefined) {
        return listed;
      }
      const tagged = await this.manifest(repository, digest.replace(':', '-'), signal);
      if (!tagged.ok) {
        throw new RegistryError(tagged.problem.message);
      }
      return tagged.value?.kind === 'index' ? tagged.value.manifests.slice(0, mostReferrers) : [];
    });
  }

  /** Undefined where the registry does not have the API. */
  private async listedReferrers(repository: Repository, digest: string, signal: AbortSignal): Promise<readonly Descriptor[] | undefined> {
    const found = new Map<string, Descriptor>();
    let page: string | undefined = `referrers/${digest}`;
    for (let count = 0; page !== undefined && count < mostPages && found.size < mostReferrers; count++) {
      const { status, headers, body } = await this.get(repository, page, manifestLimit, signal, [indexTypes[0]]);
      if (status !== 200 || !(headers.get('content-type') ?? '').startsWith(indexTypes[0])) {
        return count === 0 ? undefined : [...found.values()];
      }
      const index = readManifest(body, digestOf(body), headers.get('content-type'));
      (index.kind === 'index' ? index.manifests : []).forEach((entry) => found.set(entry.digest, entry));
      page = nextPage(headers.get('link'), `/v2/${repository.path}/`);
    }
    return [...found.values()].slice(0, mostReferrers);
  }

  private get({ host, path }: Repository, what: string, limit: number, signal: AbortSignal, accept?: RegistryRequest['accept']) {
    const scope = { path, actions: 'pull' } as const;
    return this.requests.send({
      host,
      method: 'GET',
      path: `${path}/${what}`,
      scope,
      limit,
      signal,
      ...(accept === undefined ? {} : { accept }),
    });
  }

  private async attempt<T>({ host }: Repository, action: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await action());
    } catch (error) {
      if (error instanceof RegistryError) {
        return fail(problems.registryFailed(host, error.message));
      }
      throw error;
    }
  }
}

/** `Link: </v2/…/referrers/…?…>; rel="next"`, within the same repository. */
function nextPage(link: string | null, root: string): string | undefined {
  const [, target = ''] = /<([^>]*)>\s*;[^,]*rel="?next"?/.exec(link?.slice(0, longestLink) ?? '') ?? [];
  return target.startsWith(`${root}referrers/`) ? target.slice(root.length) : undefined;
}

function expectOk(status: number): void {
  if (status !== 200) {
    throw new RegistryError(`it answered ${status}`);
  }
}
