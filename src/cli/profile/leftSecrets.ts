import { anyCatalogue } from '../../core/profile/anyCatalogue.ts';
import { namedSecrets } from '../../core/profile/namedSecrets.ts';
import { readProfile } from '../../core/profile/read.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import type { Locations } from '../../node/locations.ts';
import { allowedProfiles, listProfilesFrom, type ProfileFile } from '../../node/profileFiles.ts';
import { note } from '../output.ts';
import type { VaultNames } from './vaultNames.ts';

/**
 * Says which values stay in the vault though this profile does not name them any more, and no other of this user does. `after` is its
 * text now, null where it is gone. One that nobody allowed does not get to say what may be removed.
 */
export async function sayLeftSecrets(locations: Locations, file: ProfileFile, after: string | null, vault: VaultNames): Promise<void> {
  const { path, text: before, allowed } = file;
  if (!allowed) {
    return;
  }
  const still = after === null ? new Set<string>() : namesIn(locations, after, path);
  const gone = [...namesIn(locations, before, path)].filter((name) => !still.has(name));
  const known = gone.length === 0 ? undefined : await vault();
  const there = known?.ok === true ? gone.filter((name) => known.value.includes(name)) : [];
  if (there.length === 0) {
    return;
  }
  const others = [...(await listProfilesFrom(locations, process.cwd())), ...(await allowedProfiles(locations))]
    .filter((other) => other.path !== path)
    .map((other) => ({ text: other.text, names: namesIn(locations, other.text, other.path) }));
  // One that cannot be read names what stands in it all the same.
  const left = there.filter((name) => !others.some(({ text, names }) => names.has(name) || text.includes(name)));
  if (left.length > 0) {
    const words = left.length === 1 ? 'it' : 'them';
    note(
      `wharf: The vault still has ${left.join(', ')}, and no other profile of yours names ${words}: "wharf secret rm ${left.join(' ')}" removes ${words}.`,
    );
  }
}

function namesIn(locations: Locations, text: string, path: string): ReadonlySet<string> {
  const read = readProfile(text, path, catalogLookup(locations));
  // A lean entry whose catalogue is gone says what stands in the file itself.
  const profile = read.ok ? read : readProfile(text, path, anyCatalogue);
  return profile.ok ? namedSecrets(text, profile.value) : new Set();
}
