import { existsSync } from 'node:fs';

import type { Locations } from '../../node/locations.ts';
import { vaultPath } from '../../node/vault/vaultStore.ts';
import { ok, type Result } from '../../shared/result.ts';
import { secretNames } from './keepSecrets.ts';

/** Asks for the names that the vault has. */
export type VaultNames = () => Promise<Result<readonly string[]>>;

/** Where there is no vault, nobody is asked what is in it, and no daemon is started. It is asked once. */
export function vaultNames(locations: Locations): VaultNames {
  let asked: ReturnType<VaultNames> | undefined;
  return () => (asked ??= existsSync(vaultPath(locations.dataFolder)) ? secretNames(locations) : Promise.resolve(ok([])));
}

/** Whether the vault has a secret. A vault that does not say what it has, has everything. */
export async function secretsThere(names: VaultNames): Promise<(secret: string) => boolean> {
  const known = await names();
  return (secret) => !known.ok || known.value.includes(secret);
}
