import type { RemoteServer } from '../core/profile/profile.ts';
import { isSameAddress, parseRemoteAddress } from '../core/profile/remoteAddress.ts';
import * as problems from '../core/problems.ts';
import type { Locations } from '../node/locations.ts';
import { listProfilesFrom, type ProfileFile } from '../node/profileFiles.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';

export interface FoundServer {
  readonly server: RemoteServer;
  readonly profile: ProfileSelection;
}

/** The remote server that a person names: by its name or its address, in the profiles that hold in this folder. */
export async function findRemoteServer(locations: Locations, name: string, profile: string | undefined): Promise<Result<FoundServer>> {
  const files = await listProfilesFrom(locations, process.cwd());
  const all = files.filter(({ id }) => profile === undefined || id === profile);
  if (profile !== undefined && all.length === 0) {
    return fail(problems.profileNotFound(profile, [`.codex/profiles/${profile}.yaml`]));
  }
  const remote = all.flatMap((file) => remoteServersOf(file).map((server) => ({ server, profile: selectionOf(file) })));
  const fitting = remote.filter(({ server }) => server.name === name || isAt(server, name));
  const [first] = fitting;
  if (first === undefined) {
    return fail(problems.loginServerUnknown(name, [...new Set(remote.map(({ server }) => server.name))]));
  }
  return fitting.every(({ server }) => server.url === first.server.url) ? ok(first) : fail(problems.loginServerAmbiguous(name));
}

function remoteServersOf({ profile }: ProfileFile): readonly RemoteServer[] {
  return profile.ok ? profile.value.servers.filter((server): server is RemoteServer => server.kind === 'remote') : [];
}

/** Exactly this file: a user's profile of the same id would go before a project's. */
function selectionOf({ scope, id, path }: ProfileFile): ProfileSelection {
  return scope === 'user' ? { by: 'id', id } : { by: 'file', path };
}

function isAt({ url }: RemoteServer, address: string): boolean {
  const [one, other] = [parseRemoteAddress(url), parseRemoteAddress(address)];
  return one.kind === 'address' && other.kind === 'address' && isSameAddress(one, other);
}
