import { join } from 'node:path';

import type { Locations } from './locations.ts';

/** Where a project keeps its profiles, below its root. */
export const projectProfilesFolder = join('.codex', 'profiles');

/** Where the user's own profiles are. */
export function userProfilesFolder(locations: Locations): string {
  return join(locations.configFolder, 'profiles');
}

/**
 * Where profiles from registries are. They are somebody else's, and the folder alone says so: no list that can be lost or reset
 * makes one the user's own.
 */
export function pulledProfilesFolder(locations: Locations): string {
  return join(userProfilesFolder(locations), 'pulled');
}
