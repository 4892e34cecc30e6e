import { existsSync } from 'node:fs';

import { hardenProcess } from '../node/hardenProcess.ts';
import type { Locations } from '../node/locations.ts';
import { vaultPath } from '../node/vault/vaultStore.ts';
import { ok } from '../shared/result.ts';
import { ask } from './ask.ts';
import type { BuildOptions } from './packages/buildSettings.ts';
import { configureProfile } from './profile/config.ts';
import type { ConfigRequest } from './profile/configEdit.ts';
import { createProfile, type CreateRequest } from './profile/create.ts';
import { importProfile as importFile, type ImportRequest } from './profile/importProfile.ts';
import { keepSecrets, secretNames } from './profile/keepSecrets.ts';
import { daemonTools } from './profile/knownTools.ts';
import { removeProfile } from './profile/remove.ts';
import { revokeProfile } from './profile/revoke.ts';
import { addServers, removeServers, type AddRequest } from './profile/servers.ts';
import { listServers } from './profile/serverList.ts';
import { showProfile } from './profile/show.ts';
import { chooseTools, type ToolsRequest } from './profile/tools.ts';
import { readValue } from './secret/readValue.ts';
import { serverReferences } from './serverReferences.ts';
import { unapprovedLines } from './unapproved.ts';

/* The entry of a bundle of its own: see esbuild.mjs. */
export { listServers, removeProfile, removeServers, revokeProfile, showProfile, unapprovedLines };

export function create(locations: Locations, request: CreateRequest): Promise<number> {
  return createProfile(locations, request, serverReferences(locations, { dryRun: request.dryRun }));
}

/** `packages`: how those of npm and Python are built. */
export function add(locations: Locations, request: AddRequest, packages: BuildOptions): Promise<number> {
  return addServers(locations, request, serverReferences(locations, { ...packages, dryRun: request.dryRun }));
}

export function importProfile(locations: Locations, request: ImportRequest): Promise<number> {
  return importFile(locations, request, {
    // Where there is no vault, nobody is asked what is in it, and no daemon is started.
    known: () => (existsSync(vaultPath(locations.dataFolder)) ? secretNames(locations) : Promise.resolve(ok([]))),
  });
}

export function tools(locations: Locations, request: ToolsRequest): Promise<number> {
  return chooseTools(locations, request, daemonTools(locations));
}

export function config(locations: Locations, request: ConfigRequest): Promise<number> {
  hardenProcess();
  return configureProfile(locations, request, {
    readInput: readValue,
    known: () => secretNames(locations),
    mayReplace: async (names) => (process.stdin.isTTY ? ask(`Replace ${names.join(', ')} in the vault?`) : null),
    keep: (secrets) => keepSecrets(locations, secrets),
  });
}
