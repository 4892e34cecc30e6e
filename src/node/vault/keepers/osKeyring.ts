import { randomBytes } from 'node:crypto';

import type { AsyncEntry } from '@napi-rs/keyring';

import { keyBytes } from '../seal.ts';
import { kept, notKept, type KeeperEnvironment, type Kept, type KeptKey } from './keeper.ts';

/** The user may have to unlock it. */
const patienceMs = 30_000;
const service = 'wharf';

/** Has the keyring of the system keep a new key, and proves that it gives it back. */
export async function keepInKeyring(env: KeeperEnvironment): Promise<Kept<KeptKey>> {
  const key = randomBytes(keyBytes);
  const account = `vault-${randomBytes(8).toString('hex')}`;
  const stored = await withEntry(account, env, async (entry) => {
    await entry.setPassword(key.toString('base64'), AbortSignal.timeout(patienceMs));
    return null;
  });
  if (!stored.ok) {
    return stored;
  }
  const back = await keyFromKeyring(account, env);
  if (!back.ok || !back.value.equals(key)) {
    await removeFromKeyring(account, env);
    return back.ok ? notKept('it gave back another key than it was given') : back;
  }
  return kept({ record: { keeper: 'keyring', account }, key });
}

export async function keyFromKeyring(account: string, env: KeeperEnvironment): Promise<Kept<Buffer>> {
  const found = await withEntry(account, env, (entry) => entry.getPassword(AbortSignal.timeout(patienceMs)));
  if (!found.ok) {
    return found;
  }
  const key = Buffer.from(found.value ?? '', 'base64');
  return key.length === keyBytes ? kept(key) : notKept(found.value === null ? 'it has no such key' : 'what it gave is no key of a vault');
}

/** Where the key is gone already, all is well. */
export async function removeFromKeyring(account: string, env: KeeperEnvironment): Promise<boolean> {
  return (await withEntry(account, env, (entry) => entry.deleteCredential(AbortSignal.timeout(patienceMs)))).ok;
}

async function withEntry<T>(account: string, env: KeeperEnvironment, action: (entry: AsyncEntry) => Promise<T>): Promise<Kept<T>> {
  // An optional package with native parts: npm installs have it, the extension has not.
  const keyring = await import('@napi-rs/keyring').catch(() => undefined);
  if (keyring === undefined) {
    return notKept('this installation has no @napi-rs/keyring');
  }
  // The native part reads the variable of the process. A daemon that Codex's shim started has none.
  const bus = env['DBUS_SESSION_BUS_ADDRESS'];
  if (bus !== undefined && bus !== '') {
    process.env['DBUS_SESSION_BUS_ADDRESS'] = bus;
  }
  try {
    // Not the kernel's keyring, where it would else go without a Secret Service: that forgets with the next boot.
    const entry = new keyring.AsyncEntry(service, account, { linux: { store: 'secret-service' } });
    return kept(await action(entry));
  } catch (error) {
    return notKept(error instanceof Error ? error.message : String(error));
  }
}
