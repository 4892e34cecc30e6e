import { settingWords } from '../../core/profile/missingKey.ts';
import type { Profile, ProfileServer } from '../../core/profile/profile.ts';
import { parseSecretReference } from '../../core/secrets/reference.ts';
import { note } from '../output.ts';
import type { VaultNames } from './vaultNames.ts';

/** Says which of these servers will not start before they have a configuration, which secrets the vault does not have yet, and how they get both. */
export async function sayMissing(id: string, servers: Profile['servers'], vault: VaultNames): Promise<void> {
  for (const { name, missingConfig } of servers) {
    if (missingConfig.length > 0) {
      note(`wharf: ${name} needs a configuration before it starts: "wharf profile config ${id} ${settingWords(name, missingConfig)}"`);
    }
  }
  const wanted = [...new Set(servers.flatMap(secretsOf))];
  const known = wanted.length === 0 ? undefined : await vault();
  // A vault that does not say what it has may have them all.
  const missing = known?.ok === true ? wanted.filter((name) => !known.value.includes(name)) : [];
  if (missing.length > 0) {
    note(`wharf: Your vault does not have every secret yet: ${missing.map((name) => `"wharf secret set ${name}"`).join(', ')}`);
  }
}

/** The names of its secrets in the vault. */
function secretsOf(server: ProfileServer): readonly string[] {
  return ('secrets' in server ? server.secrets : []).flatMap(({ reference }) => {
    const parsed = parseSecretReference(reference);
    return parsed?.kind === 'vault' ? [parsed.name] : [];
  });
}
