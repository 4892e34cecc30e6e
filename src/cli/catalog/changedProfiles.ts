import * as problems from '../../core/problems.ts';
import { dependentsOf } from '../../node/catalogs/dependents.ts';
import type { Locations } from '../../node/locations.ts';
import { describeProblem } from '../../shared/problem.ts';
import { note } from '../output.ts';
import { brief } from './printed.ts';

type State = 'served' | 'changed' | 'unusable';

const mostLines = 20;

/** Does what changes a catalogue, then says which profiles of the user and of this project it left without their allowance, or broken. */
export async function sayingChanges<T>(locations: Locations, ref: string, change: () => Promise<T>): Promise<T> {
  const before = new Map((await dependentsOf(locations, ref, process.cwd())).map(({ file }) => [file.path, stateOf(file)]));
  const done = await change();
  const after = await dependentsOf(locations, ref, process.cwd());
  const changed = after.filter(({ file }) => before.get(file.path) === 'served' && stateOf(file) !== 'served');
  changed.slice(0, mostLines).forEach(({ file }) => note(`wharf: ${wordsOf(file)}`));
  if (changed.length > mostLines) {
    note(`wharf: ${changed.length - mostLines} more profiles are not served any more; "wharf profile list" shows them.`);
  }
  return done;
}

type File = Awaited<ReturnType<typeof dependentsOf>>[number]['file'];

function stateOf({ profile, allowed, changedImages }: File): State {
  return !profile.ok ? 'unusable' : allowed && changedImages.length === 0 ? 'served' : 'changed';
}

function wordsOf({ id, path, scope, profile, allowed, isPulled, changedImages }: File): string {
  if (!profile.ok) {
    return `The profile "${id}" cannot be used any more. ${describeProblem(profile.problem)}`;
  }
  return allowed
    ? `Another image of ${brief(changedImages.join(', '), 200)} gets nothing of what the profile "${id}" (${path}) granted, until "wharf profile allow ${id}".`
    : describeProblem(problems.profileNotAllowed(path, id, isPulled, scope === 'user'));
}
