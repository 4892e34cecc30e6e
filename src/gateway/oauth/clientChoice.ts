import type { TokenStore } from '../../core/secrets/tokenStore.ts';
import type { LoginClientChoice } from '../../shared/controlProtocol.ts';
import { ok, type Result } from '../../shared/result.ts';
import { isAllowedRemoteUrl } from '../upstreams/remoteUrl.ts';

const keyFor = (server: string): string => ['oauth/client', server].map(encodeURIComponent).join('|');

/** The client that a person gave for a server; null where Wharf registers by itself. */
export async function rememberedClient(store: TokenStore, server: string): Promise<Result<LoginClientChoice | null>> {
  const text = await store.get(keyFor(server));
  if (!text.ok || text.value === null) {
    return text.ok ? ok(null) : text;
  }
  try {
    const value: unknown = JSON.parse(text.value);
    return ok(isClientChoice(value) ? value : null);
  } catch {
    return ok(null);
  }
}

export function rememberClient(store: TokenStore, server: string, client: LoginClientChoice): Promise<Result<null>> {
  return store.set(keyFor(server), JSON.stringify(client));
}

/** Whether something that came over a connection or from the store is one. */
export function isClientChoice(value: unknown): value is LoginClientChoice {
  const { kind, id, secret, port, url } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  if (kind === 'document') {
    return typeof url === 'string' && isAllowedRemoteUrl(url) && new URL(url).pathname !== '/';
  }
  const isPort = port === null || (typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536);
  return kind === 'known' && typeof id === 'string' && id !== '' && (secret === null || typeof secret === 'string') && isPort;
}
