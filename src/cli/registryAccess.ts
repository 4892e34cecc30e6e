import type { Locations } from '../node/locations.ts';
import { Artifacts } from '../node/registry/artifacts.ts';
import { registryHost } from '../node/registry/registryHost.ts';
import { ok, type Result } from '../shared/result.ts';

/** Longer than any profile takes; a registry that keeps us waiting is left. */
export const sharingMs = 120_000;

/** Bytes of a profile: the same as of a file. */
export const profileBytes = 1024 ** 2;

/** Registries with the user's logins. */
export async function openRegistries(locations: Locations): Promise<Result<Artifacts>> {
  const host = await registryHost(locations);
  return host.ok ? ok(new Artifacts(host.value)) : host;
}
