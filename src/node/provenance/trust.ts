import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { dirname, resolve } from 'node:path';

import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, type TrustMaterial } from '@sigstore/verify';

import * as problems from '../../core/problems.ts';
import { placeWords, type SignatureDemand } from '../../core/provenance/decision.ts';
import type { ImagePattern, ImageRule, PolicyKey, PolicyPath, SignerIdentity } from '../../core/provenance/policy.ts';
import type { Place } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { policyFileBytes } from './policyFiles.ts';
import { publicGoodRoot } from './publicGoodRoot.ts';

/** A key that a rule names. */
export interface TrustedKey {
  readonly key: KeyObject;
  /** SHA-256 of the key, in hex. */
  readonly fingerprint: string;
  /** For people. */
  readonly words: string;
  readonly notAfter: Date | null;
}

/** Who may sign, as far as one rule is concerned; everything is on this machine. */
export interface Trust {
  /** The rule for people; null where no rule asks and signatures are only shown. */
  readonly rule: string | null;
  readonly keys: readonly TrustedKey[];
  readonly identities: readonly SignerIdentity[];
  readonly signedAs: readonly ImagePattern[];
  readonly material: TrustMaterial;
  /** Changes with everything that a signature is judged by. */
  readonly fingerprint: string;
}

/** RSA keys below this can be broken. */
const leastRsaBits = 2048;
const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** Reads the keys and the root that a demand needs. A key that cannot be read is an error of the policy. */
export async function loadTrust({ policy, rule }: SignatureDemand): Promise<Result<Trust>> {
  const folder = dirname(policy.file);
  const keys: TrustedKey[] = [];
  for (const key of rule.keys) {
    const read = await loadKey(key, folder);
    if (!read.ok) {
      return read;
    }
    keys.push(read.value);
  }
  const root = await loadRoot(policy.trustedRoot, folder);
  return root.ok ? ok(trustOf(rule, keys, root.value)) : root;
}

/** The public Sigstore instance alone, to show who signed where no rule says who may. */
export function shownTrust(): Trust {
  return trustOf(null, [], { value: publicGoodRoot, material: materialOf(publicGoodRoot) });
}

interface Root {
  readonly value: unknown;
  readonly material: TrustMaterial;
}

function trustOf(rule: ImageRule | null, keys: readonly TrustedKey[], root: Root): Trust {
  const { identities, signedAs } = rule ?? { identities: [], signedAs: [] };
  const judgedBy = [
    keys.map(({ fingerprint, notAfter }) => [fingerprint, notAfter]),
    identities,
    signedAs.map(({ text }) => text),
    root.value,
  ];
  return {
    rule: rule === null ? null : placeWords(rule),
    keys,
    identities,
    signedAs,
    material: root.material,
    fingerprint: sha256(JSON.stringify(judgedBy)),
  };
}

async function loadKey({ source, place, notAfter }: PolicyKey, folder: string): Promise<Result<TrustedKey>> {
  const path = source.kind === 'file' ? resolve(folder, source.path) : null;
  try {
    const pem = source.kind === 'pem' ? source.pem : (await policyFileBytes(path ?? '')).toString('utf8');
    if (pem.includes('PRIVATE KEY')) {
      throw new Error('it is a private key, and a public one belongs here');
    }
    const key = createPublicKey(pem);
    const weakness = whyNoSigningKey(key);
    if (weakness !== undefined) {
      throw new Error(weakness);
    }
    const fingerprint = sha256(key.export({ format: 'der', type: 'spki' }));
    const words = `key ${path ?? `at ${place.file}:${place.line}`} (sha256 ${fingerprint.slice(0, 16)})`;
    return ok({ key, fingerprint, words, notAfter: notAfter === null ? null : new Date(notAfter) });
  } catch (error) {
    return broken(place, `the key${path === null ? '' : ` ${path}`} is no public key in PEM that can be used: ${reasonOf(error)}`);
  }
}

function whyNoSigningKey({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  switch (type) {
    case 'ed25519':
      return undefined;
    case 'ec':
      return curves.has(details?.namedCurve ?? '') ? undefined : `its curve ${details?.namedCurve ?? ''} is not supported`;
    case 'rsa':
      return (details?.modulusLength ?? 0) >= leastRsaBits ? undefined : `an RSA key needs ${leastRsaBits} bits`;
    default:
      return `keys of the type ${String(type)} do not sign images`;
  }
}

async function loadRoot(wanted: PolicyPath | null, folder: string): Promise<Result<Root>> {
  if (wanted === null) {
    return ok({ value: publicGoodRoot, material: materialOf(publicGoodRoot) });
  }
  const path = resolve(folder, wanted.path);
  try {
    const value: unknown = JSON.parse((await policyFileBytes(path)).toString('utf8'));
    return ok({ value, material: materialOf(value) });
  } catch (error) {
    return broken(wanted.place, `${path} is no trusted_root.json of Sigstore: ${reasonOf(error)}`);
  }
}

function materialOf(root: unknown): TrustMaterial {
  const material = toTrustMaterial(TrustedRoot.fromJSON(root), () => {
    throw new Error('no key');
  });
  // Its reader passes over what it does not understand.
  if (material.certificateAuthorities.length === 0 || material.tlogs.length === 0) {
    throw new Error('it has no certificate authority or no transparency log');
  }
  return material;
}

function broken(place: Place, detail: string): ReturnType<typeof fail> {
  return fail(problems.policyBroken(place, detail));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
