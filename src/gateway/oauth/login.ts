import type { LoginSummary } from '../../shared/controlProtocol.ts';
import type { Zone } from '../../core/network/zone.ts';

/** How this client shows who it is at an authorization server. */
export type ClientAuthentication = 'none' | 'client_secret_basic' | 'client_secret_post';

export interface LoginClient {
  readonly id: string;
  readonly secret: string | null;
  readonly authentication: ClientAuthentication;
}

/** A login at a remote server, as the token store keeps it. */
export interface Login {
  /** The server's address as `canonical` gives it. */
  readonly server: string;
  /** What its tokens are for (RFC 8707). */
  readonly resource: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string | null;
  /** Of the server, when it was asked: its authorization server is never looked for nearer than that. */
  readonly zone: Zone;
  readonly client: LoginClient;
  readonly scopes: readonly string[];
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** Milliseconds since 1970. */
  readonly obtainedAt: number;
  /** The same; null where the authorization server says nothing. */
  readonly expiresAt: number | null;
}

const prefix = 'oauth/login';

/** Under which a login is kept: one for each server, authorization server and client. */
export function keyOf({ server, issuer, client }: Pick<Login, 'server' | 'issuer' | 'client'>): string {
  return [prefix, server, issuer, client.id].map(encodeURIComponent).join('|');
}

/** The server of a key; undefined for a key of something else. */
export function serverOf(key: string): string | undefined {
  const [kind, server, ...rest] = key.split('|');
  return kind === encodeURIComponent(prefix) && server !== undefined && rest.length === 2 ? decodeURIComponent(server) : undefined;
}

export function writeLogin(login: Login): string {
  return JSON.stringify({ v: 1, ...login });
}

/** Undefined for what this version does not understand. */
export function readLogin(text: string): Login | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const login = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<keyof Login | 'v', unknown>>;
  const { server, resource, issuer, tokenEndpoint, accessToken } = login;
  const isSound =
    login.v === 1 &&
    [server, resource, issuer, tokenEndpoint, accessToken].every((text) => typeof text === 'string') &&
    [login.revocationEndpoint, login.refreshToken].every((text) => text === null || typeof text === 'string') &&
    ['public', 'private', 'loopback'].includes(String(login.zone)) &&
    isClient(login.client) &&
    Array.isArray(login.scopes) &&
    typeof login.obtainedAt === 'number' &&
    (login.expiresAt === null || typeof login.expiresAt === 'number');
  return isSound ? (login as unknown as Login) : undefined;
}

function isClient(value: unknown): boolean {
  const { id, secret, authentication } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const isSecret = secret === null || typeof secret === 'string';
  return typeof id === 'string' && isSecret && ['none', 'client_secret_basic', 'client_secret_post'].includes(String(authentication));
}

export function summaryOf({ server, issuer, scopes, expiresAt, refreshToken }: Login): LoginSummary {
  return {
    server,
    issuer,
    scopes,
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    canRefresh: refreshToken !== null,
  };
}

/** Every text of a login that must never be shown. */
export function secretsOf({ accessToken, refreshToken, client }: Login): readonly string[] {
  return [accessToken, refreshToken, client.secret].filter((text): text is string => text !== null && text !== '');
}
