import { join } from 'node:path';

import { readCodexConfig } from '../../core/codexConfig/servers.ts';
import { serves } from '../../core/codexConfig/startupSeconds.ts';
import * as problems from '../../core/problems.ts';
import { revokeAllowance } from '../../node/allowances.ts';
import { codexConfigPaths } from '../../node/codexHome.ts';
import type { Locations } from '../../node/locations.ts';
import { lockPath } from '../../node/lockFiles.ts';
import { findProfile, type ProfileFile } from '../../node/profileFiles.ts';
import { profileHandle } from '../../node/profileHandle.ts';
import { readTextFile, removeTextFile } from '../../node/textFile.ts';
import { ok, type Result } from '../../shared/result.ts';
import { saySurvivors } from './survivors.ts';
import { ask } from '../ask.ts';
import { complain, exitCodes, note, print } from '../output.ts';
import { selectionOf } from '../profileSelection.ts';
import { sayLeftSecrets } from './leftSecrets.ts';
import type { VaultNames } from './vaultNames.ts';

export interface RemoveRequest {
  readonly given: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** Bytes of a configuration of Codex that is looked at. */
const configLimit = 1024 ** 2;

/** `wharf profile remove`: also of one that cannot be read. Its lock goes with it; backups of both stay. */
export async function removeProfile(locations: Locations, { given, yes, dryRun }: RemoveRequest, vault: VaultNames): Promise<number> {
  const found = await findProfile(locations, selectionOf(given), process.cwd());
  if (!found.ok) {
    return complain(found.problem);
  }
  const file = found.value;
  const users = await configsThatName(file);
  const paths = [file.path, lockPath(file.path)];
  const lock = await readTextFile(paths[1] ?? '');
  const gone = lock.ok && lock.value.hash !== null ? paths : paths.slice(0, 1);
  if (dryRun || (!yes && process.stdin.isTTY)) {
    gone.forEach((path) => print(`${path} would be removed.`));
    sayUsers(users);
  }
  if (dryRun) {
    return exitCodes.ok;
  }
  if (!yes && !process.stdin.isTTY) {
    return complain(problems.profileRemovalConsent(given, file.path));
  }
  if (!yes && !(await ask(`Remove the profile "${file.id}"?`))) {
    print('Nothing was removed.');
    return exitCodes.problems;
  }
  const removed = await removeAll(locations, file, gone);
  if (!removed.ok) {
    return complain(removed.problem);
  }
  await saySurvivors(locations);
  print(`Removed profile ${file.id}`);
  if (yes) {
    sayUsers(users);
  }
  note(`wharf: A backup is kept below ${join(locations.dataFolder, 'backups')}.`);
  await sayLeftSecrets(locations, file, null, vault);
  if (keepsData(file)) {
    note(`wharf: What its servers kept stays: "wharf volume rm --profile ${file.path}" removes it.`);
  }
  return exitCodes.ok;
}

function keepsData({ profile }: ProfileFile): boolean {
  return profile.ok && profile.value.servers.some((server) => server.kind === 'image' && server.isolation.volumes.length > 0);
}

function sayUsers(users: readonly string[]): void {
  users.forEach((words) => note(`wharf: ${words} still names it: "wharf client disconnect codex" takes the entry out.`));
}

async function removeAll(locations: Locations, file: ProfileFile, paths: readonly string[]): Promise<Result<null>> {
  // While it still leads somewhere: an allowance belongs to the real path.
  const revoked = await revokeAllowance(locations, file.path);
  if (!revoked.ok) {
    return revoked;
  }
  for (const path of paths) {
    const read = await readTextFile(path);
    const removed = read.ok ? await removeTextFile(read.value, join(locations.dataFolder, 'backups')) : read;
    if (!removed.ok) {
      return removed;
    }
  }
  return ok(null);
}

/** Entries of Codex that start or reach the gateway of a profile, in words. */
async function configsThatName({ id, path }: ProfileFile): Promise<readonly string[]> {
  const words = await Promise.all(
    (await codexConfigPaths(process.cwd(), process.env)).map(async (file) => {
      const read = await readTextFile(file, configLimit);
      const handles = [profileHandle({ by: 'id', id }), profileHandle({ by: 'file', path })];
      const servers = read.ok ? readCodexConfig(read.value.text).servers : [];
      return servers
        .filter((server) => handles.some((handle) => serves(server, { id, path, handle })))
        .map(({ name }) => `[mcp_servers.${name}] in ${file}`);
    }),
  );
  return words.flat();
}
