import type { AcceptedSigner, ImageFacts, Testimony } from '../../core/provenance/imageFacts.ts';
import { parseImageName, pinnedName, type ImageName } from '../../core/provenance/imageName.ts';
import { isPackageImage } from '../../core/packages/packageImage.ts';
import { judgeName, placeWords, type Demands, type ImageWish, type SignatureDemand } from '../../core/provenance/decision.ts';
import * as problems from '../../core/problems.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { dockerConfigFolder, storedLoginOf } from '../registry/logins.ts';
import { RegistryClient } from '../registry/registryClient.ts';
import { EvidenceReader } from './evidence.ts';
import { VerifiedImages } from './memory.ts';
import { PolicyReading } from './policyFiles.ts';
import { policyFilesOf, type PolicyFile } from './policyPlaces.ts';
import { loadTrust, shownTrust, type Trust } from './trust.ts';
import { bestOf, examinationMs, meetDemand, verifiedBy } from './verification.ts';

export interface ProvenanceHost {
  readonly locations: Pick<Locations, 'configFolder' | 'dataFolder' | 'environment'>;
  log(line: string): void;
  /**
   * The digests under which the engine got the image that a reference stands for now, from the repository of that reference;
   * empty for an image that was built or loaded here.
   */
  digestsOf(reference: string): Promise<Result<readonly string[]>>;
  /** For tests; else those of the machine and of the user. */
  readonly policyFiles?: readonly PolicyFile[];
}

/** What `wharf image inspect` shows. */
export interface ImageReport {
  readonly reference: string;
  readonly repository: string;
  readonly digest: string;
  readonly testimonies: readonly Testimony[];
  /** What could not be asked. */
  readonly failures: readonly Problem[];
  readonly policy: { readonly state: 'allowed'; readonly facts: ImageFacts } | { readonly state: 'refused'; readonly problem: Problem };
}

/** Bytes of one statement that is read to be shown; SBOMs of large images have tens of megabytes. */
const shownLimit = 32 * 1024 ** 2;
/** An engine may know several digests of one image; more than these nobody needs. */
const mostDigests = 4;

/** Says whether an image may be started: by the policy files, and by signatures where they or the caller ask for them. */
export class Provenance {
  private readonly host: ProvenanceHost;
  private readonly policies: PolicyReading;
  private readonly memory: VerifiedImages;
  private readonly client: RegistryClient;
  private readonly running = new Map<string, Promise<Result<readonly AcceptedSigner[]>>>();
  private plainHttp: readonly string[] = [];

  constructor(host: ProvenanceHost) {
    this.host = host;
    const { configFolder, dataFolder, environment } = host.locations;
    this.policies = new PolicyReading(host.policyFiles ?? policyFilesOf(configFolder));
    this.memory = new VerifiedImages(dataFolder);
    this.client = new RegistryClient({
      login: (registry) => storedLoginOf(registry, dockerConfigFolder({ ...process.env, ...environment })),
      isPlainHttp: (registry) => this.plainHttp.includes(registry),
    });
  }

  /**
   * Called before an image is started, when it is on the engine. Asks a registry only for signatures, and only once for the
   * same digest and the same rules. Where a signature was asked for, start `pinned`, as a tag may have moved since.
   */
  async check(reference: string, wish: ImageWish): Promise<Result<ImageFacts>> {
    const image = parseImageName(reference);
    if (image === undefined) {
      return fail(problems.imageReferenceBad(reference));
    }
    const demands = await this.demandsOn(image, reference, wish);
    if (!demands.ok) {
      return demands;
    }
    const [first] = demands.value.signatures;
    if (first === undefined) {
      return ok(factsOf(image, reference, image.digest, [], demands.value));
    }
    // Nobody can have signed what is built on each computer, and no registry is asked for it.
    const digests = isPackageImage(reference) ? ok([]) : image.digest === null ? await this.host.digestsOf(reference) : ok([image.digest]);
    if (!digests.ok) {
      return digests;
    }
    let refusal: Problem = problems.imageLocalOnly(reference, placeWords(first.rule));
    for (const digest of digests.value.slice(0, mostDigests)) {
      const signers = await this.verifyOnce(image, digest, demands.value.signatures);
      if (signers.ok) {
        return ok(factsOf(image, reference, digest, signers.value, demands.value));
      }
      refusal = signers.problem;
    }
    this.host.log(`The image ${reference} is not started: ${refusal.message}`);
    return fail(refusal);
  }

  /** Everything that its registry holds about an image, and what the policy says. Remembers nothing. */
  async inspect(reference: string): Promise<Result<ImageReport>> {
    const image = parseImageName(reference);
    if (image === undefined) {
      return fail(problems.imageReferenceBad(reference));
    }
    if (isPackageImage(reference)) {
      return fail(problems.imageUnknown(reference, image.host));
    }
    const demands = await this.demandsOn(image, reference, { requireDigest: false, verify: false });
    if (!demands.ok && demands.problem.code !== 'WHARF_IMAGE_REFUSED') {
      return demands;
    }
    const signal = AbortSignal.timeout(examinationMs);
    const manifest = await this.client.manifest(image, image.digest ?? image.tag ?? 'latest', signal);
    if (!manifest.ok) {
      return manifest;
    }
    if (manifest.value === null) {
      return fail(problems.imageUnknown(reference, image.host));
    }
    return this.report(image, reference, manifest.value.digest, demands, signal);
  }

  private async report(
    image: ImageName,
    reference: string,
    digest: string,
    demands: Result<Demands>,
    signal: AbortSignal,
  ): Promise<Result<ImageReport>> {
    const wanted = demands.ok ? demands.value.signatures : [];
    const trusts = await trustsOf(wanted);
    if (!trusts.ok) {
      return trusts;
    }
    const signatures = wanted.find(({ rule }) => rule.signaturesIn !== null)?.rule.signaturesIn ?? image;
    const gathered = await new EvidenceReader(this.client, shownLimit, signal).gather({ image, digest, signatures, embedded: true });
    if (!gathered.ok) {
      return gathered;
    }
    if (gathered.value === null) {
      return fail(problems.imageUnknown(reference, image.host));
    }
    const found = gathered.value;
    const judged = bestOf(found, image, trusts.value.length === 0 ? [shownTrust()] : trusts.value);
    const signers: AcceptedSigner[] = [];
    let refusal = demands.ok ? undefined : demands.problem;
    for (const [index, demand] of wanted.entries()) {
      const trust = trusts.value[index];
      const verified = trust && verifiedBy(bestOf(found, image, [trust]), demand);
      if (verified === undefined) {
        refusal ??= problems.imageUnsigned(pinnedName(image, digest), [], placeWords(demand.rule));
      } else {
        signers.push(verified.signer);
      }
    }
    const policy =
      refusal === undefined && demands.ok
        ? ({ state: 'allowed', facts: factsOf(image, reference, digest, signers, demands.value) } as const)
        : ({ state: 'refused', problem: refusal ?? problems.imageReferenceBad(reference) } as const);
    const testimonies = judged.map(({ form, summary, signedAt, verdict }) => ({ form, summary, signedAt, verdict }));
    return ok({ reference, repository: image.repository, digest, testimonies, failures: found.failures, policy });
  }

  private async demandsOn(image: ImageName, reference: string, wish: ImageWish): Promise<Result<Demands>> {
    const policies = await this.policies.read();
    if (!policies.ok) {
      return policies;
    }
    this.plainHttp = policies.value.flatMap(({ plainHttp }) => plainHttp);
    return judgeName(policies.value, image, reference, wish);
  }

  /** Whoever asks the same while it is being found out waits for the same answer. */
  private async verifyOnce(
    image: ImageName,
    digest: string,
    demands: readonly SignatureDemand[],
  ): Promise<Result<readonly AcceptedSigner[]>> {
    const trusts = await trustsOf(demands);
    if (!trusts.ok) {
      return trusts;
    }
    const wanted = demands.map(({ rule }) => [rule.requireAttestation, rule.signaturesIn]);
    const key = JSON.stringify([image.repository, digest, trusts.value.map(({ fingerprint }) => fingerprint), wanted]);
    const begun = this.running.get(key) ?? this.verify(image, digest, demands, trusts.value).finally(() => this.running.delete(key));
    this.running.set(key, begun);
    return begun;
  }

  private async verify(
    image: ImageName,
    digest: string,
    demands: readonly SignatureDemand[],
    trusts: readonly Trust[],
  ): Promise<Result<readonly AcceptedSigner[]>> {
    const signal = AbortSignal.timeout(examinationMs);
    const signers: AcceptedSigner[] = [];
    for (const [index, demand] of demands.entries()) {
      const trust = trusts[index];
      if (trust === undefined) {
        throw new Error('a demand without its trust');
      }
      const met = await meetDemand(demand, trust, { image, digest }, { client: this.client, memory: this.memory, signal });
      if (!met.ok) {
        return met;
      }
      signers.push(met.value);
    }
    return ok(signers);
  }
}

async function trustsOf(demands: readonly SignatureDemand[]): Promise<Result<readonly Trust[]>> {
  const trusts: Trust[] = [];
  for (const demand of demands) {
    const trust = await loadTrust(demand);
    if (!trust.ok) {
      return trust;
    }
    trusts.push(trust.value);
  }
  return ok(trusts);
}

function factsOf(
  { repository, ...image }: ImageName,
  reference: string,
  digest: string | null,
  signers: readonly AcceptedSigner[],
  { notes }: Demands,
): ImageFacts {
  const pinned = digest === null ? null : pinnedName({ repository, ...image }, digest);
  return { reference, repository, digest, pinned, signers, notes };
}
