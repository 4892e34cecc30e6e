import * as problems from '../../core/problems.ts';
import { catalogArtifact } from '../../core/registry/artifact.ts';
import { unknown } from '../../node/catalogs/editCatalogue.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { readStored } from '../../node/catalogs/store.ts';
import type { Locations } from '../../node/locations.ts';
import { artifactDigest } from '../../node/registry/artifacts.ts';
import { complain, exitCodes, print } from '../output.ts';
import { openRegistries } from '../registryAccess.ts';
import { secretToShare } from '../sharedSecrets.ts';
import { patiently } from './patience.ts';

/** `wharf catalog push`: with Docker's bytes, so that it has the same digest whoever pushes it; never one that holds a secret. */
export async function pushCatalog(locations: Locations, given: string, dryRun: boolean): Promise<number> {
  const name = nameOf(given);
  if (!name.ok) {
    return complain(name.problem);
  }
  if (name.value.kind !== 'artifact' || name.value.name.digest !== null) {
    return complain(problems.artifactReference(given, 'is none that can be pushed to, which is one of a registry with a tag'));
  }
  const { ref, reference } = name.value;
  const stored = await readStored(locations, ref);
  if (!stored.ok || stored.value === null) {
    return complain(stored.ok ? await unknown(locations, ref) : stored.problem);
  }
  const { payload, file } = stored.value;
  // With lines, so that the place of what is found helps.
  const secret = await secretToShare(locations, JSON.stringify(JSON.parse(payload), null, 1), file.path);
  if (secret !== undefined) {
    return complain(problems.catalogNotPushed(ref, secret));
  }
  const artifact = { artifactType: catalogArtifact, content: Buffer.from(payload) };
  const pushed = `${ref}@${artifactDigest(artifact)}`;
  if (dryRun) {
    print(`Would push this catalog to ${pushed}`);
    return exitCodes.ok;
  }
  const repository = name.value.name;
  const registries = await openRegistries(locations);
  const done = registries.ok
    ? await patiently(ref, ({ signal }) => registries.value.push(repository, reference, artifact, signal))
    : registries;
  if (!done.ok) {
    return complain(done.problem);
  }
  print(`Pushed catalog to ${pushed}`);
  return exitCodes.ok;
}
