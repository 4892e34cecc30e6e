import { isSecretName } from '../../core/secrets/reference.ts';

/** Names of what Wharf keeps for itself: no list shows them, and no reference of a profile leads to them. */
export const tokenRealm = 'oauth/';

export function isHiddenName(name: string): boolean {
  return name.startsWith(tokenRealm);
}

/** Whether a user's secret can have this name. */
export function isUserSecretName(name: string): boolean {
  return isSecretName(name) && !isHiddenName(name);
}
