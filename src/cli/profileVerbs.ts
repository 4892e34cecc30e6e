import { hardenProcess } from '../node/hardenProcess.ts';
import type { Locations } from '../node/locations.ts';
import { ask } from './ask.ts';
import type { BuildOptions } from './packages/buildSettings.ts';
import { configureProfile } from './profile/config.ts';
import type { ConfigRequest } from './profile/configEdit.ts';
import { createProfile, type CreateRequest } from './profile/create.ts';
import { importProfile as importFile, type ImportRequest } from './profile/importProfile.ts';
import { keepSecrets } from './profile/keepSecrets.ts';
import { daemonTools } from './profile/knownTools.ts';
import { removeProfile, type RemoveRequest } from './profile/remove.ts';
import { revokeProfile } from './profile/revoke.ts';
import { addServers, removeServers, type AddRequest } from './profile/servers.ts';
import { listServers } from './profile/serverList.ts';
import { showProfile } from './profile/show.ts';
import { chooseTools, type ToolsRequest } from './profile/tools.ts';
import { vaultNames } from './profile/vaultNames.ts';
import { readValue } from './secret/readValue.ts';
import { serverReferences } from './serverReferences.ts';
import { unapprovedLines } from './unapproved.ts';

/* The entry of a bundle of its own: see esbuild.mjs. */
export { listServers, revokeProfile, showProfile, unapprovedLines };

export function create(locations: Locations, request: CreateRequest): Promise<number> {
  return createProfile(locations, request, serverReferences(locations, { dryRun: request.dryRun }), vaultNames(locations));
}

/** `packages`: how those of npm and Python are built. */
export function add(locations: Locations, request: AddRequest, packages: BuildOptions): Promise<number> {
  return addServers(locations, request, serverReferences(locations, { ...packages, dryRun: request.dryRun }), vaultNames(locations));
}

export function remove(locations: Locations, request: RemoveRequest): Promise<number> {
  return removeProfile(locations, request, vaultNames(locations));
}

export function removeFrom(
  locations: Locations,
  given: string,
  request: { readonly names: readonly string[]; readonly dryRun: boolean },
): Promise<number> {
  return removeServers(locations, given, request, vaultNames(locations));
}

export function importProfile(locations: Locations, request: ImportRequest): Promise<number> {
  return importFile(locations, request, vaultNames(locations));
}

export function tools(locations: Locations, request: ToolsRequest): Promise<number> {
  return chooseTools(locations, request, daemonTools(locations));
}

export function config(locations: Locations, request: ConfigRequest): Promise<number> {
  hardenProcess();
  return configureProfile(locations, request, {
    readInput: readValue,
    known: vaultNames(locations),
    mayReplace: async (names) => (process.stdin.isTTY ? ask(`Replace ${names.join(', ')} in the vault?`) : null),
    keep: (secrets) => keepSecrets(locations, secrets),
  });
}
