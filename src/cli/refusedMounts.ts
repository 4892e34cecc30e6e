import { homedir } from 'node:os';

import { placed } from '../core/container/places.ts';
import type { Profile } from '../core/profile/profile.ts';
import { findEndpoint, localSocket } from '../docker/endpoint.ts';
import { closedPlaces, type Locations } from '../node/locations.ts';
import { checkMounts } from '../node/mountSources.ts';
import { visibleText } from '../shared/visibleText.ts';

/**
 * Mounts of a profile that its servers would be refused, a line for each, so that nobody takes them for granted. Those of a
 * project are judged when a server starts for one.
 */
export async function refusedMounts(locations: Locations, { servers }: Pick<Profile, 'servers'>): Promise<readonly string[]> {
  // A folder that stands in the container where it stands outside: what counts as a project is known when a server starts.
  const places = { home: homedir(), workspace: '${workspace}' };
  const images = servers.filter((server) => server.kind === 'image').map((server) => placed(server, places));
  const mounts = images.flatMap(({ name, isolation }) => isolation.mounts.map((mount) => ({ server: name, mount })));
  const judged = mounts.filter(({ mount }) => !mount.source.startsWith('${workspace}'));
  if (judged.length === 0) {
    return [];
  }
  const socket = localSocket(findEndpoint({ ...process.env, ...locations.environment }, homedir()));
  const closed = closedPlaces(locations, socket);
  const lines = await Promise.all(
    judged.map(async ({ server, mount }) => {
      const context = { server, workspace: null, home: homedir(), isEngineLocal: socket !== null, closed };
      // To read is enough to judge where it comes from: what only a mount to change needs is made ready when it starts.
      const checked = await checkMounts([{ ...mount, readOnly: true }], context);
      return checked.ok ? [] : [`refused: ${visibleText(checked.problem.message)}`];
    }),
  );
  return [...new Set(lines.flat())];
}
