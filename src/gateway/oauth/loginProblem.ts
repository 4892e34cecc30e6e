import * as oauth from 'oauth4webapi';

import { hideValues } from '../upstreams/remoteReplies.ts';
import { FetchRefused } from './guardedFetch.ts';

/** What went wrong with an authorization server, in words without anything of `secrets`: it may say back what it got. Bugs are thrown on. */
export function reasonOf(error: unknown, secrets: readonly string[] = []): string {
  return hideValues(wordsOf(error), secrets);
}

function wordsOf(error: unknown): string {
  if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError) {
    const { error: code, error_description: description } = error;
    return description === undefined ? `it says "${code}"` : `it says "${code}": ${description}`;
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return `it answers HTTP ${error.status} and does not take this client`;
  }
  // Their own texts name what is wrong and no value.
  if (
    error instanceof FetchRefused ||
    error instanceof oauth.OperationProcessingError ||
    error instanceof oauth.UnsupportedOperationError
  ) {
    return error.message;
  }
  // The library's word for a response or an address of a wrong form.
  if (error instanceof TypeError && 'code' in error) {
    return error.message;
  }
  throw error;
}

/** Whether the authorization server said that this refresh token or client is none any more (RFC 6749 §5.2). */
export function isGone(error: unknown): boolean {
  return error instanceof oauth.ResponseBodyError
    ? ['invalid_grant', 'invalid_client', 'unauthorized_client'].includes(error.error)
    : error instanceof oauth.WWWAuthenticateChallengeError;
}
