import * as problems from '../../core/problems.ts';
import { isHiddenName, isUserSecretName } from '../../node/vault/names.ts';
import type { Vault } from '../../node/vault/vault.ts';
import type { KeeperWish, SecretMethods } from '../../shared/controlProtocol.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Secrets } from './secrets.ts';

type Handlers = {
  readonly [Name in keyof SecretMethods]: (params: SecretMethods[Name]['params']) => Promise<Result<SecretMethods[Name]['result']>>;
};

/** Node's timers hold no more. */
const longestHoldMs = 2 ** 31 - 1;
const longestValue = 64 * 1024;

/** What the command line and the editor ask for. Values come in here, and none goes out. */
export function secretHandlers(secrets: Secrets): Handlers {
  const { vault } = secrets;
  const told = async <T>(done: Promise<Result<T>>): Promise<Result<T>> => {
    const result = await done;
    if (result.ok) {
      secrets.vaultChanged();
    }
    return result;
  };
  // First whoever holds the old value ends; a server that starts because the vault changed has the new one already.
  const secretsChanged = (names: readonly string[]): void => {
    secrets.changed(names);
    secrets.vaultChanged();
  };
  return {
    'vault/status': () => vault.status(),
    'vault/probe': async () => {
      const probed = await vault.probe();
      return probed.ok ? ok({}) : probed;
    },
    'vault/init': ({ keeper, forMs }) => told(vault.init(keeper, forMs)),
    'vault/unlock': ({ passphrase, forMs }) => told(vault.unlock(passphrase, forMs)),
    'vault/lock': () => told(vault.lock()),
    'vault/rotate': async ({ keeper }) => {
      const rotated = await vault.rotate(keeper);
      return rotated.ok ? ok({ secrets: rotated.value }) : rotated;
    },
    'secret/list': async ({ hidden = false }) => {
      const listed = await vault.list();
      return listed.ok ? ok({ secrets: listed.value.filter(({ name }) => hidden || !isHiddenName(name)) }) : listed;
    },
    'secret/set': async ({ name, value }) => {
      const problem = whyNot(name, value);
      if (problem !== undefined) {
        return fail(problem);
      }
      const set = await vault.set(name, value);
      if (set.ok) {
        secretsChanged([name]);
      }
      return set;
    },
    'secret/remove': async ({ names }) => {
      for (const name of names) {
        const problem = await whyNotRemoved(vault, name);
        if (problem !== undefined) {
          return fail(problem);
        }
      }
      const removed = await vault.remove(names);
      if (!removed.ok) {
        return removed;
      }
      secretsChanged(removed.value);
      return ok({ removed: removed.value });
    },
  };
}

/** A login is ended at its authorization server as well, by `oauth/revoke`; of a damaged one nobody knows where that is. */
async function whyNotRemoved(vault: Vault, name: string): Promise<Problem | undefined> {
  if (!isHiddenName(name)) {
    return isUserSecretName(name) ? undefined : problems.secretName(name);
  }
  const found = await vault.get(name);
  return found.ok ? problems.secretName(name) : found.problem.code === 'WHARF_VAULT_DAMAGED' ? undefined : found.problem;
}

function whyNot(name: string, value: string): Problem | undefined {
  if (!isUserSecretName(name)) {
    return problems.secretName(name);
  }
  if (value === '') {
    return problems.secretValue(name, 'it is empty');
  }
  if (Buffer.byteLength(value) > longestValue) {
    return problems.secretValue(name, 'it has more than 64 KB');
  }
  // No variable of a process and no header can hold one.
  return value.includes('\0') ? problems.secretValue(name, 'it holds a zero byte') : undefined;
}

/** What comes over the socket may be anything. True for a method that is none of these. */
export function areSoundSecretParams(method: string, params: Readonly<Record<string, unknown>>): boolean {
  switch (method as keyof SecretMethods) {
    case 'vault/init':
      return isKeeperWish(params['keeper']) && isHold(params['forMs']);
    case 'vault/unlock':
      return typeof params['passphrase'] === 'string' && isHold(params['forMs']);
    case 'vault/rotate':
      return params['keeper'] === undefined || isKeeperWish(params['keeper']);
    case 'secret/list':
      return params['hidden'] === undefined || typeof params['hidden'] === 'boolean';
    case 'secret/set':
      return typeof params['name'] === 'string' && typeof params['value'] === 'string';
    case 'secret/remove':
      return Array.isArray(params['names']) && params['names'].every((name) => typeof name === 'string');
    default:
      return true;
  }
}

function isHold(value: unknown): boolean {
  return value === null || (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= longestHoldMs);
}

function isKeeperWish(value: unknown): value is KeeperWish {
  const wish = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  switch (wish['kind']) {
    case 'automatic':
    case 'keyring':
      return true;
    case 'helper':
      return typeof wish['name'] === 'string';
    case 'passphrase':
      return typeof wish['passphrase'] === 'string';
    case 'keyFile':
      return typeof wish['path'] === 'string';
    default:
      return false;
  }
}
