import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { KnownToken } from '../../node/httpTokens.ts';

/** Whoever shows a token, and what that lets them use. */
export interface Bearer {
  /** Differs as soon as the token, or what it grants, does. */
  readonly id: string;
  /** `main` is that of the gateway's own token, which may use everything. */
  readonly name: string;
  /** Handles; null means all. */
  readonly profiles: ReadonlySet<string> | null;
  readonly tools: readonly string[] | null;
  /** Milliseconds since 1970; null means never. */
  readonly expiresAt: number | null;
}

export type Verdict =
  | { readonly kind: 'good'; readonly bearer: Bearer }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown' }
  /** For the log alone: the answer is that of an unknown one. */
  | { readonly kind: 'expired'; readonly name: string };

interface Known {
  readonly hash: Buffer;
  readonly bearer: Bearer;
}

/** The tokens that are good at the moment. */
export class Bearers {
  private readonly main: readonly Known[];
  private known: readonly Known[];
  private byId: ReadonlyMap<string, Bearer> = new Map();

  /** `main` is the token that may use everything; undefined where there is none. */
  constructor(main: string | undefined) {
    const bearer = { id: 'main', name: 'main', profiles: null, tools: null, expiresAt: null };
    this.main = main === undefined ? [] : [{ hash: hashOf(main), bearer }];
    this.known = [];
    this.use([]);
  }

  /** Takes the place of all that were there, but for the main one. */
  use(tokens: readonly KnownToken[]): void {
    this.known = [...this.main, ...tokens.map(knownOf)];
    this.byId = new Map(this.known.map(({ bearer }) => [bearer.id, bearer]));
  }

  /** Takes as long for a token that is nearly right as for one that is not, and tells by its time none of several from another. */
  judge({ headers }: IncomingMessage): Verdict {
    const given = headers.authorization;
    if (given === undefined || !/^bearer /i.test(given)) {
      return { kind: 'missing' };
    }
    const hashed = hashOf(given.slice(7).trim());
    let found: Bearer | undefined;
    for (const one of this.known) {
      found = timingSafeEqual(one.hash, hashed) ? one.bearer : found;
    }
    if (found === undefined) {
      return { kind: 'unknown' };
    }
    return isExpired(found) ? { kind: 'expired', name: found.name } : { kind: 'good', bearer: found };
  }

  /** Whether there is a bearer of this id. */
  has(id: string): boolean {
    return this.byId.has(id);
  }

  /** Why a bearer who was let in may not go on; undefined where they may. */
  objection(bearer: Bearer): string | undefined {
    // When it ends may have been changed since.
    const current = this.byId.get(bearer.id);
    if (current === undefined) {
      return 'The token of this session was revoked or changed.';
    }
    return isExpired(current) ? 'The token of this session has expired.' : undefined;
  }
}

/** Whether a bearer may use what is served under a handle. */
export function mayUse({ profiles }: Bearer, handle: string): boolean {
  return profiles === null || profiles.has(handle);
}

function isExpired({ expiresAt }: Bearer): boolean {
  return expiresAt !== null && Date.now() >= expiresAt;
}

function knownOf({ name, sha256, profiles, tools, expiresAt }: KnownToken): Known {
  const id = hash('sha256', JSON.stringify([name, sha256, profiles, tools]), 'base64url');
  return { hash: Buffer.from(sha256, 'hex'), bearer: { id, name, profiles: new Set(profiles), tools, expiresAt } };
}

function hashOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
