import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

import * as problems from '../../core/problems.ts';
import { readPrivateFile } from '../../node/privateFile.ts';
import { readTextFile } from '../../node/textFile.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  /** The certificate and those that lead to the one its clients trust. */
  readonly cert: string;
  /** Its key, unencrypted, in a file that is private to its user. */
  readonly key: string;
}

/** As Node's TLS takes it. */
export interface TlsPair {
  readonly cert: string;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const mostBytes = 1024 ** 2;

/** Reads a certificate and its key, and proves that they belong together. */
export async function readTls({ cert, key }: TlsFiles): Promise<Result<TlsPair>> {
  const chain = await readTextFile(cert, mostBytes);
  if (!chain.ok) {
    return chain;
  }
  const secret = await readPrivateFile(key, mostBytes);
  if (!secret.ok) {
    return secret;
  }
  try {
    const leaf = new X509Certificate(chain.value.text);
    const own = privateKey(secret.value);
    if (own === undefined) {
      return fail(problems.httpTlsUnusable(key, 'it holds no unencrypted key in PEM'));
    }
    if (!leaf.checkPrivateKey(own)) {
      return fail(problems.httpTlsUnusable(cert, `it is not the certificate of the key ${key}`));
    }
    const pair = { cert: chain.value.text, key: secret.value, minVersion: 'TLSv1.2' } as const;
    createSecureContext(pair);
    return ok({ ...pair, expiresAt: Date.parse(leaf.validTo) });
  } catch (error) {
    return fail(problems.httpTlsUnusable(cert, chain.value.hash === null ? 'it is not there' : reason(error)));
  }
}

/** The words of OpenSSL may quote what it read, so that none of them is passed on. */
function privateKey(pem: Buffer): ReturnType<typeof createPrivateKey> | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
