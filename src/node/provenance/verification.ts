import type { AcceptedSigner } from '../../core/provenance/imageFacts.ts';
import { pinnedName } from '../../core/provenance/imageName.ts';
import type { SignatureDemand } from '../../core/provenance/decision.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { RegistryClient } from '../registry/registryClient.ts';
import { EvidenceReader, type Gathered } from './evidence.ts';
import { examine, type JudgedTestimony } from './examine.ts';
import type { Question, Verified, VerifiedImages } from './memory.ts';
import type { Trust } from './trust.ts';

/** Bytes of one statement that is read before a start: the gateway serves others meanwhile. */
const startLimit = 8 * 1024 ** 2;

/** How long looking at one image may take, whatever its registry does. */
export const examinationMs = 60_000;

/** Proves that an image meets one demand: by memory, else by what its registry holds. */
export async function meetDemand(
  demand: SignatureDemand,
  trust: Trust,
  { image, digest }: Pick<Question, 'image' | 'digest'>,
  { client, memory, signal }: { readonly client: RegistryClient; readonly memory: VerifiedImages; readonly signal: AbortSignal },
): Promise<Result<AcceptedSigner>> {
  const { rule } = demand;
  const signatures = rule.signaturesIn ?? image;
  const question: Question = { image, digest, trust, wanted: [...rule.requireAttestation, `${signatures.host}/${signatures.path}`] };
  const known = await memory.recall(question);
  if (known !== undefined) {
    return ok(known.signer);
  }
  const embedded = rule.requireAttestation.length > 0;
  const gathered = await new EvidenceReader(client, startLimit, signal).gather({ image, digest, signatures, embedded });
  if (!gathered.ok) {
    return gathered;
  }
  if (gathered.value === null) {
    return fail(problems.imageUnknown(pinnedName(image, digest), image.host));
  }
  const { manifest, evidence, failures } = gathered.value;
  const testimonies = evidence.map((piece) => examine(piece, { image, manifest }, trust));
  const verified = verifiedBy(testimonies, demand);
  if (verified !== undefined) {
    await memory.remember(question, verified);
    return ok(verified.signer);
  }
  // What could not be asked may hold the signature: then nobody may say that there is none.
  const [failure] = failures;
  return fail(failure ?? problems.imageUnsigned(pinnedName(image, digest), reasonsOf(testimonies, demand), trust.rule ?? ''));
}

/** Everything about one image, judged by each trust: the best verdict for each piece. */
export function bestOf(gathered: Gathered, image: Question['image'], trusts: readonly Trust[]): readonly JudgedTestimony[] {
  const order = ['accepted', 'covered', 'untrusted', 'invalid'];
  return gathered.evidence.flatMap((piece) => {
    const judged = trusts.map((trust) => examine(piece, { image, manifest: gathered.manifest }, trust));
    return judged.toSorted((a, b) => order.indexOf(a.verdict.state) - order.indexOf(b.verdict.state)).slice(0, 1);
  });
}

/** The signature that meets a demand, when everything is there that the rule asks for. */
export function verifiedBy(testimonies: readonly JudgedTestimony[], { rule }: SignatureDemand): Verified | undefined {
  for (const { verdict, summary, signedAt, key } of testimonies) {
    // Whoever vouches for having built it signs it as well; other statements may say anything of it.
    const isSignature = summary === null || summary.kind === 'signature' || summary.kind === 'provenance';
    if (verdict.state === 'accepted' && isSignature && missingAttestations(testimonies, rule).length === 0) {
      return { signer: { rule: verdict.rule, signer: verdict.signer, signedAt }, key: key?.fingerprint ?? null };
    }
  }
  return undefined;
}

/** Attestations count when a signer of the rule made them, or when they stand in the index that is signed. */
function missingAttestations(testimonies: readonly JudgedTestimony[], { requireAttestation }: SignatureDemand['rule']): readonly string[] {
  return requireAttestation.filter(
    (kind) => !testimonies.some(({ summary, verdict }) => summary?.kind === kind && /^(?:accepted|covered)$/.test(verdict.state)),
  );
}

function reasonsOf(testimonies: readonly JudgedTestimony[], { rule }: SignatureDemand): readonly string[] {
  if (testimonies.length === 0) {
    return ['The registry holds no signature of it.'];
  }
  const reasons = testimonies.flatMap(({ form, verdict }) => {
    switch (verdict.state) {
      case 'accepted':
        return [];
      case 'covered':
        return [];
      case 'untrusted':
        return [`${form}: signed by ${verdict.signer}, which the rule does not name.`];
      case 'invalid':
        return [`${form}: ${verdict.why}.`];
    }
  });
  const missing = missingAttestations(testimonies, rule);
  return missing.length === 0 ? reasons : [...reasons, `An attestation of this kind is required and none counts: ${missing.join(', ')}.`];
}
