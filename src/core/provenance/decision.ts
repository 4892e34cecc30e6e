import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import type { ImageName } from './imageName.ts';
import { matchesImage, type ImageRule, type Policy } from './policy.ts';

/** What whoever starts an image asks for, besides what the policy files do. */
export interface ImageWish {
  /** The reference must name a digest. */
  readonly requireDigest: boolean;
  /** The image must carry a signature that a rule accepts. */
  readonly verify: boolean;
}

/** A signature that must be there: every one of these has to be met. */
export interface SignatureDemand {
  readonly policy: Policy;
  readonly rule: ImageRule;
}

/** Who decided what, for people. */
export interface PolicyNote {
  /** `file:line`, or the word for what else asked. */
  readonly decidedBy: string;
  readonly words: string;
}

export interface Demands {
  readonly signatures: readonly SignatureDemand[];
  readonly notes: readonly PolicyNote[];
}

/**
 * What an image has to show by its name alone, before anything is asked of a registry; a failure when it is refused already.
 * Each file is judged for itself and all of them must agree, so that none can widen another.
 */
export function judgeName(policies: readonly Policy[], image: ImageName, reference: string, wish: ImageWish): Result<Demands> {
  const signatures: SignatureDemand[] = [];
  const notes: PolicyNote[] = [];
  if (wish.requireDigest && image.digest === null) {
    return fail(problems.imageRefused(reference, 'its reference names no digest, and one is required', 'requireDigest of the profile'));
  }
  for (const policy of policies) {
    const rule = policy.rules.find(({ match }) => matchesImage(match, image.repository));
    const refusal = refusalOf(policy, rule, image, reference);
    if (refusal !== undefined) {
      return fail(refusal);
    }
    if (rule !== undefined && asksForSignature(rule)) {
      signatures.push({ policy, rule });
    }
    notes.push(noteOf(policy, rule));
  }
  if (wish.verify && signatures.length === 0) {
    const files = policies.map(({ file }) => file).join(', ');
    return fail(
      problems.imageRefused(
        reference,
        'signatures are required, and no rule says who may sign it',
        `--verify-signatures${files === '' ? ' (there is no policy file)' : ` with ${files}`}`,
      ),
    );
  }
  return ok({ signatures, notes });
}

function refusalOf(policy: Policy, rule: ImageRule | undefined, image: ImageName, reference: string): Problem | undefined {
  const { file, registries } = policy;
  if (registries !== null && !registries.some((pattern) => matchesImage(pattern, image.repository))) {
    const first = registries[0];
    const where = first === undefined ? file : `${file}:${first.place.line}`;
    return problems.imageRefused(
      reference,
      `${image.repository} is in none of the registries that are allowed`,
      `"registries" in ${where}`,
    );
  }
  if (image.digest === null && (policy.requireDigest || rule?.requireDigest === true)) {
    const where = policy.requireDigest || rule === undefined ? `"requireDigest" in ${file}` : `the rule in ${placeWords(rule)}`;
    return problems.imageRefused(reference, 'its reference names no digest, and one is required', where);
  }
  if (policy.requireSignature && (rule === undefined || !asksForSignature(rule))) {
    return problems.imageRefused(reference, 'signatures are required, and no rule says who may sign it', `"requireSignature" in ${file}`);
  }
  return undefined;
}

function noteOf(policy: Policy, rule: ImageRule | undefined): PolicyNote {
  if (rule === undefined) {
    return { decidedBy: policy.file, words: 'allowed; no rule of "images" matches' };
  }
  const signers = rule.keys.length + rule.identities.length;
  return {
    decidedBy: placeWords(rule),
    words:
      signers === 0
        ? 'allowed without a signature'
        : `a signature by one of ${signers} ${signers === 1 ? 'signer' : 'signers'} is required`,
  };
}

function asksForSignature(rule: ImageRule): boolean {
  return rule.keys.length + rule.identities.length > 0;
}

/** `file:line (pattern)`. */
export function placeWords({ place, match }: ImageRule): string {
  return `${place.file}:${place.line} (${match.text})`;
}
