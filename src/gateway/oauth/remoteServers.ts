import type { Profile, ProfileServer, RemoteServer } from '../../core/profile/profile.ts';
import * as problems from '../../core/problems.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { canonical } from './serverAddress.ts';

/** The remote server of a profile that has this name or this address. */
export function findRemoteServer({ servers }: Profile, nameOrAddress: string): Result<RemoteServer> {
  const remote = servers.filter((server): server is RemoteServer => server.kind === 'remote');
  const found = remote.find(({ name }) => name === nameOrAddress) ?? remote.find((server) => isAt(server, nameOrAddress));
  return found === undefined
    ? fail(
        problems.loginServerUnknown(
          nameOrAddress,
          remote.map(({ name }) => name),
        ),
      )
    : ok(found);
}

/** Whether a server is remote and at this address. */
export function isAt(server: ProfileServer, address: string): boolean {
  return server.kind === 'remote' && URL.canParse(address) && canonical(new URL(server.url)) === canonical(new URL(address));
}

/** Whether a server waits for somebody who logs in. */
export function isLoginProblem({ code }: Problem): boolean {
  return code === 'WHARF_LOGIN_NEEDED' || code === 'WHARF_LOGIN_NOT_REFRESHED';
}
