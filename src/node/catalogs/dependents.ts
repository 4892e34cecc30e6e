import { builtInCatalogue } from '../../core/catalog/builtIn.ts';
import { isLeanItem, itemsOfProfile } from '../../core/catalog/profileItems.ts';
import { textOf } from '../../core/provenance/json.ts';
import type { Locations } from '../locations.ts';
import { listProfilesFrom, type ProfileFile } from '../profileFiles.ts';
import { refOf } from './names.ts';

/** A profile whose lean entries are looked up in a catalogue. */
export interface Dependent {
  readonly file: ProfileFile;
  /** The names of those servers. */
  readonly servers: readonly string[];
}

/** The profiles of the user and of the project around `cwd` that look servers up in a catalogue. */
export async function dependentsOf(locations: Locations, ref: string, cwd: string): Promise<readonly Dependent[]> {
  const files = await listProfilesFrom(locations, cwd);
  return files.flatMap((file) => {
    const servers = (itemsOfProfile(file.text) ?? []).flatMap((item) => {
      const given = textOf(item['catalog_ref'] ?? item['catalogRef']);
      const isOfIt = given !== null && given !== builtInCatalogue && refOf(given, '/') === ref && isLeanItem(item);
      return isOfIt ? [textOf(item['name']) ?? 'a server without a name'] : [];
    });
    return servers.length === 0 ? [] : [{ file, servers }];
  });
}
