import type { TokenStore } from '../../core/secrets/tokenStore.ts';
import { ok, type Result } from '../../shared/result.ts';
import { keyOf, readLogin, serverOf, writeLogin, type Login } from './login.ts';

/** Every login that a store holds. */
export async function allLogins(store: TokenStore, isWanted: (server: string) => boolean = () => true): Promise<Result<readonly Login[]>> {
  const keys = await store.keys();
  if (!keys.ok) {
    return keys;
  }
  const found: Login[] = [];
  for (const key of keys.value) {
    const server = serverOf(key);
    if (server === undefined || !isWanted(server)) {
      continue;
    }
    const text = await store.get(key);
    if (!text.ok) {
      return text;
    }
    const login = text.value === null ? undefined : readLogin(text.value);
    if (login?.server === server) {
      found.push(login);
    }
  }
  return ok(found);
}

/** The login at one server that was made or renewed last. */
export async function newestLogin(store: TokenStore, server: string): Promise<Result<Login | null>> {
  const found = await allLogins(store, (one) => one === server);
  return found.ok ? ok(found.value.toSorted((a, b) => b.obtainedAt - a.obtainedAt)[0] ?? null) : found;
}

export function keepLogin(store: TokenStore, login: Login): Promise<Result<null>> {
  return store.set(keyOf(login), writeLogin(login));
}

/** Removes the logins at one server, but for the one that is given. */
export async function removeLogins(store: TokenStore, server: string, except?: Login): Promise<Result<null>> {
  const keys = await store.keys();
  if (!keys.ok) {
    return keys;
  }
  const kept = except === undefined ? undefined : keyOf(except);
  for (const key of keys.value.filter((one) => serverOf(one) === server && one !== kept)) {
    const removed = await store.remove(key);
    if (!removed.ok) {
      return removed;
    }
  }
  return ok(null);
}
