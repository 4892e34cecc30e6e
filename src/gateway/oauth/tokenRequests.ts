import * as oauth from 'oauth4webapi';

import { readScopes } from './challenge.ts';
import { through } from './libraryOptions.ts';
import type { Login, LoginClient } from './login.ts';
import type { Zone } from '../../core/network/zone.ts';

/** Seconds: ten years, beyond which no calendar need go. */
const longestLife = 315_360_000;

/** What an authorization code is exchanged with. */
export interface CodeExchange {
  readonly authorizationServer: oauth.AuthorizationServer;
  readonly zone: Zone;
  readonly client: LoginClient;
  /** As `validateAuthResponse` gave it. */
  readonly answer: URLSearchParams;
  readonly redirect: string;
  readonly verifier: string;
  readonly server: string;
  readonly resource: string;
  /** What was asked for: what is granted where the answer does not say otherwise. */
  readonly scopes: readonly string[];
}

/** Trades the code for tokens. Throws what `reasonOf` understands. */
export async function exchangeCode(exchange: CodeExchange): Promise<Login> {
  const { authorizationServer: as, client, zone, answer, redirect, verifier, resource } = exchange;
  const askedAt = Date.now();
  const library = { client_id: client.id };
  const response = await oauth.authorizationCodeGrantRequest(as, library, authenticate(client), answer, redirect, verifier, {
    ...through(zone),
    additionalParameters: { resource },
  });
  const tokens = await oauth.processAuthorizationCodeResponse(as, library, response);
  return {
    server: exchange.server,
    resource,
    issuer: as.issuer,
    tokenEndpoint: as.token_endpoint ?? '',
    revocationEndpoint: typeof as.revocation_endpoint === 'string' ? as.revocation_endpoint : null,
    zone,
    client,
    ...readTokens(tokens, askedAt, { scopes: exchange.scopes, refreshToken: null }),
  };
}

/** New tokens for a login; the refresh token stays where the answer has no other one. Throws what `reasonOf` understands. */
export async function refreshLogin(login: Login): Promise<Login> {
  const as = serverOfLogin(login);
  const client = { client_id: login.client.id };
  const askedAt = Date.now();
  const response = await oauth.refreshTokenGrantRequest(as, client, authenticate(login.client), login.refreshToken ?? '', {
    ...through(login.zone),
    additionalParameters: { resource: login.resource },
  });
  const tokens = await oauth.processRefreshTokenResponse(as, client, response);
  return { ...login, ...readTokens(tokens, askedAt, login) };
}

/** Ends the tokens of a login at their authorization server (RFC 7009). Throws what `reasonOf` understands. */
export async function revokeLogin(login: Login): Promise<void> {
  const as = serverOfLogin(login);
  // The refresh token first: servers end what came from it too.
  const tokens = [
    [login.refreshToken, 'refresh_token'],
    [login.accessToken, 'access_token'],
  ] as const;
  for (const [token, hint] of tokens) {
    if (token !== null) {
      const response = await oauth.revocationRequest(as, { client_id: login.client.id }, authenticate(login.client), token, {
        ...through(login.zone),
        additionalParameters: { token_type_hint: hint },
      });
      await oauth.processRevocationResponse(response);
    }
  }
}

function serverOfLogin({ issuer, tokenEndpoint, revocationEndpoint }: Login): oauth.AuthorizationServer {
  return { issuer, token_endpoint: tokenEndpoint, ...(revocationEndpoint === null ? {} : { revocation_endpoint: revocationEndpoint }) };
}

function authenticate({ id, authentication, secret }: LoginClient): oauth.ClientAuth {
  switch (authentication) {
    case 'none':
      return oauth.None();
    case 'client_secret_basic':
      return (_as, _client, _body, headers) => headers.set('authorization', basic(id, secret ?? ''));
    case 'client_secret_post':
      return oauth.ClientSecretPost(secret ?? '');
  }
}

/** RFC 6749 §2.3.1. The library's own also encodes what need not be, which servers that decode nothing do not understand. */
function basic(id: string, secret: string): string {
  const [user, password] = [id, secret].map((text) => new URLSearchParams({ '': text }).toString().slice(1));
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

type Tokens = Pick<Login, 'accessToken' | 'refreshToken' | 'scopes' | 'obtainedAt' | 'expiresAt'>;

function readTokens(
  { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn, scope, token_type: type }: oauth.TokenEndpointResponse,
  askedAt: number,
  before: Pick<Login, 'scopes' | 'refreshToken'>,
): Tokens {
  if (type !== 'bearer' || !/^[\x21-\x7e]+$/.test(accessToken)) {
    throw new oauth.UnsupportedOperationError('its tokens are none that can be sent in a header');
  }
  return {
    accessToken,
    refreshToken: refreshToken ?? before.refreshToken,
    scopes: scope === undefined ? before.scopes : readScopes(scope),
    obtainedAt: askedAt,
    expiresAt: expiresIn === undefined ? null : askedAt + Math.min(expiresIn, longestLife) * 1000,
  };
}
