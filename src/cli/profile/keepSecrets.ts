import type { Locations } from '../../node/locations.ts';
import { ok, type Result } from '../../shared/result.ts';
import { askOnce, openControl } from '../context.ts';
import { printStatus } from '../secret/keeperOptions.ts';
import { needsVault, requestOpen } from '../secret/vaultControl.ts';
import type { NewSecret } from './configEdit.ts';

/** The names of the secrets that the vault has; none where there is no vault yet. */
export async function secretNames(locations: Locations): Promise<Result<readonly string[]>> {
  const listed = await askOnce(locations, 'secret/list', {});
  return listed.ok ? ok(listed.value.secrets.map(({ name }) => name)) : listed;
}

/** Keeps secrets in the vault, as `wharf secret set` does; a vault is made where there is none. */
export async function keepSecrets(locations: Locations, secrets: readonly NewSecret[]): Promise<Result<null>> {
  const control = await openControl(locations);
  if (!control.ok) {
    return control;
  }
  try {
    const isFirst = await needsVault(control.value);
    if (!isFirst.ok) {
      return isFirst;
    }
    for (const { name, value } of secrets) {
      const stored = await requestOpen(control.value, 'secret/set', { name, value });
      if (!stored.ok) {
        return stored;
      }
    }
    const after = isFirst.value ? await control.value.request('vault/status', {}) : undefined;
    if (after?.ok === true) {
      printStatus(after.value);
    }
    return ok(null);
  } finally {
    control.value.close();
  }
}
