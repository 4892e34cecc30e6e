import { existsSync } from 'node:fs';

import { literalSecrets } from '../core/profile/literalSecrets.ts';
import * as problems from '../core/problems.ts';
import type { Locations } from '../node/locations.ts';
import { nodeScanner } from '../node/scanning.ts';
import { vaultPath } from '../node/vault/vaultStore.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { askOnce } from './context.ts';
import { note } from './output.ts';

/**
 * Why a profile is not given to others: it holds what looks like a secret, or a value of the user's own vault, as far as that opens
 * without asking anybody. Where it does not, that is said.
 */
export async function secretToShare(locations: Locations, text: string, file: string): Promise<Problem | undefined> {
  const [secret] = literalSecrets(text, file, nodeScanner());
  return secret ?? vaultValueIn(locations, text, file);
}

/** A value of the user's own vault in a text that others get, as far as the vault opens without asking anybody. */
export async function vaultValueIn(locations: Locations, text: string, file: string): Promise<Problem | undefined> {
  if (!existsSync(vaultPath(locations.dataFolder))) {
    return undefined;
  }
  const answer = await askOnce(locations, 'support/spot', { text });
  if (!answer.ok) {
    note(`wharf: The values of your vault were not looked for in it: ${describeProblem(answer.problem)}`);
    return undefined;
  }
  const { found, looksIntoVault } = answer.value;
  if (!looksIntoVault) {
    note('wharf: Your vault is locked or damaged, so its values were not looked for in it; "wharf secret status" says more.');
  }
  if (found === null) {
    return undefined;
  }
  const before = Buffer.from(text).subarray(0, found.start).toString();
  const place = { file, line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
  return problems.literalSecret(place, `the value of ${found.name} in your vault`);
}
