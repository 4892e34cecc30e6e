import { createHash } from 'node:crypto';

import { textOf, at } from '../../core/provenance/json.ts';
import type { Testimony, Verdict } from '../../core/provenance/imageFacts.ts';
import type { ImageName } from '../../core/provenance/imageName.ts';
import { isSigner } from '../../core/provenance/policy.ts';
import { whyNotThisImage } from '../../core/provenance/simpleSigning.ts';
import { readStatement, statementMediaType, summarizeStatement, type StatementSummary } from '../../core/provenance/statement.ts';
import { strangersJson, type Manifest } from '../registry/manifests.ts';
import { openBundle, provenTime, type BundleSigner } from './bundle.ts';
import { cosignBundle } from './cosignBundle.ts';
import type { EnvelopeAttestation, Evidence, SimpleSignature } from './evidence.ts';
import { envelopeBytes, fromBase64, isSignedBy } from './signedBytes.ts';
import type { Trust, TrustedKey } from './trust.ts';

/** An image, whose signatures are looked at. */
export interface Examined {
  readonly image: ImageName;
  readonly manifest: Manifest;
}

/** A testimony, and the key behind it where it was one. */
export type JudgedTestimony = Testimony & { readonly key: TrustedKey | null };

/** Thrown in this file only: why a piece of evidence does not count. */
class Invalid extends Error {}

const unknownSigner = 'a key that no rule names';

/** Judges one piece of evidence by one rule. Whatever a stranger wrote, the outcome is a verdict. */
export function examine(evidence: Evidence, examined: Examined, trust: Trust): JudgedTestimony {
  const { form } = evidence;
  let summary: StatementSummary | null = null;
  const note = (found: StatementSummary): void => {
    summary = found;
  };
  try {
    return { ...judged(evidence, examined, trust, note), form, summary };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { form, summary, signedAt: null, key: null, verdict: { state: 'invalid', why } };
  }
}

type Judged = Pick<JudgedTestimony, 'signedAt' | 'verdict' | 'key'>;
type NoteSummary = (summary: StatementSummary) => void;

function judged(evidence: Evidence, examined: Examined, trust: Trust, note: NoteSummary): Judged {
  if ('why' in evidence) {
    throw new Invalid(evidence.why);
  }
  switch (evidence.form) {
    case 'cosign signature':
      return judgeSimple(evidence, examined, trust);
    case 'cosign attestation':
      return judgeEnvelope(evidence, examined, trust, note);
    case 'sigstore bundle': {
      const { signer, payload } = openBundle(strangersJson(evidence.bytes, 'the bundle'), examined.manifest.bytes, trust);
      if (payload !== null) {
        checkStatement(payload.type, payload.bytes, examined, note);
      }
      return bySigner(signer, trust);
    }
    case 'image index': {
      const statement = readStatement(strangersJson(evidence.bytes, 'the attestation'));
      if (statement === undefined) {
        throw new Invalid('it is no statement of in-toto');
      }
      note(summarizeStatement(statement));
      return { signedAt: null, key: null, verdict: { state: 'covered' } };
    }
  }
}

function judgeSimple({ payload, signature, annotations }: SimpleSignature, { image, manifest }: Examined, trust: Trust): Judged {
  const bytes = signature === null ? undefined : fromBase64(signature);
  if (bytes === undefined) {
    throw new Invalid(signature === null ? 'the annotation with the signature is missing' : 'its signature is no base64');
  }
  const why = whyNotThisImage(strangersJson(payload, 'its payload'), image, manifest.digest, trust.signedAs);
  if (why !== undefined) {
    throw new Invalid(why);
  }
  const key = trust.keys.find(({ key }) => isSignedBy(key, payload, bytes));
  const digest = createHash('sha256').update(payload).digest();
  const content = { kind: 'message', digest, signature: bytes } as const;
  return bySigner(
    cosignSigner(() => cosignBundle(annotations, content), payload, key, annotations, trust),
    trust,
  );
}

/** A key that is known, else the certificate beside the signature. */
function cosignSigner(
  bundled: () => object | undefined,
  artifact: Buffer,
  key: TrustedKey | undefined,
  annotations: SimpleSignature['annotations'],
  trust: Trust,
): BundleSigner {
  if (key !== undefined) {
    return { kind: 'key', key, signedAt: provenTime(bundled, artifact, key, trust) };
  }
  const bundle = annotations.has('dev.sigstore.cosign/certificate') ? bundled() : undefined;
  return bundle === undefined ? { kind: 'unknownKey' } : openBundle(bundle, artifact, trust).signer;
}

function judgeEnvelope({ bytes, annotations }: EnvelopeAttestation, examined: Examined, trust: Trust, note: NoteSummary): Judged {
  const envelope = strangersJson(bytes, 'the envelope');
  const type = textOf(at(envelope, 'payloadType'));
  const payload = fromBase64(textOf(at(envelope, 'payload')) ?? '');
  const signatures = at(envelope, 'signatures');
  if (type === null || payload === undefined || !Array.isArray(signatures)) {
    throw new Invalid('it is no envelope');
  }
  checkStatement(type, payload, examined, note);
  const proofs = signatures.slice(0, 8).flatMap((entry) => fromBase64(textOf(at(entry, 'sig')) ?? '-') ?? []);
  const signed = envelopeBytes(type, payload);
  const key = trust.keys.find(({ key }) => proofs.some((proof) => isSignedBy(key, signed, proof)));
  const content = { kind: 'envelope', envelope } as const;
  return bySigner(
    cosignSigner(() => cosignBundle(annotations, content), payload, key, annotations, trust),
    trust,
  );
}

/** That a statement speaks of this image. */
function checkStatement(type: string, bytes: Buffer, { manifest }: Examined, note: NoteSummary): void {
  if (type !== statementMediaType) {
    throw new Invalid(`it carries ${JSON.stringify(type.slice(0, 100))} and no statement of in-toto`);
  }
  const statement = readStatement(strangersJson(bytes, 'the statement'));
  if (statement === undefined) {
    throw new Invalid('it is no statement of in-toto');
  }
  note(summarizeStatement(statement));
  if (!statement.subjects.includes(manifest.digest)) {
    throw new Invalid('it speaks of another image');
  }
}

function bySigner(signer: BundleSigner, trust: Trust): Judged {
  switch (signer.kind) {
    case 'unknownKey':
      return { signedAt: null, key: null, verdict: { state: 'untrusted', signer: unknownSigner } };
    case 'key': {
      const { key, signedAt } = signer;
      const expired = key.notAfter !== null && key.notAfter < (signedAt ?? new Date());
      if (expired) {
        const when = signedAt === null ? 'nothing proves that it signed before' : `it signed at ${signedAt.toISOString()}`;
        throw new Invalid(`${key.words} was to be used until ${key.notAfter?.toISOString() ?? ''}, and ${when}`);
      }
      return { signedAt: iso(signedAt), key, verdict: accepted(key.words, trust) };
    }
    case 'certificate': {
      const words = `${signer.subject} (by ${signer.issuer})`;
      const isWanted = trust.identities.some((wanted) => isSigner(wanted, signer.issuer, signer.subject));
      return {
        signedAt: iso(signer.signedAt),
        key: null,
        verdict: isWanted ? accepted(words, trust) : { state: 'untrusted', signer: words },
      };
    }
  }
}

function accepted(signer: string, { rule }: Trust): Verdict {
  return rule === null ? { state: 'untrusted', signer } : { state: 'accepted', signer, rule };
}

function iso(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}
