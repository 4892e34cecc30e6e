import { join } from 'node:path';

import type { Locations } from './locations.ts';

/** Where a project keeps its profiles, below its root. */
export const projectProfilesFolder = join('.codex', 'profiles');

/** Where the user's own profiles are. */
export function userProfilesFolder(locations: Locations): string {
  return join(locations.configFolder, 'profiles');
}
