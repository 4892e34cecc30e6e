import { basename, join } from 'node:path';

import type { CatalogLookup } from '../../core/catalog/entry.ts';
import type { ImportedServer } from '../../core/imports/imported.ts';
import { newProfileText, withServers } from '../../core/imports/profileText.ts';
import { literalSecrets } from '../../core/profile/literalSecrets.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { isProfileId } from '../../core/profile/profileId.ts';
import { readProfile } from '../../core/profile/read.ts';
import * as problems from '../../core/problems.ts';
import { allowProfile } from '../../node/allowances.ts';
import { rememberWritten, writeEditedProfile } from '../../node/editedProfile.ts';
import type { Locations } from '../../node/locations.ts';
import { contentOfProfile, findProfile, type ProfileFile } from '../../node/profileFiles.ts';
import { projectProfilesFolder, userProfilesFolder } from '../../node/profileFolders.ts';
import { staysInside } from '../../node/projectFile.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { readTextFile, replaceTextFile } from '../../node/textFile.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** The profile that servers are imported into. */
export interface ImportTarget {
  readonly id: string;
  readonly path: string;
  readonly scope: 'user' | 'project';
  /** Undefined for one that is made now. */
  readonly before: ProfileFile | undefined;
  readonly servers: readonly string[];
}

/** Finds the profile, or the place for a new one. */
export async function findTarget(locations: Locations, id: string, inProject: boolean): Promise<Result<ImportTarget>> {
  if (!isProfileId(id)) {
    return fail(problems.badArgument(`"${id}" can not be the id of a profile.`, 'wharf client import'));
  }
  const folder = inProject ? join(process.cwd(), projectProfilesFolder) : userProfilesFolder(locations);
  const path = join(folder, `${id}.yaml`);
  const found = await findProfile(locations, { by: 'id', id }, process.cwd());
  const scope = inProject ? 'project' : 'user';
  const isOther = found.ok && (found.value.scope !== scope || found.value.isPulled || (inProject && found.value.path !== path));
  if (found.ok && !isOther) {
    return found.value.profile.ok
      ? ok({ id, path: found.value.path, scope, before: found.value, servers: found.value.profile.value.servers.map(({ name }) => name) })
      : found.value.profile;
  }
  if (found.ok && found.value.scope === 'user') {
    return fail(problems.serversTaken(id, found.value.path));
  }
  const inside = inProject ? await staysInside(process.cwd(), path) : ok(null);
  return inside.ok ? ok({ id, path, scope, before: undefined, servers: [] }) : inside;
}

export interface Draft {
  readonly text: string;
  readonly profile: Profile;
}

/** The profile as it would be. It is read as any other, and holds no secret. */
export function draftOf({ id, path, before }: ImportTarget, imported: readonly ImportedServer[], catalogs: CatalogLookup): Result<Draft> {
  const entries = imported.flatMap(({ outcome }) => ('entry' in outcome ? [outcome.entry] : []));
  // Not their folders: a profile is given to others.
  const files = [...new Set(imported.map(({ server }) => basename(server.file)))];
  const text =
    before === undefined
      ? ok(newProfileText(id, entries, `Imported from ${files.join(', ').replaceAll(/[\r\n]+/g, ' ')}`))
      : entries.length === 0
        ? ok(before.text)
        : withServers(before.text, entries, path, catalogs);
  if (!text.ok) {
    return text;
  }
  const profile = readProfile(text.value, path, catalogs);
  const [secret] = literalSecrets(text.value, path, nodeScanner());
  return secret !== undefined ? fail(secret) : profile.ok ? ok({ text: text.value, profile: profile.value }) : profile;
}

/** Writes it, and allows a project's: what its user makes through Wharf is allowed. */
export async function writeTarget(locations: Locations, { path, scope, before }: ImportTarget, text: string): Promise<Result<null>> {
  if (before !== undefined) {
    return writeEditedProfile(locations, before, text);
  }
  const file = await readTextFile(path);
  if (!file.ok) {
    return file;
  }
  const written =
    file.value.hash === null
      ? await replaceTextFile(file.value, text, join(locations.dataFolder, 'backups'))
      : fail(problems.fileChanged(path));
  if (!written.ok) {
    return written;
  }
  return scope === 'project'
    ? allowProfile(locations, path, contentOfProfile(locations, text, path))
    : rememberWritten(locations, path, text);
}
