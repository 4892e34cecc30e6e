import * as problems from '../core/problems.ts';
import { parseImageName, type ImageName } from '../core/provenance/imageName.ts';
import type { Locations } from '../node/locations.ts';
import { PolicyReading } from '../node/provenance/policyFiles.ts';
import { policyFilesOf } from '../node/provenance/policyPlaces.ts';
import { Artifacts } from '../node/registry/artifacts.ts';
import { dockerConfigFolder, storedLoginOf } from '../node/registry/logins.ts';
import { fail, ok, type Result } from '../shared/result.ts';

/** Longer than any profile takes; a registry that keeps us waiting is left. */
export const sharingMs = 120_000;

/** Bytes of a profile: the same as of a file. */
export const profileBytes = 1024 ** 2;

/** With the logins of `docker login`, and without TLS only where a policy file says so, or on this computer. */
export async function openRegistries({ configFolder, environment }: Locations): Promise<Result<Artifacts>> {
  const policies = await new PolicyReading(policyFilesOf(configFolder)).read();
  if (!policies.ok) {
    return policies;
  }
  const plain = new Set(policies.value.flatMap(({ plainHttp }) => plainHttp));
  const folder = dockerConfigFolder({ ...process.env, ...environment });
  return ok(new Artifacts({ login: (host) => storedLoginOf(host, folder), isPlainHttp: (host) => plain.has(host) }));
}

/** Takes a reference as Docker does: without a tag it is `latest`. */
export function artifactName(reference: string): Result<ImageName & { readonly reference: string }> {
  const name = parseImageName(reference);
  if (name === undefined) {
    return fail(problems.artifactReference(reference, 'names nothing in a registry'));
  }
  return ok({ ...name, reference: name.digest ?? name.tag ?? 'latest' });
}
