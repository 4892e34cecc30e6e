import * as oauth from 'oauth4webapi';

import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { uniqueScopes, type Challenge } from './challenge.ts';
import { FetchRefused, guardedFetch } from './guardedFetch.ts';
import { peekObject, textsOf } from './jsonBody.ts';
import { reasonOf } from './loginProblem.ts';
import { canonical, isWithin } from './serverAddress.ts';
import type { Zone } from '../../core/network/zone.ts';

/** What a remote server says about logging in (RFC 9728). */
export interface ProtectedResource {
  /** What tokens are for: the server's address, or the part of it that the server names. */
  readonly resource: string;
  /** In the server's order; never empty. */
  readonly issuers: readonly string[];
  readonly scopes: readonly string[];
  /** The server says nothing: it may want no login at all. */
  readonly isGuessed: boolean;
}

const mostIssuers = 4;

/** Where the server and its name stand for messages. */
export interface Asked {
  readonly server: URL;
  readonly name: string;
  readonly zone: Zone;
}

/**
 * Reads where a server says it, else at the two well-known places (MCP 2025-11-25, "Protected Resource Metadata Discovery
 * Requirements"). A server that describes itself nowhere is its own authorization server, as in revision 2025-03-26.
 */
export async function discoverResource(asked: Asked, challenge: Challenge): Promise<Result<ProtectedResource>> {
  const { server, name, zone } = asked;
  const named = challenge.resourceMetadata;
  const places = named === undefined ? wellKnown(server, 'oauth-protected-resource') : [named];
  for (const place of places) {
    try {
      const response = await guardedFetch(zone, place, { headers: { accept: 'application/json' } });
      if (response.status !== 200) {
        continue;
      }
      const found = await peekObject(response);
      const resource = typeof found['resource'] === 'string' ? found['resource'] : '';
      if (named === undefined && resource === '') {
        // Some servers answer everything with their front page.
        continue;
      }
      if (!covers(resource, server)) {
        return fail(problems.loginFailed(name, `its metadata is about "${resource}" and not about this server`));
      }
      const metadata = await oauth.processResourceDiscoveryResponse(new URL(resource), response);
      const usable = textsOf(metadata.authorization_servers)
        .filter((issuer) => URL.canParse(issuer))
        .slice(0, mostIssuers);
      if (usable.length === 0) {
        return fail(problems.loginFailed(name, 'its metadata names no authorization server'));
      }
      return ok({ resource, issuers: usable, scopes: uniqueScopes(textsOf(metadata.scopes_supported)), isGuessed: false });
    } catch (error) {
      // At a place that the server did not name itself there may be anything.
      if (named !== undefined) {
        return fail(problems.loginFailed(name, reasonOf(error)));
      }
      reasonOf(error);
    }
  }
  return named === undefined
    ? ok({ resource: canonical(server), issuers: [server.origin], scopes: [], isGuessed: true })
    : fail(problems.loginFailed(name, 'its metadata is not where it says'));
}

/** What an authorization server says of itself (RFC 8414, OpenID Connect Discovery), at each place where it may say it. */
export async function discoverIssuer(asked: Asked, issuer: string, isGuessed: boolean): Promise<Result<oauth.AuthorizationServer>> {
  const url = new URL(issuer);
  const places = [...wellKnown(url, 'oauth-authorization-server').slice(0, 1), ...wellKnown(url, 'openid-configuration').slice(0, 1)];
  if (url.pathname !== '/') {
    places.push(`${url.origin}${url.pathname.replace(/\/$/, '')}/.well-known/openid-configuration`);
  }
  let reason = 'it describes itself nowhere';
  for (const place of places) {
    try {
      const response = await guardedFetch(asked.zone, place, { headers: { accept: 'application/json' } });
      if (response.status === 200) {
        const found = await oauth.processDiscoveryResponse(isGuessed ? await ownIssuer(url, response) : url, response);
        const lack = whatLacks(found);
        return lack === undefined ? ok(found) : fail(problems.loginFailed(asked.name, `the authorization server ${url.host} ${lack}`));
      }
    } catch (error) {
      reason = reasonOf(error);
      if (error instanceof FetchRefused) {
        break;
      }
    }
  }
  return fail(problems.loginFailed(asked.name, `the authorization server ${url.host} cannot be used: ${reason}`));
}

/** Nobody named an issuer, so that the server names its own: any at its own origin. */
async function ownIssuer(origin: URL, response: Response): Promise<URL> {
  const { issuer } = await peekObject(response);
  const named = typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer) : origin;
  return named.origin === origin.origin ? named : origin;
}

/** Whether a resource identifier stands for a server's address: itself, or a path above it at the same origin. */
export function covers(resource: string, server: URL): boolean {
  const url = URL.canParse(resource) ? new URL(resource) : undefined;
  if (url === undefined || url.origin !== server.origin || url.hash !== '' || url.username !== '' || url.password !== '') {
    return false;
  }
  return isWithin(url.pathname, server.pathname) && (url.search === '' || url.search === server.search);
}

/** With the path behind the well-known part, and without it. */
function wellKnown(url: URL, name: string): readonly string[] {
  const path = url.pathname.replace(/\/$/, '');
  const root = `${url.origin}/.well-known/${name}`;
  return path === '' ? [root] : [`${root}${path}`, root];
}

function whatLacks(server: oauth.AuthorizationServer): string | undefined {
  const { authorization_endpoint: authorization, token_endpoint: token, code_challenge_methods_supported: methods } = server;
  if (typeof authorization !== 'string' || typeof token !== 'string') {
    return 'names no place to log in';
  }
  // MCP 2025-11-25, "Authorization Code Protection": without it a client must refuse.
  return textsOf(methods).includes('S256') ? undefined : 'does not protect its codes (PKCE with S256)';
}
