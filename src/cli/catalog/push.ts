import * as problems from '../../core/problems.ts';
import { secretInPayload } from '../../core/catalog/payloadSecrets.ts';
import { catalogArtifact } from '../../core/registry/artifact.ts';
import { unknown } from '../../node/catalogs/editCatalogue.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { readStored } from '../../node/catalogs/store.ts';
import { nodeScanner } from '../../node/scanning.ts';
import type { Locations } from '../../node/locations.ts';
import { artifactDigest } from '../../node/registry/artifacts.ts';
import { complain, exitCodes, print } from '../output.ts';
import { openRegistries } from '../registryAccess.ts';
import { vaultValueIn } from '../sharedSecrets.ts';
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
  const found = secretInPayload(payload, nodeScanner());
  if (found !== undefined) {
    return complain(problems.catalogNotPushed(ref, found.server, found.title));
  }
  const own = await vaultValueIn(locations, payload, file.path);
  if (own !== undefined) {
    return complain(own);
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
