import type { Place } from '../../shared/problem.ts';

/** Whose file it is. The machine's goes before, and the user's can only narrow what that allows: both must agree. */
export type PolicyOwner = 'machine' | 'user';

/** A policy file: see docs/policy.md. */
export interface Policy {
  readonly file: string;
  readonly owner: PolicyOwner;
  /** Images must come from one of these; null allows every registry. */
  readonly registries: readonly ImagePattern[] | null;
  /** References must name a digest. */
  readonly requireDigest: boolean;
  /** An image that no rule with signers matches is refused. */
  readonly requireSignature: boolean;
  /** Path of a Sigstore `trusted_root.json`; null is the one that ships with Wharf. */
  readonly trustedRoot: PolicyPath | null;
  /** Registries that are spoken to without TLS; those on this computer always are. */
  readonly plainHttp: readonly string[];
  /** The first one that matches counts. */
  readonly rules: readonly ImageRule[];
  /** Only servers of these catalogues may be used; null allows every server. */
  readonly catalogs: readonly CatalogueRule[] | null;
}

/** An approved catalogue, or several: a pattern of references, addresses or hosts as in `ImagePattern`, also with a tag. */
export interface CatalogueRule {
  readonly text: string;
  /** Only with one of these digests, `sha256:…`; null is any content. */
  readonly digests: readonly string[] | null;
  readonly place: Place;
}

export interface ImageRule {
  readonly place: Place;
  readonly match: ImagePattern;
  readonly keys: readonly PolicyKey[];
  readonly identities: readonly SignerIdentity[];
  /** Repositories whose name a signature may carry besides the image's own: a mirror keeps the signatures of where it copies from. */
  readonly signedAs: readonly ImagePattern[];
  readonly requireDigest: boolean;
  readonly requireAttestation: readonly AttestationKind[];
  /** The repository that holds the signatures of the images, as cosign's COSIGN_REPOSITORY; null is the image's own. */
  readonly signaturesIn: { readonly host: string; readonly path: string } | null;
}

export type AttestationKind = 'provenance' | 'sbom';

/** A pattern of repositories: `*` is any text within one part of the path, `**` any parts. */
export interface ImagePattern {
  readonly text: string;
  readonly place: Place;
}

export interface PolicyPath {
  /** As written; a relative one begins at the folder of the policy file. */
  readonly path: string;
  readonly place: Place;
}

/** A public key that may sign, as PEM in the policy itself or in a file. */
export interface PolicyKey {
  readonly place: Place;
  readonly source: { readonly kind: 'pem'; readonly pem: string } | { readonly kind: 'file'; readonly path: string };
  /** ISO 8601. Later signatures do not count, and of earlier ones only those whose time a log or an authority proves. */
  readonly notAfter: string | null;
}

/** Who may sign without a key of their own: what the certificate of Sigstore's authority says. */
export interface SignerIdentity {
  readonly issuer: string;
  readonly subject: { readonly kind: 'exact'; readonly text: string } | { readonly kind: 'pattern'; readonly source: string };
}

/** A subject is a stranger's text, and a pattern may take long over a long one. */
const longestSubject = 2000;

/** Whether a certificate's identity is the one that is meant. A pattern must match the whole subject. */
export function isSigner(wanted: SignerIdentity, issuer: string, subject: string): boolean {
  if (wanted.issuer !== issuer || subject.length > longestSubject) {
    return false;
  }
  return wanted.subject.kind === 'exact'
    ? wanted.subject.text === subject
    : new RegExp(`^(?:${wanted.subject.source})$`, 'u').test(subject);
}

/** Whether a pattern matches `host/path`. */
export function matchesImage(pattern: ImagePattern, repository: string): boolean {
  return matchParts(pattern.text.split('/'), repository.split('/'));
}

/** Whether the parts of a pattern match the parts of a name. */
export function matchParts([first, ...rest]: readonly string[], parts: readonly string[]): boolean {
  if (first === undefined) {
    return parts.length === 0;
  }
  if (first === '**') {
    return parts.some((_part, index) => matchParts(rest, parts.slice(index + 1)));
  }
  const [part, ...others] = parts;
  return part !== undefined && matchPart(first, part) && matchParts(rest, others);
}

function matchPart(pattern: string, part: string): boolean {
  const [start = '', end] = pattern.split('*');
  return end === undefined ? pattern === part : part.length >= start.length + end.length && part.startsWith(start) && part.endsWith(end);
}
