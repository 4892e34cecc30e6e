import { bundleFromJSON, type Bundle } from '@sigstore/bundle';
import { toSignedEntity, Verifier, type SignedEntity, type Signer } from '@sigstore/verify';

import { digestOf } from '../registry/digest.ts';
import type { Trust, TrustedKey } from './trust.ts';

/** Who made a bundle, proven without the network. */
export type BundleSigner =
  | { readonly kind: 'key'; readonly key: TrustedKey; readonly signedAt: Date | null }
  | { readonly kind: 'certificate'; readonly issuer: string; readonly subject: string; readonly signedAt: Date | null }
  | { readonly kind: 'unknownKey' };

export interface OpenedBundle {
  readonly signer: BundleSigner;
  /** What was signed: a statement in an envelope, or null when it is the artifact itself. */
  readonly payload: { readonly type: string; readonly bytes: Buffer } | null;
}

/**
 * Proves who made a bundle for `artifact` (github.com/sigstore/protobuf-specs, sigstore_bundle.proto), or throws why nobody can tell. With a
 * certificate: that an authority of the trusted root gave it, that a log of certificates has it, that a transparency log has the
 * signature, and that it was made while the certificate held. With a key: that the key made it.
 */
export function openBundle(json: unknown, artifact: Buffer, trust: Trust): OpenedBundle {
  const bundle = bundleFromJSON(json);
  const entity = toSignedEntity(bundle, artifact);
  checkCheckpoints(bundle);
  const { content } = bundle;
  if (content.$case === 'messageSignature') {
    // The log's entry is compared with this digest and the signature with the bytes: it must be the same thing.
    if (`sha256:${content.messageSignature.messageDigest.digest.toString('hex')}` !== digestOf(artifact)) {
      throw new Error('it signs other bytes');
    }
  }
  const payload = content.$case === 'dsseEnvelope' ? { type: content.dsseEnvelope.payloadType, bytes: content.dsseEnvelope.payload } : null;
  const isKey = bundle.verificationMaterial.content.$case === 'publicKey';
  return { signer: isKey ? keySigner(entity, trust) : certificateSigner(entity, trust), payload };
}

function certificateSigner(entity: SignedEntity, trust: Trust): BundleSigner {
  const signer = new Verifier(trust.material, { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 }).verify(entity);
  const issuer = signer.identity?.extensions?.issuer;
  const subject = signer.identity?.subjectAlternativeName;
  if (issuer === undefined || subject === undefined) {
    throw new Error('its certificate names no issuer or no subject');
  }
  return { kind: 'certificate', issuer, subject, signedAt: timeOf(entity) };
}

function keySigner(entity: SignedEntity, trust: Trust): BundleSigner {
  const key = trust.keys.find(({ key }) => entity.signature.verifySignature(key));
  return key === undefined ? { kind: 'unknownKey' } : { kind: 'key', key, signedAt: loggedTime(entity, key, trust) };
}

/** When a key signed, as far as a log or an authority of the trusted root proves it. A bundle that cannot be made proves nothing. */
export function provenTime(bundled: () => unknown, artifact: Buffer, key: TrustedKey, trust: Trust): Date | null {
  try {
    return loggedTime(toSignedEntity(bundleFromJSON(bundled()), artifact), key, trust);
  } catch {
    return null;
  }
}

function loggedTime(entity: SignedEntity, { key }: TrustedKey, trust: Trust): Date | null {
  const material = { ...trust.material, publicKey: () => ({ publicKey: key, validFor: () => true }) };
  const proven = (): Signer => new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 1 }).verify(entity);
  try {
    proven();
    return timeOf(entity);
  } catch {
    return null;
  }
}

/** The latest one, as whoever can choose among several would choose the earliest. */
function timeOf({ timestamps }: SignedEntity): Date | null {
  const times = timestamps.flatMap((stamp) => {
    if (stamp.$case === 'timestamp-authority') {
      return [stamp.timestamp.signingTime.getTime()];
    }
    return stamp.tlogEntry.inclusionPromise === undefined ? [] : [Number(stamp.tlogEntry.integratedTime) * 1000];
  });
  return times.length === 0 ? null : new Date(Math.max(...times));
}

/** The library takes the name in a checkpoint's signature for a regular expression, which a stranger could make endless. */
function checkCheckpoints(bundle: Bundle): void {
  for (const entry of bundle.verificationMaterial.tlogEntries) {
    const envelope = entry.inclusionProof?.checkpoint?.envelope ?? '';
    for (const [, name = ''] of envelope.matchAll(/\u2014 (\S+) /g)) {
      if (!/^[\w./:-]{1,200}$/.test(name)) {
        throw new Error('the name of its log is none');
      }
    }
  }
}
