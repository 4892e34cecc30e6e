import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Bytes encrypted with AES-256-GCM; both texts are base64. */
export interface Sealed {
  /** 96 random bits, as NIST SP 800-38D asks for. */
  readonly nonce: string;
  /** The encrypted bytes and the tag of 128 bits behind them. */
  readonly data: string;
}

export const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts. `about` is not secret, and the same has to be said to open it: what belongs to one name opens under no other. */
export function seal(key: Uint8Array, about: readonly unknown[], content: Uint8Array): Sealed {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(aboutBytes(about));
  const data = Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  return { nonce: nonce.toString('base64'), data: data.toString('base64') };
}

/** Undefined when the key is another one, or anything was changed. */
export function unseal(key: Uint8Array, about: readonly unknown[], { nonce, data }: Sealed): Buffer | undefined {
  const [nonceRead, bytes] = [Buffer.from(nonce, 'base64'), Buffer.from(data, 'base64')];
  if (nonceRead.length !== nonceBytes || bytes.length < tagBytes) {
    return undefined;
  }
  const decipher = createDecipheriv('aes-256-gcm', key, nonceRead, { authTagLength: tagBytes });
  decipher.setAAD(aboutBytes(about));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  const content = decipher.update(bytes.subarray(0, -tagBytes));
  try {
    return Buffer.concat([content, decipher.final()]);
  } catch {
    return undefined;
  } finally {
    content.fill(0);
  }
}

function aboutBytes(about: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify(['wharf-vault', ...about]));
}
