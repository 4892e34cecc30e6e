import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

import { initializeCA, initializeCTLog, initializeTLog } from '@sigstore/mock';

import {
  bundleMediaType,
  emptyConfig,
  ociManifest,
  pushBlob,
  pushManifest,
  sha256,
  type Pushed,
  type RegistryContent,
} from './registryContent.ts';

/* Signs images as cosign does, with keys of the test's own. */

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function keyPair(kind: 'p256' | 'rsa' | 'ed25519' = 'p256'): KeyPair {
  switch (kind) {
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
  }
}

export function pemOf({ publicKey }: KeyPair): string {
  return publicKey.export({ format: 'pem', type: 'spki' }).toString();
}

export function signBytes({ privateKey }: KeyPair, bytes: Buffer): Buffer {
  return sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, privateKey);
}

/** The payload of cosign's first layout, byte for byte as cosign writes it. */
export function simplePayload(repository: string, digest: string): string {
  return JSON.stringify({
    critical: {
      identity: { 'docker-reference': repository },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional: null,
  });
}

export interface SimpleSignature {
  readonly payload: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export function simpleSignature(key: KeyPair, repository: string, digest: string): SimpleSignature {
  const payload = simplePayload(repository, digest);
  return { payload, annotations: { 'dev.cosignproject.cosign/signature': signBytes(key, Buffer.from(payload)).toString('base64') } };
}

/** Under the tag `sha256-….sig` in place of what is there. */
export async function pushSimple(
  registry: RegistryContent,
  path: string,
  digest: string,
  signatures: readonly SimpleSignature[],
): Promise<Pushed> {
  const layers = [];
  for (const { payload, annotations } of signatures) {
    layers.push({ ...(await pushBlob(registry, path, payload, 'application/vnd.dev.cosign.simplesigning.v1+json')), annotations });
  }
  const config = await emptyConfig(registry, path);
  return pushManifest(registry, path, { schemaVersion: 2, mediaType: ociManifest, config, layers }, `${digest.replace(':', '-')}.sig`);
}

export const signPredicate = 'https://sigstore.dev/cosign/sign/v1';

export function statement(digest: string, predicateType: string = signPredicate, predicate: object = {}): string {
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: '', digest: { sha256: digest.replace('sha256:', '') } }],
    predicateType,
    predicate,
  });
}

export const statementType = 'application/vnd.in-toto+json';

export function preAuthEncoding(type: string, payload: string): Buffer {
  return Buffer.from(`DSSEv1 ${type.length} ${type} ${Buffer.byteLength(payload)} ${payload}`);
}

/** A bundle signed by a key, without a log. */
export function keyBundle(key: KeyPair, payload: string): object {
  return {
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: 'test' }, tlogEntries: [] },
    dsseEnvelope: {
      payload: Buffer.from(payload).toString('base64'),
      payloadType: statementType,
      signatures: [{ sig: signBytes(key, preAuthEncoding(statementType, payload)).toString('base64') }],
    },
  };
}

/** A Sigstore of one's own: certificate authority, certificate log and transparency log. */
export interface OwnSigstore {
  /** `trusted_root.json` */
  readonly trustedRoot: object;
  /** A bundle signed by a new key with a certificate for this identity. `kind` is how the log records it: Rekor 1 and 2 differ. */
  bundle(payload: string, identity: { readonly subject: string; readonly issuer: string }, kind?: EntryKind): Promise<KeylessBundle>;
  /** As cosign 2 signs without a key: in its first layout, with certificate and entry of the log in annotations. */
  simple(payload: string, identity: { readonly subject: string; readonly issuer: string }): Promise<SimpleSignature>;
  /** The entry of a log for an envelope that a key signed. */
  logged(key: KeyPair, payload: string): Promise<object>;
}

export type EntryKind = 'dsse' | 'hashedrekord';

export interface KeylessBundle {
  readonly mediaType: string;
  readonly verificationMaterial: { readonly certificate?: { readonly rawBytes: string }; readonly tlogEntries: readonly LogEntry[] };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
}

export interface LogEntry {
  readonly integratedTime: string;
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string };
  readonly inclusionProof: { readonly checkpoint: { readonly envelope: string } };
}

/** OID of the issuer in Fulcio's certificates (github.com/sigstore/fulcio, docs/oid-info.md). */
const issuerOid = '1.3.6.1.4.1.57264.1.8';
const logAddress = 'https://rekor.test';

/** `clock`: when everything is signed, in place of now. */
export async function ownSigstore(clock?: Date): Promise<OwnSigstore> {
  const [authority, certificates, transparency] = [keyPair(), keyPair(), keyPair()];
  const certificateLog = await initializeCTLog(certificates, clock);
  const ca = await initializeCA(authority, certificateLog, clock);
  const log = await initializeTLog(logAddress, transparency, clock);
  const start = '2020-01-01T00:00:00Z';
  const logOf = ({ publicKey }: KeyPair) => {
    const der = publicKey.export({ format: 'der', type: 'spki' });
    return {
      baseUrl: logAddress,
      hashAlgorithm: 'SHA2_256',
      publicKey: { rawBytes: der.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start } },
      logId: { keyId: Buffer.from(sha256(der).replace('sha256:', ''), 'hex').toString('base64') },
    };
  };
  const root = Buffer.from(ca.rootCertificate.buffer, ca.rootCertificate.byteOffset, ca.rootCertificate.byteLength);
  const record = async (kind: string, spec: object): Promise<MockEntry> => {
    // Its types are in a package that it does not bring.
    const entries = (await log.log({ apiVersion: '0.0.1', kind, spec })) as unknown as Readonly<Record<string, MockEntry>>;
    return Object.values(entries)[0] ?? assert.fail();
  };
  const entry = async (payload: string, signature: Buffer, verifier: string, kind: EntryKind = 'dsse'): Promise<LogEntry> => {
    const hash = (bytes: Buffer | string) => ({ algorithm: 'sha256', value: sha256(bytes).replace('sha256:', '') });
    const [content, publicKey] = [signature.toString('base64'), Buffer.from(verifier).toString('base64')];
    const spec =
      kind === 'dsse'
        ? { envelopeHash: hash(''), payloadHash: hash(payload), signatures: [{ signature: content, verifier: publicKey }] }
        : { data: { hash: hash(preAuthEncoding(statementType, payload)) }, signature: { content, publicKey: { content: publicKey } } };
    return bundledEntry(await record(kind, spec), kind);
  };
  /** A new key, and the certificate that says who has it. */
  const newKey = async ({ subject, issuer }: { readonly subject: string; readonly issuer: string }) => {
    const key = keyPair();
    const certificate = await ca.issueCertificate({
      publicKey: key.publicKey.export({ format: 'der', type: 'spki' }),
      subjectAltName: subject,
      extensions: [{ oid: issuerOid, value: issuer }],
    });
    const rawBytes = Buffer.from(certificate.buffer, certificate.byteOffset, certificate.byteLength).toString('base64');
    return { key, rawBytes, pem: `-----BEGIN CERTIFICATE-----\n${rawBytes}\n-----END CERTIFICATE-----\n` };
  };
  return {
    trustedRoot: {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logOf(transparency)],
      ctlogs: [logOf(certificates)],
      certificateAuthorities: [
        {
          subject: { organization: 'test', commonName: 'test' },
          uri: 'https://fulcio.test',
          certChain: { certificates: [{ rawBytes: root.toString('base64') }] },
          validFor: { start },
        },
      ],
      timestampAuthorities: [],
    },
    simple: async (payload, identity) => {
      const { key, pem } = await newKey(identity);
      const signature = signBytes(key, Buffer.from(payload)).toString('base64');
      const spec = {
        data: { hash: { algorithm: 'sha256', value: sha256(payload).replace('sha256:', '') } },
        signature: { content: signature, publicKey: { content: Buffer.from(pem).toString('base64') } },
      };
      const { body, integratedTime, logIndex, logID, verification } = await record('hashedrekord', spec);
      const promise = { SignedEntryTimestamp: verification.signedEntryTimestamp, Payload: { body, integratedTime, logIndex, logID } };
      return {
        payload,
        annotations: {
          'dev.cosignproject.cosign/signature': signature,
          'dev.sigstore.cosign/certificate': pem,
          'dev.sigstore.cosign/bundle': JSON.stringify(promise),
        },
      };
    },
    bundle: async (payload, identity, kind = 'dsse') => {
      const { key, rawBytes, pem } = await newKey(identity);
      const signature = signBytes(key, preAuthEncoding(statementType, payload));
      return {
        mediaType: bundleMediaType,
        verificationMaterial: { certificate: { rawBytes }, tlogEntries: [await entry(payload, signature, pem, kind)] },
        dsseEnvelope: {
          payload: Buffer.from(payload).toString('base64'),
          payloadType: statementType,
          signatures: [{ sig: signature.toString('base64') }],
        },
      };
    },
    logged: async (key, payload) => {
      const bundle = keyBundle(key, payload) as KeylessBundle;
      const signature = Buffer.from(bundle.dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
      return {
        ...bundle,
        verificationMaterial: { publicKey: { hint: 'test' }, tlogEntries: [await entry(payload, signature, pemOf(key))] },
      };
    },
  };
}

interface MockEntry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly logIndex: number;
      readonly treeSize: number;
      readonly rootHash: string;
      readonly checkpoint: string;
    };
  };
}

function bundledEntry({ body, integratedTime, logID, logIndex, verification }: MockEntry, kind: EntryKind): LogEntry {
  const { inclusionProof: proof, signedEntryTimestamp } = verification;
  const entry = {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
    kindVersion: { kind, version: '0.0.1' },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      treeSize: String(proof.treeSize),
      rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
      hashes: [],
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: body,
  };
  return entry;
}
