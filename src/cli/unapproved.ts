import type { Profile } from '../core/profile/profile.ts';
import { unapprovedServers } from '../node/catalogs/approved.ts';
import type { Locations } from '../node/locations.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { ok, type Result } from '../shared/result.ts';
import { visibleText } from '../shared/visibleText.ts';

/** Servers of a profile's text that a policy file of this computer does not let run, each with its reason. */
export async function unapproved(
  locations: Locations,
  text: string,
  { servers }: Pick<Profile, 'servers'>,
): Promise<Result<ReadonlyMap<string, Problem>>> {
  const found = await unapprovedServers(locations, text);
  return found.ok
    ? ok(
        new Map(
          servers.flatMap(({ name }, index) => {
            const problem = found.value[index];
            return problem === undefined ? [] : [[name, problem] as const];
          }),
        ),
      )
    : found;
}

/** The same in words, a line for each; where the policy is not understood, that is the line, since nothing starts then. */
export async function unapprovedLines(locations: Locations, text: string, profile: Pick<Profile, 'servers'>): Promise<readonly string[]> {
  const found = await unapproved(locations, text, profile);
  const refusals = found.ok
    ? [...found.value].map(([name, { message }]) => `${name} is not started: ${message}`)
    : [describeProblem(found.problem)];
  return refusals.map((line) => visibleText(`refused: ${line}`));
}
