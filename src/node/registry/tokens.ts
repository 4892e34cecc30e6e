import type { Zone } from '../../core/network/zone.ts';
import type { RegistryLogin } from '../../core/registry/logins.ts';
import { checkedTarget } from './address.ts';
import { boundedBody, dropBody } from './boundedBody.ts';
import type { Challenge } from './challenge.ts';
import { RegistryError } from './registryError.ts';
import { sendOver, type WireRequest } from './wire.ts';

/** What a request wants to do, as the token protocol of registries names it. */
export interface Scope {
  readonly path: string;
  readonly actions: 'pull' | 'pull,push';
}

export interface TokenHost {
  login(host: string): Promise<RegistryLogin | undefined>;
}

const tokenLimit = 64 * 1024;
/** What the protocol says where an answer names no time (distribution.github.io/distribution/spec/auth/token). */
const defaultLifeSeconds = 60;

interface Kept {
  readonly authorization: string;
  readonly until: number;
}

/** What stands in `Authorization` for each registry and scope; kept in memory until shortly before it expires. */
export class RegistryTokens {
  private readonly host: TokenHost;
  private readonly kept = new Map<string, Kept>();

  constructor(host: TokenHost) {
    this.host = host;
  }

  known(registry: string, scope: Scope): string | undefined {
    const kept = this.kept.get(keyOf(registry, scope));
    return kept !== undefined && kept.until > Date.now() ? kept.authorization : undefined;
  }

  forget(registry: string, scope: Scope): void {
    this.kept.delete(keyOf(registry, scope));
  }

  /** Answers what a registry asked for, `asked` with how near to this computer it may lead; undefined when there is nothing to answer with. */
  async answer(
    registry: string,
    asked: { readonly base: URL; readonly zone: Zone },
    scope: Scope,
    challenges: readonly Challenge[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const login = await this.host.login(registry);
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
    const kept =
      bearer !== undefined
        ? await this.fetchToken(asked, scope, bearer, login, signal)
        : challenges.some(({ scheme }) => scheme === 'basic') && login?.kind === 'password'
          ? { authorization: basic(login), until: Infinity }
          : undefined;
    if (kept !== undefined) {
      this.kept.set(keyOf(registry, scope), kept);
    }
    return kept?.authorization;
  }

  private async fetchToken(
    { base, zone }: { readonly base: URL; readonly zone: Zone },
    scope: Scope,
    { parameters }: Challenge,
    login: RegistryLogin | undefined,
    signal: AbortSignal,
  ): Promise<Kept> {
    const realm = checkedTarget(base, parameters.get('realm') ?? '');
    const service = parameters.get('service');
    const wanted = `repository:${scope.path}:${scope.actions}`;
    const isRefresh = login?.kind === 'token';
    const plain = { 'accept-encoding': 'identity' };
    let wire: WireRequest = {
      method: 'GET',
      headers: { ...plain, ...(login?.kind === 'password' ? { authorization: basic(login) } : {}) },
      signal,
    };
    if (isRefresh) {
      const form = { grant_type: 'refresh_token', client_id: 'wharf', refresh_token: login.identityToken, scope: wanted };
      const content = new URLSearchParams({ ...form, ...(service === undefined ? {} : { service }) }).toString();
      const headers = { ...plain, 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
      wire = { method: 'POST', headers, content, signal };
    } else {
      realm.searchParams.set('scope', wanted);
      if (service !== undefined) {
        realm.searchParams.set('service', service);
      }
    }
    const { response } = await sendOver(realm, wire, realm.origin === base.origin ? null : zone);
    if (!response.ok) {
      await dropBody(response);
      const busy = response.status === 429 || response.status >= 500;
      throw new RegistryError(`its token service ${realm.host} answered ${response.status}`, busy ? { afterMs: null } : null);
    }
    return tokenIn(await boundedBody(response, tokenLimit), realm.host);
  }
}

function tokenIn(body: Buffer, host: string): Kept {
  let answer: Readonly<Record<string, unknown>> = {};
  try {
    answer = (JSON.parse(body.toString('utf8')) ?? {}) as typeof answer;
  } catch {
    // Said below.
  }
  const token = answer['token'] ?? answer['access_token'];
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw new RegistryError(`its token service ${host} gave no token`);
  }
  const life = Number(answer['expires_in'] ?? defaultLifeSeconds);
  const seconds = Number.isFinite(life) && life > 0 ? Math.min(life, 3600) : defaultLifeSeconds;
  return { authorization: `Bearer ${token}`, until: Date.now() + seconds * 900 };
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function keyOf(registry: string, { path, actions }: Scope): string {
  return `${registry} ${path} ${actions}`;
}
