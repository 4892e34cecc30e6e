import * as problems from '../../core/problems.ts';
import type { Problem } from '../../shared/problem.ts';
import type { AuthorizationHeaders, Authorizer, Refusal } from './authorizer.ts';
import { readChallenge, type Challenge } from './challenge.ts';
import { isWithin } from './serverAddress.ts';
import type { ServerTokens } from './serverTokens.ts';

const mostRetries = 2;

/** The server that requests go to, as one profile has it. */
export interface AuthorizedServer {
  readonly url: URL;
  readonly name: string;
  readonly profile: string;
}

/** Puts a server's token into the requests to that server, and into no others. */
export class ServerAuthorizer implements Authorizer {
  private readonly server: AuthorizedServer;
  private readonly tokens: ServerTokens;
  private readonly onRefused: (challenge: Challenge) => void;
  private endpoint: string | undefined;

  /** `onRefused` hears what the server wants, for the next login. */
  constructor(server: AuthorizedServer, tokens: ServerTokens, onRefused: (challenge: Challenge) => void) {
    this.server = server;
    this.tokens = tokens;
    this.onRefused = onRefused;
  }

  get secrets(): readonly string[] {
    return this.tokens.secrets;
  }

  headersFor(url: URL): AuthorizationHeaders | Promise<AuthorizationHeaders> {
    if (!this.isServer(url)) {
      return {};
    }
    const token = this.tokens.atHand;
    return token === undefined ? this.tokens.token().then(headersOf) : headersOf(token);
  }

  admit(endpoint: URL): void {
    this.endpoint = endpoint.pathname;
  }

  async onUnauthorized({ status, challenge, sent, retries }: Refusal): Promise<'retry' | Problem> {
    const { name, profile } = this.server;
    const said = readChallenge(challenge);
    const token = sent.authorization?.replace(/^Bearer /, '') ?? null;
    if (status === 403) {
      if (token !== null && retries < mostRetries && this.tokens.atHand !== token && this.tokens.atHand !== null) {
        return 'retry';
      }
      this.onRefused(said);
      return problems.loginScopes(name, said.scopes, profile);
    }
    this.onRefused(said);
    if (retries >= mostRetries) {
      return problems.loginNeeded(name, profile, 'it does not take the login that there is');
    }
    const renewal = await this.tokens.renew(token);
    switch (renewal.kind) {
      case 'renewed':
        return 'retry';
      case 'loginNeeded':
        return problems.loginNeeded(name, profile, renewal.reason);
      case 'notNow':
        return problems.loginNotRefreshed(name, renewal.reason);
      case 'closed':
        return renewal.problem;
    }
  }

  private isServer(url: URL): boolean {
    const { origin, pathname } = this.server.url;
    return url.origin === origin && (isWithin(pathname, url.pathname) || url.pathname === this.endpoint);
  }
}

function headersOf(token: string | null): AuthorizationHeaders {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
