import { join } from 'node:path';

import { literalSecrets } from '../core/profile/literalSecrets.ts';
import type { Profile } from '../core/profile/profile.ts';
import { isProfileId } from '../core/profile/profileId.ts';
import { profileYaml } from '../core/profile/profileJson.ts';
import { readProfile } from '../core/profile/read.ts';
import { isRecord } from '../core/provenance/json.ts';
import { profileArtifact } from '../core/registry/artifact.ts';
import * as problems from '../core/problems.ts';
import type { Locations } from '../node/locations.ts';
import { findProfile } from '../node/profileFiles.ts';
import { pulledProfilesFolder } from '../node/profileFolders.ts';
import type { PulledArtifact } from '../node/registry/artifacts.ts';
import { strangersJson } from '../node/registry/manifests.ts';
import { RegistryError } from '../node/registry/registryError.ts';
import { artifactName } from '../node/registry/registryHost.ts';
import { nodeScanner } from '../node/scanning.ts';
import { readTextFile, replaceTextFile } from '../node/textFile.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { visibleText } from '../shared/visibleText.ts';
import { grantLines, legendOf } from './grants.ts';
import { complain, exitCodes, print } from './output.ts';
import { openRegistries, profileBytes, sharingMs } from './registryAccess.ts';

export interface PullOptions {
  readonly id?: string;
  readonly replace?: true;
  readonly dryRun?: true;
}

/** Characters that are shown of the name of a profile. */
const longestName = 100;

interface Pulled {
  /** With its digest. */
  readonly source: string;
  /** What is written. */
  readonly text: string;
  readonly profile: Profile;
}

/** Gets a profile from a registry and keeps it apart from the user's own: it starts nothing until the user allowed it. */
export async function pullProfile(locations: Locations, reference: string, options: PullOptions): Promise<number> {
  const pulled = await fetchProfile(locations, reference, options.id);
  if (!pulled.ok) {
    return complain(pulled.problem);
  }
  const { source, text, profile } = pulled.value;
  const target = join(pulledProfilesFolder(locations), `${profile.id}.yaml`);
  const before = await whatIsThere(locations, profile.id, target, text, options.replace === true);
  if (!before.ok) {
    return complain(before.problem);
  }
  const lines = grantLines(profile);
  print(`${source} starts:`);
  [...lines, ...legendOf(lines)].forEach(print);
  if (options.dryRun === true) {
    print(before.value === 'same' ? `It is in ${target} already.` : `Would write it to ${target}. Nothing was written.`);
    return exitCodes.ok;
  }
  if (before.value !== 'same') {
    const file = await readTextFile(target);
    const written = file.ok ? await replaceTextFile(file.value, text, join(locations.dataFolder, 'backups')) : file;
    if (!written.ok) {
      return complain(written.problem);
    }
  }
  return sayPulled(locations, profile, target);
}

async function sayPulled(locations: Locations, { id, name }: Profile, target: string): Promise<number> {
  // A stranger chose the name: it begins no line of its own here.
  print(`Profile ${visibleText(name).slice(0, longestName)} imported as ${id}`);
  const found = await findProfile(locations, { by: 'id', id }, process.cwd());
  if (!(found.ok && found.value.allowed)) {
    print(`It is in ${target} and starts nothing until you allow it: wharf profile allow ${id}`);
  }
  return exitCodes.ok;
}

async function fetchProfile(locations: Locations, given: string, id: string | undefined): Promise<Result<Pulled>> {
  const name = artifactName(given);
  if (!name.ok) {
    return name;
  }
  if (id !== undefined && !isProfileId(id)) {
    return fail(problems.badArgument(`"${id}" can not be the id of a profile.`, 'wharf profile pull'));
  }
  const registries = await openRegistries(locations);
  if (!registries.ok) {
    return registries;
  }
  const { host, repository, reference } = name.value;
  const signal = AbortSignal.timeout(sharingMs);
  const artifact = await registries.value.pull(name.value, reference, profileArtifact, profileBytes, signal);
  if (!artifact.ok) {
    return artifact;
  }
  return artifact.value === null ? fail(problems.artifactUnknown(given, host)) : pulledProfile(artifact.value, repository, id);
}

/** What a stranger's bytes say, if they say anything that may be kept. */
export function pulledProfile({ digest, content }: PulledArtifact, repository: string, id: string | undefined): Result<Pulled> {
  const source = `${repository}@${digest}`;
  const value = strangersObject(content, source);
  if (!value.ok) {
    return value;
  }
  const named = id === undefined ? value.value : { ...value.value, id };
  const text = profileYaml(named, `From ${source}`);
  const profile = readProfile(text, source);
  if (!profile.ok) {
    return profile;
  }
  if (!isProfileId(profile.value.id) || text.length > profileBytes) {
    const why =
      text.length > profileBytes ? 'it is too long' : `its id "${profile.value.id}" can be no name of a file; give it another with --id`;
    return fail(problems.artifactContent(source, why));
  }
  const [secret] = literalSecrets(text, source, nodeScanner());
  return secret !== undefined ? fail(problems.pulledSecret(secret.place, secret.message)) : ok({ source, text, profile: profile.value });
}

function strangersObject(content: Buffer, source: string): Result<Readonly<Record<string, unknown>>> {
  try {
    const value = strangersJson(content, 'what the registry has there');
    return isRecord(value) ? ok(value) : fail(problems.artifactContent(source, 'it is no object'));
  } catch (error) {
    if (error instanceof RegistryError) {
      return fail(problems.artifactContent(source, error.message));
    }
    throw error;
  }
}

/** Whether this place is free for it. A profile of the user, or of the project, is never replaced or hidden. */
async function whatIsThere(
  locations: Locations,
  id: string,
  target: string,
  text: string,
  mayReplace: boolean,
): Promise<Result<'nothing' | 'same' | 'older'>> {
  const found = await findProfile(locations, { by: 'id', id }, process.cwd());
  if (!found.ok) {
    return found.problem.code === 'WHARF_PROFILE_NOT_FOUND' ? ok('nothing') : found;
  }
  const { path, isPulled } = found.value;
  if (path === target && found.value.text === text) {
    return ok('same');
  }
  return path === target && mayReplace ? ok('older') : fail(problems.profileTaken(id, path, isPulled));
}
