import { at, textOf } from '../../core/provenance/json.ts';
import { strangersJson } from '../registry/manifests.ts';

/** What was signed: a payload by itself, or an envelope. */
export type CosignContent =
  | { readonly kind: 'message'; readonly digest: Buffer; readonly signature: Buffer }
  | { readonly kind: 'envelope'; readonly envelope: unknown };

const prefix = 'dev.sigstore.cosign';

/**
 * What cosign's layouts before bundles say in the annotations of a layer (certificate, entry of the log, time stamp:
 * github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md), as a bundle of version 0.1. Undefined without a certificate and an entry.
 */
export function cosignBundle(annotations: ReadonlyMap<string, string>, content: CosignContent): object | undefined {
  const certificate = annotations.get(`${prefix}/certificate`);
  const entry = logEntry(annotations.get(`${prefix}/bundle`));
  if (certificate === undefined && entry === undefined) {
    return undefined;
  }
  const stamp = textOf(at(json(annotations.get(`${prefix}/rfc3161timestamp`)), 'SignedRFC3161Timestamp'));
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      ...(certificate === undefined
        ? { publicKey: { hint: '' } }
        : { x509CertificateChain: { certificates: [{ rawBytes: certificateBytes(certificate) }] } }),
      tlogEntries: entry === undefined ? [] : [entry],
      ...(stamp === null ? {} : { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: stamp }] } }),
    },
    ...(content.kind === 'envelope'
      ? { dsseEnvelope: content.envelope }
      : {
          messageSignature: {
            messageDigest: { algorithm: 'SHA2_256', digest: content.digest.toString('base64') },
            signature: content.signature.toString('base64'),
          },
        }),
  };
}

/** `{"SignedEntryTimestamp": …, "Payload": {"body", "integratedTime", "logIndex", "logID"}}` */
function logEntry(text: string | undefined): object | undefined {
  const bundle = json(text);
  const payload = at(bundle, 'Payload');
  const [promise, body, logId] = [textOf(at(bundle, 'SignedEntryTimestamp')), textOf(at(payload, 'body')), textOf(at(payload, 'logID'))];
  if (promise === null || body === null || logId === null) {
    return undefined;
  }
  const recorded = json(Buffer.from(body, 'base64').toString('utf8'));
  return {
    logIndex: String(at(payload, 'logIndex')),
    logId: { keyId: Buffer.from(logId, 'hex').toString('base64') },
    kindVersion: { kind: textOf(at(recorded, 'kind')) ?? '', version: textOf(at(recorded, 'apiVersion')) ?? '' },
    integratedTime: String(at(payload, 'integratedTime')),
    inclusionPromise: { signedEntryTimestamp: promise },
    canonicalizedBody: body,
  };
}

/** The first certificate of a PEM text, in base64. */
function certificateBytes(pem: string): string {
  const [, body = ''] = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(pem) ?? [];
  return body.replace(/\s/g, '');
}

function json(text: string | undefined): unknown {
  return text === undefined ? undefined : strangersJson(Buffer.from(text), 'an annotation');
}
