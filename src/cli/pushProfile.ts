import { fullForm } from '../core/profile/fullForm.ts';
import { dockerJson } from '../core/profile/dockerJson.ts';
import { profileArtifact } from '../core/registry/artifact.ts';
import * as problems from '../core/problems.ts';
import type { Locations } from '../node/locations.ts';
import { findProfile } from '../node/profileFiles.ts';
import { artifactDigest, type Artifact } from '../node/registry/artifacts.ts';
import { artifactName } from '../node/registry/registryHost.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { complain, exitCodes, note, print } from './output.ts';
import { pinnedImages } from './pinnedImages.ts';
import { openRegistries, profileBytes, sharingMs } from './registryAccess.ts';
import { secretToShare } from './sharedSecrets.ts';

export interface PushRequest {
  /** What stands on the command line. */
  readonly given: string;
  readonly profile: ProfileSelection;
  readonly reference: string;
  readonly dryRun: boolean;
}

/** Pushes a profile in Docker's form. Never one that holds a secret itself, and never one that its user has not allowed. */
export async function pushProfile(locations: Locations, { profile, reference, dryRun }: PushRequest): Promise<number> {
  const name = artifactName(reference);
  if (!name.ok) {
    return complain(name.problem);
  }
  if (name.value.digest !== null) {
    return complain(problems.artifactReference(reference, 'has a digest, which only what is pushed can give; push to a tag'));
  }
  const artifact = await artifactOf(locations, profile);
  if (!artifact.ok) {
    return complain(artifact.problem);
  }
  const { repository, reference: tag } = name.value;
  const pushed = `${repository}:${tag}@${artifactDigest(artifact.value)}`;
  if (dryRun) {
    print(Buffer.from(artifact.value.content).toString('utf8'));
    print(`Would push this profile to ${pushed}`);
    return exitCodes.ok;
  }
  const registries = await openRegistries(locations);
  const done = registries.ok ? await registries.value.push(name.value, tag, artifact.value, AbortSignal.timeout(sharingMs)) : registries;
  if (!done.ok) {
    return complain(done.problem);
  }
  print(`Pushed profile to ${pushed}`);
  return exitCodes.ok;
}

async function artifactOf(locations: Locations, selection: ProfileSelection): Promise<Result<Artifact>> {
  const found = await findProfile(locations, selection, process.cwd());
  if (!found.ok) {
    return found;
  }
  const { id, path, scope, text, profile, allowed, isPulled } = found.value;
  if (!profile.ok) {
    return profile;
  }
  if (!allowed) {
    // Others take what comes from here as their colleague's word.
    return fail(problems.profileNotAllowed(path, id, isPulled, scope === 'user'));
  }
  const secret = await secretToShare(locations, text, path);
  if (secret !== undefined) {
    return fail(secret);
  }
  const full = fullForm(text, profile.value, await pinnedImages(locations, profile.value));
  full.notes.forEach((words) => note(`wharf: ${words}`));
  const content = Buffer.from(dockerJson(full.text, profile.value));
  return content.length > profileBytes
    ? fail(problems.profileTooLarge(path, content.length, profileBytes))
    : ok({ artifactType: profileArtifact, content });
}
