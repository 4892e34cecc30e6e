import type { PolicyNote } from './decision.ts';
import type { StatementSummary } from './statement.ts';

/** What is known of an image that may be started. */
export interface ImageFacts {
  /** As it was asked for. */
  readonly reference: string;
  /** `host/path`. */
  readonly repository: string;
  /** What was judged; null for an image that no registry knows. */
  readonly digest: string | null;
  /** `host/path@sha256:…`: start this, so that a tag that moves meanwhile changes nothing. Null without a digest. */
  readonly pinned: string | null;
  /** Who signed it, where a signature was asked for. */
  readonly signers: readonly AcceptedSigner[];
  readonly notes: readonly PolicyNote[];
}

/** A signature that met the demand of one policy file. */
export interface AcceptedSigner {
  /** The rule, as `file:line (pattern)`. */
  readonly rule: string;
  /** A key by its place and fingerprint, or an identity and who vouches for it. */
  readonly signer: string;
  /** ISO 8601; null where only the signer says when. */
  readonly signedAt: string | null;
}

/** How one signature or attestation fared. */
export type Verdict =
  /** By a signer that a rule names. */
  | { readonly state: 'accepted'; readonly signer: string; readonly rule: string }
  /** Whole, but no rule names its signer. */
  | { readonly state: 'untrusted'; readonly signer: string }
  /** Not signed by itself; the digest of the image covers it. */
  | { readonly state: 'covered' }
  | { readonly state: 'invalid'; readonly why: string };

/** One signature or attestation that the registry holds for an image. */
export interface Testimony {
  /** Where it was found: `cosign signature`, `cosign attestation`, `sigstore bundle`, `image index`. */
  readonly form: string;
  readonly summary: StatementSummary | null;
  readonly signedAt: string | null;
  readonly verdict: Verdict;
}
