import { revokeAllowance } from '../../node/allowances.ts';
import type { Locations } from '../../node/locations.ts';
import { findProfile } from '../../node/profileFiles.ts';
import { saySurvivors } from './survivors.ts';
import { complain, exitCodes, print } from '../output.ts';
import { selectionOf } from '../profileSelection.ts';

/** `wharf profile revoke`: what came with a project or from a registry offers nothing until it is allowed again. */
export async function revokeProfile(locations: Locations, given: string, dryRun: boolean): Promise<number> {
  const found = await findProfile(locations, selectionOf(given), process.cwd());
  if (!found.ok) {
    return complain(found.problem);
  }
  const { path, id, scope, isPulled } = found.value;
  if (scope === 'user' && !isPulled) {
    print(`The profile ${path} is your own, and is not revoked: "wharf profile remove ${id}" removes it.`);
    return exitCodes.problems;
  }
  if (dryRun) {
    print(found.value.allowed ? `${path} would not be allowed any more.` : `${path} is not allowed as it is now.`);
    return exitCodes.ok;
  }
  const revoked = await revokeAllowance(locations, path);
  if (!revoked.ok) {
    return complain(revoked.problem);
  }
  await saySurvivors(locations);
  print(revoked.value ? `Revoked ${path}: it offers no tools until you allow it again.` : `Nothing of ${path} was allowed.`);
  return exitCodes.ok;
}
