import { homedir } from 'node:os';

import * as problems from '../../core/problems.ts';
import { findEndpoint } from '../../docker/endpoint.ts';
import { PackageBuilder } from '../../docker/packages/builder.ts';
import type { Locations } from '../../node/locations.ts';
import { isAlive, ownIdentity } from '../../node/machine.ts';
import { sha256 } from '../../node/scanning.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** What builds images on the engine that the user's gateways use. This process owns what it starts there. */
export function openBuilder({ environment }: Locations): Result<PackageBuilder> {
  const endpoint = findEndpoint({ ...process.env, ...environment }, homedir());
  const image = process.env['WHARF_IMAGE'] || environment['WHARF_IMAGE'];
  try {
    return ok(
      new PackageBuilder({ endpoint, owner: ownIdentity(), isOwnerAlive: isAlive, sha256, ...(image === undefined ? {} : { image }) }),
    );
  } catch (error) {
    return fail(problems.dockerUnreachable(endpoint.url, error instanceof Error ? error.message : String(error)));
  }
}
