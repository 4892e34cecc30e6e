import type { Problem } from '../../shared/problem.ts';

export type AuthorizationHeaders = { readonly authorization?: string };

/** A request that a server refused for what it carried, or did not carry. */
export interface Refusal {
  /** 401, or 403 that asks for more scopes. */
  readonly status: number;
  /** `WWW-Authenticate`. */
  readonly challenge: string | undefined;
  /** What the request carried. */
  readonly sent: AuthorizationHeaders;
  /** How often this very request was sent again already. */
  readonly retries: number;
}

/** Logs requests to one remote server in. */
export interface Authorizer {
  /** What goes with a request to this address: nothing where there is no login, or for an address that is not the server's. Never rejects. */
  headersFor(url: URL): AuthorizationHeaders | Promise<AuthorizationHeaders>;
  /** Whether the request may be sent again, with what `headersFor` gives then, or why it cannot. Never rejects. */
  onUnauthorized(refusal: Refusal): Promise<'retry' | Problem>;
  /** The server takes its messages at this address of its origin, as it said over a stream that it was logged in to (HTTP with SSE). */
  admit(endpoint: URL): void;
  /** Texts that nobody may be shown. */
  readonly secrets: readonly string[];
}

/** Whether an answer is a word about authorisation. */
export function isRefusal(status: number, challenge: string | undefined): boolean {
  return status === 401 || (status === 403 && /\binsufficient_scope\b/.test(challenge ?? ''));
}
