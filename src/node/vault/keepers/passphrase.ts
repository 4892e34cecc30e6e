import { randomBytes, scrypt } from 'node:crypto';

import type { KeeperRecord } from '../vaultFile.ts';
import { keyBytes } from '../seal.ts';
import { kept, notKept, type Kept, type KeptKey } from './keeper.ts';

type PassphraseRecord = Extract<KeeperRecord, { keeper: 'passphrase' }>;

/** OWASP's password storage cheat sheet for scrypt: 128 MB and about 0.3 s for each try. */
const cost = { n: 2 ** 17, r: 8, p: 1 };
/** A file that was tampered with must not make a gateway use all memory, or take a day. */
const mostCost = { n: 2 ** 20, r: 16, p: 8 };
const shortest = 8;

export async function keepByPassphrase(passphrase: string): Promise<Kept<KeptKey>> {
  if (passphrase.length < shortest) {
    return notKept(`it has fewer than ${shortest} characters`);
  }
  const record: PassphraseRecord = { keeper: 'passphrase', salt: randomBytes(16).toString('base64'), ...cost };
  const key = await keyFromPassphrase(passphrase, record);
  return key.ok ? kept({ record, key: key.value }) : key;
}

/** Any passphrase gives a key; only the right one opens anything. */
export function keyFromPassphrase(passphrase: string, { salt, n, r, p }: PassphraseRecord): Promise<Kept<Buffer>> {
  if (n > mostCost.n || r > mostCost.r || p > mostCost.p) {
    return Promise.resolve(notKept('the vault asks for more work than any vault of Wharf'));
  }
  return new Promise((resolve) => {
    try {
      // The same letters can be typed in more than one way: NFKC, as RFC 8265 has it for passwords.
      const options = { N: n, r, p, maxmem: 160 * n * r };
      scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), keyBytes, options, (error, key) =>
        resolve(error === null ? kept(key) : notKept(error.message)),
      );
    } catch (error) {
      resolve(notKept(error instanceof Error ? error.message : String(error)));
    }
  });
}
