import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { dataLabel, dataOwnerLabel, dataPathLabel, profileLabel, serverLabel } from '../core/container/labels.ts';
import type { ContainerVolume } from '../core/container/spec.ts';
import type { ServedProfile } from '../core/profile/grants.ts';
import type { ImageServer } from '../core/profile/profile.ts';
import type { Locations } from './locations.ts';

type DataFolder = Pick<Locations, 'dataFolder'>;

/**
 * Names this user's data on whatever engine it lies. It is made at random once, so that two users of one engine, whose profiles
 * may have the same paths, never get each other's data, and nobody can guess the name of a volume. Throws where nothing can be
 * written.
 */
export function dataOwner({ dataFolder }: DataFolder): string {
  const path = join(dataFolder, 'data-owner');
  const known = readOwner(path);
  if (known !== undefined) {
    return known;
  }
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(temporary, randomBytes(16).toString('hex'), { mode: 0o600 });
  try {
    // Whoever is first wins; a file that is half written is never read.
    linkSync(temporary, path);
  } catch (error) {
    if (readOwner(path) === undefined) {
      throw error;
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  return readOwner(path) ?? '';
}

function readOwner(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The volumes of a server, as the engine knows them. The name follows from the user, the file of the profile, the server and what
 * the entry calls it: no profile reaches the data of another one, and none the volumes of other programs.
 */
export function dataVolumes(
  locations: DataFolder,
  { id, origin: { path } }: Pick<ServedProfile, 'id' | 'origin'>,
  { name: server, isolation: { volumes } }: Pick<ImageServer, 'name' | 'isolation'>,
): readonly ContainerVolume[] {
  if (volumes.length === 0) {
    return [];
  }
  const owner = dataOwner(locations);
  return volumes.map(({ name, target, readOnly }) => ({
    name: `wharf-data-${hash([owner, path, server, name])}`,
    labels: {
      [dataLabel]: name,
      [dataOwnerLabel]: hash([owner]),
      [dataPathLabel]: path,
      [profileLabel]: id,
      [serverLabel]: server,
    },
    target,
    readOnly,
  }));
}

/** What all volumes of this user say on the engine. */
export function dataOwnerMark(locations: DataFolder): string {
  return hash([dataOwner(locations)]);
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
