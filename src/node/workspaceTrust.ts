import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { parseToml } from '../core/toml/document.ts';
import { toPlain, type PlainTable } from '../core/toml/plain.ts';
import { memberAt } from '../core/toml/table.ts';
import { codexHome } from './codexHome.ts';
import { keeperEnvironment, type Locations } from './locations.ts';
import { listProfiles } from './profileFiles.ts';
import { projectProfilesFolder } from './profileFolders.ts';
import { readTextFile } from './textFile.ts';

/** Bytes: a user's own file, with a table for each project. */
const configLimit = 4 * 1024 ** 2;

/**
 * Whether the user trusts a folder as a project: Codex's own configuration says so of it, or of the repository that it lies in
 * (reference: codex §1.3), or the user allowed a profile that lies in it. What Codex calls untrusted is not trusted. `profile`
 * is the file whose server asks, where that came with a project: it is served only since the user allowed it.
 */
export async function isTrustedWorkspace(locations: Locations, workspace: string, profile: string | null): Promise<boolean> {
  const folder = await realOrSelf(workspace);
  if (profile !== null && (await liesIn(folder, profile))) {
    return true;
  }
  const level = await codexTrustLevel(folder);
  if (level !== undefined) {
    return level === 'trusted';
  }
  for (const { scope, allowed, path } of await listProfiles(locations, folder)) {
    if (scope === 'project' && allowed && (await liesIn(folder, path))) {
      return true;
    }
  }
  return false;
}

/** Whether Codex reads the configuration of this folder: an allowed profile says nothing to it. */
export async function isTrustedByCodex(folder: string): Promise<boolean> {
  return (await codexTrustLevel(await realOrSelf(folder))) === 'trusted';
}

/** `folder` is a real path. */
async function codexTrustLevel(folder: string): Promise<string | undefined> {
  const levels = await trustLevels();
  const root = await repositoryOf(folder);
  return levels.get(folder) ?? (root === undefined ? undefined : levels.get(root));
}

/** A link in one project to another's profile, which the user allowed, must not make the one trusted. */
async function liesIn(folder: string, profile: string): Promise<boolean> {
  return dirname(await realOrSelf(profile)) === join(folder, projectProfilesFolder);
}

/** What the user's configuration of Codex says of projects, by their real paths. */
async function trustLevels(): Promise<ReadonlyMap<string, string>> {
  const read = await readTextFile(join(codexHome(keeperEnvironment()), 'config.toml'), configLimit);
  const document = read.ok ? parseToml(read.value.text) : undefined;
  // Codex does not start with a file that it cannot read.
  const projects = document?.errors.length === 0 ? memberAt(document.root, ['projects'])?.value : undefined;
  const table = projects?.kind === 'table' ? (toPlain(projects) as PlainTable) : {};
  const entries = Object.entries(table).map(async ([path, project]) => {
    const level = typeof project === 'object' && 'trust_level' in project ? project['trust_level'] : undefined;
    return typeof level === 'string' ? ([[await realOrSelf(path), level]] as const) : [];
  });
  return new Map((await Promise.all(entries)).flat());
}

/** The nearest folder upwards with a `.git`, where that is a repository's: an empty folder makes none. */
async function repositoryOf(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const facts = await stat(join(at, '.git')).catch(() => undefined);
    if (facts !== undefined) {
      return facts.isFile() || existsSync(join(at, '.git', 'HEAD')) ? at : undefined;
    }
    if (dirname(at) === at) {
      return undefined;
    }
  }
}

function realOrSelf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
