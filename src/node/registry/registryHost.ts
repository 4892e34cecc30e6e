import * as problems from '../../core/problems.ts';
import { parseImageName, type ImageName } from '../../core/provenance/imageName.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { PolicyReading } from '../provenance/policyFiles.ts';
import { policyFilesOf } from '../provenance/policyPlaces.ts';
import { dockerConfigFolder, storedLoginOf } from './logins.ts';
import type { RegistryHost } from './requests.ts';

/** Registries with the logins of `docker login`, and without TLS only where a policy file says so, or on this computer. */
export async function registryHost({
  configFolder,
  environment,
}: Pick<Locations, 'configFolder' | 'environment'>): Promise<Result<RegistryHost>> {
  const policies = await new PolicyReading(policyFilesOf(configFolder)).read();
  if (!policies.ok) {
    return policies;
  }
  const plain = new Set(policies.value.flatMap(({ plainHttp }) => plainHttp));
  const folder = dockerConfigFolder({ ...process.env, ...environment });
  return ok({ login: (host) => storedLoginOf(host, folder), isPlainHttp: (host) => plain.has(host) });
}

/** Takes a reference as Docker does: without a tag it is `latest`. */
export function artifactName(reference: string): Result<ImageName & { readonly reference: string }> {
  const name = parseImageName(reference);
  if (name === undefined) {
    return fail(problems.artifactReference(reference, 'names nothing in a registry'));
  }
  return ok({ ...name, reference: name.digest ?? name.tag ?? 'latest' });
}
