import { verify, type KeyObject } from 'node:crypto';

/** Whether a key made a signature as cosign makes them: SHA-256 with ECDSA or RSA (PKCS #1 v1.5), or plain Ed25519. */
export function isSignedBy(key: KeyObject, bytes: Buffer, signature: Buffer): boolean {
  try {
    return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, key, signature);
  } catch {
    return false;
  }
}

/** What the signature of an envelope covers (github.com/secure-systems-lab/dsse, protocol.md). */
export function envelopeBytes(payloadType: string, payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Strict base64; undefined for anything else, as two texts for one signature help nobody. */
export function fromBase64(text: string): Buffer | undefined {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}
