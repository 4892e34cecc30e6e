import { createHash } from 'node:crypto';
import { join } from 'node:path';

import type { RemoteServer } from '../../core/profile/profile.ts';
import * as problems from '../../core/problems.ts';
import type { TokenStore } from '../../core/secrets/tokenStore.ts';
import { discard, takeLock } from '../../node/fileLock.ts';
import { ensurePrivateFolder } from '../../node/privateFolder.ts';
import type { LoginClientChoice, LoginSummary } from '../../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { describeError } from '../describeError.ts';
import type { Authorizer } from './authorizer.ts';
import { noChallenge, uniqueScopes, type Challenge } from './challenge.ts';
import { rememberClient, rememberedClient } from './clientChoice.ts';
import { secretsOf, summaryOf, type Login } from './login.ts';
import { allLogins } from './loginStore.ts';
import { OpenLogins } from './openLogins.ts';
import { canonical } from './serverAddress.ts';
import { ServerAuthorizer } from './serverAuthorizer.ts';
import { ServerTokens } from './serverTokens.ts';

export interface LoginsHost {
  readonly store: TokenStore;
  /** Where programs of this user meet, so that one of them at a time renews a login. */
  readonly lockFolder: string;
  log(line: string): void;
}

/** What a person begins a login with. */
export interface LoginRequest {
  readonly server: Pick<RemoteServer, 'name' | 'url' | 'transport' | 'oauthScopes'>;
  /** Empty for what the profile, or else the server, proposes. */
  readonly scopes: readonly string[];
  /** Undefined for the one that was given the last time, if any. */
  readonly client: LoginClientChoice | undefined;
}

/** The logins of this user at remote servers: one for each server, whichever threads and profiles use it. */
export class Logins {
  private readonly host: LoginsHost;
  private readonly tokens = new Map<string, ServerTokens>();
  /** What each server said when it refused a request the last time. */
  private readonly refused = new Map<string, Challenge>();
  private readonly open = new OpenLogins();
  private readonly listeners = new Set<(server: string) => void>();

  constructor(host: LoginsHost) {
    this.host = host;
  }

  /** What logs the requests of one server's channel in. */
  authorizerFor({ name, url }: LoginRequest['server'], profile: string): Authorizer {
    const address = new URL(url);
    const server = canonical(address);
    return new ServerAuthorizer({ url: address, name, profile }, this.tokensOf(server), (challenge) => this.refused.set(server, challenge));
  }

  /** Hears the address of each server at which somebody logged in. Returns a function that stops listening. */
  follow(listener: (server: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Opens a login: a person visits the address, and `wait` tells the outcome. */
  async begin(request: LoginRequest): Promise<Result<{ readonly login: string; readonly address: string }>> {
    const { server, scopes } = request;
    const url = new URL(server.url);
    const address = canonical(url);
    const held = await this.tokensOf(address).login();
    if (!held.ok) {
      // Without a place to keep it a person would log in for nothing.
      return held;
    }
    const client = request.client === undefined ? await rememberedClient(this.host.store, address) : ok(request.client);
    if (!client.ok) {
      return client;
    }
    const { openLogin } = await import('./loginFlow.ts');
    const opened = await openLogin({
      server: url,
      name: server.name,
      transport: server.transport,
      scopes: uniqueScopes(scopes.length > 0 ? scopes : (server.oauthScopes ?? [])),
      refused: this.refused.get(address) ?? noChallenge,
      held: held.value?.scopes ?? [],
      client: client.value,
    });
    if (!opened.ok) {
      return opened;
    }
    const outcome = opened.value.outcome
      .then((login) => this.finish(login, request))
      .catch((error: unknown) => {
        this.host.log(describeError(error));
        return fail(problems.internal(`the login at ${server.name}`));
      });
    return ok({ login: this.open.add({ outcome, cancel: opened.value.cancel }), address: opened.value.address });
  }

  wait(login: string): Promise<Result<LoginSummary>> {
    return this.open.wait(login);
  }

  cancel(login: string): void {
    this.open.cancel(login);
  }

  async list(): Promise<Result<readonly LoginSummary[]>> {
    const found = await allLogins(this.host.store);
    return found.ok ? ok(found.value.map(summaryOf).toSorted((a, b) => (a.server < b.server ? -1 : 1))) : found;
  }

  /** Ends a login at its authorization server and forgets it. False where that server knows no revocation. */
  async revoke(address: string): Promise<Result<boolean>> {
    const server = URL.canParse(address) ? canonical(new URL(address)) : address;
    const login = await this.tokensOf(server).forget();
    if (!login.ok) {
      return login;
    }
    if (login.value === null) {
      return fail(problems.loginUnknown(server));
    }
    this.host.log(`The login at ${server} is forgotten.`);
    const reason = await this.endAtServer(login.value);
    return reason === undefined
      ? ok(login.value.revocationEndpoint !== null)
      : fail(problems.loginNotRevoked(server, login.value.issuer, reason));
  }

  /** Gives up every login that waits for its person. */
  close(): void {
    this.open.close();
  }

  private tokensOf(server: string): ServerTokens {
    let tokens = this.tokens.get(server);
    if (tokens === undefined) {
      const { store } = this.host;
      tokens = new ServerTokens(server, {
        store,
        alone: (name, action) => this.alone(name, action),
        log: (line) => this.host.log(line),
      });
      this.tokens.set(server, tokens);
    }
    return tokens;
  }

  private async finish(login: Result<Login>, { server, client }: LoginRequest): Promise<Result<LoginSummary>> {
    if (!login.ok) {
      return login;
    }
    const { value } = login;
    const tokens = this.tokensOf(value.server);
    const before = await tokens.login();
    const kept = await tokens.put(value);
    if (!kept.ok) {
      return kept;
    }
    if (client !== undefined) {
      await rememberClient(this.host.store, value.server, client);
    }
    this.refused.delete(value.server);
    // With the same client some servers would end the new login together with the old one.
    if (before.ok && before.value !== null && before.value.client.id !== value.client.id) {
      void this.endAtServer(before.value);
    }
    this.host.log(`Somebody logged in at "${server.name}" (${value.server}) through ${value.issuer}.`);
    this.listeners.forEach((listener) => listener(value.server));
    return ok(summaryOf(value));
  }

  /** Undefined when it is done, or cannot be done anywhere; else why it failed. */
  private async endAtServer(login: Login): Promise<string | undefined> {
    if (login.revocationEndpoint === null) {
      return undefined;
    }
    const [{ revokeLogin }, { reasonOf }] = await Promise.all([import('./tokenRequests.ts'), import('./loginProblem.ts')]);
    try {
      await revokeLogin(login);
      return undefined;
    } catch (error) {
      return reasonOf(error, secretsOf(login));
    }
  }

  private async alone<T>(server: string, action: () => Promise<T>): Promise<T> {
    const name = createHash('sha256').update(server).digest('hex').slice(0, 16);
    const lock = join(this.host.lockFolder, `login-${name}.lock`);
    // Two at once would be worse than none: servers take a refresh token that comes twice for a stolen one.
    const isLocked =
      ensurePrivateFolder(this.host.lockFolder).ok &&
      (await takeLock(lock).then(
        () => true,
        () => false,
      ));
    try {
      return await action();
    } finally {
      if (isLocked) {
        await discard(lock);
      }
    }
  }
}
