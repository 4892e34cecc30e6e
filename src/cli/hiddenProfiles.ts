import type { Locations } from '../node/locations.ts';
import { listProfilesFrom, type ProfileFile } from '../node/profileFiles.ts';

/** The project's profiles of the same id that a user's own profile hides from `cwd`. */
export async function hiddenBy(locations: Locations, profile: ProfileFile, cwd: string): Promise<readonly ProfileFile[]> {
  if (profile.scope !== 'user') {
    return [];
  }
  const files = await listProfilesFrom(locations, cwd);
  return files.filter((file) => file.scope === 'project' && file.id === profile.id);
}
