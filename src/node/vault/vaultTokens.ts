import { createHash } from 'node:crypto';

import type { TokenStore } from '../../core/secrets/tokenStore.ts';
import { ok, type Result } from '../../shared/result.ts';
import { isHiddenName, tokenRealm } from './names.ts';
import type { Vault } from './vault.ts';

/**
 * The tokens of logins in the vault. A key, such as the address of a server, is part of what is encrypted; its entry is
 * named by its hash, so that the file does not tell where its user is logged in.
 */
export class VaultTokens implements TokenStore {
  private readonly vault: Vault;

  constructor(vault: Vault) {
    this.vault = vault;
  }

  async get(key: string): Promise<Result<string | null>> {
    const found = await this.read(entryName(key));
    return found.ok ? ok(found.value?.value ?? null) : found;
  }

  async set(key: string, value: string): Promise<Result<null>> {
    const set = await this.vault.set(entryName(key), JSON.stringify({ key, value } satisfies Token));
    return set.ok ? ok(null) : set;
  }

  async remove(key: string): Promise<Result<boolean>> {
    const removed = await this.vault.remove([entryName(key)]);
    return removed.ok ? ok(removed.value.length > 0) : removed;
  }

  async keys(): Promise<Result<readonly string[]>> {
    const listed = await this.vault.list();
    if (!listed.ok) {
      return listed;
    }
    const keys: string[] = [];
    for (const { name } of listed.value.filter(({ name }) => isHiddenName(name))) {
      const found = await this.read(name);
      if (!found.ok) {
        return found;
      }
      keys.push(...(found.value === null ? [] : [found.value.key]));
    }
    return ok(keys);
  }

  /** Null for an entry that is damaged as well: whoever needs that login logs in again, which replaces it, and the others stay. */
  private async read(name: string): Promise<Result<Token | null>> {
    const found = await this.vault.get(name);
    if (!found.ok) {
      const isEntryAlone = found.problem.code === 'WHARF_VAULT_DAMAGED' && (await this.vault.list()).ok;
      return isEntryAlone ? ok(null) : found;
    }
    return ok(found.value === null ? null : parseToken(found.value.value));
  }
}

interface Token {
  readonly key: string;
  readonly value: string;
}

function entryName(key: string): string {
  return `${tokenRealm}${createHash('sha256').update(key).digest('hex')}`;
}

/** Only this file writes them, and what was changed since does not come out of the vault. */
function parseToken(text: string): Token {
  return JSON.parse(text) as Token;
}
