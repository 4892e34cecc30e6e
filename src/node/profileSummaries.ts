import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ProfileServer } from '../core/profile/profile.ts';
import type { Problem } from '../shared/problem.ts';
import type { Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';
import type { Locations } from './locations.ts';
import { fingerprint } from './privateFile.ts';
import { ensurePrivateFolder } from './privateFolder.ts';
import { loadProfileFile, profilePathsFrom, type FoundProfile, type ProfileFile } from './profileFiles.ts';
import { readTextFile, replaceTextFile } from './textFile.ts';

/** What a list shows of a profile. */
export interface ProfileSummary extends Pick<ProfileFile, 'id' | 'path' | 'scope' | 'isPulled' | 'allowed'> {
  /** The id where the profile cannot be read. */
  readonly name: string;
  readonly servers: readonly { readonly name: string; readonly isOpen: boolean }[];
  readonly problem: Problem | null;
}

type Kept = Pick<ProfileSummary, 'name' | 'servers'>;

interface Memory {
  /** Another version may read a profile in another way. */
  readonly version: string;
  readonly profiles: Readonly<Record<string, Kept & { readonly print: string }>>;
}

/**
 * The profiles that apply to a folder, as `listProfilesFrom` finds them. Docker's full form has thousands of lines for a profile of
 * 25 servers, so what did not change since the last list is not read again: 50 of them are listed at once.
 */
export async function summarizeProfiles(locations: Locations, cwd: string): Promise<readonly ProfileSummary[]> {
  const found = await profilePathsFrom(locations, cwd);
  const memory = await read(locations);
  const seen = new Map<string, Kept & { readonly print: string }>();
  const summaries = await Promise.all(found.map((profile) => summarize(locations, profile, memory, seen)));
  if ([...seen].some(([path, { print }]) => memory.profiles[path]?.print !== print)) {
    await write(locations, { version, profiles: Object.fromEntries(seen) });
  }
  return summaries;
}

async function summarize(
  locations: Locations,
  { id, path, scope }: FoundProfile,
  { profiles }: Memory,
  seen: Map<string, Kept & { readonly print: string }>,
): Promise<ProfileSummary> {
  const print = await fingerprint([path]);
  const kept = scope === 'user' && Object.hasOwn(profiles, path) ? profiles[path] : undefined;
  if (kept?.print === print) {
    const { name, servers } = kept;
    seen.set(path, kept);
    return { id, path, scope: 'user', isPulled: false, allowed: true, name, servers, problem: null };
  }
  const file = await loadProfileFile(locations, path, scope);
  const { isPulled, allowed, profile } = file;
  const summary: Kept = profile.ok
    ? { name: profile.value.name, servers: profile.value.servers.map((server) => ({ name: server.name, isOpen: isOpen(server) })) }
    : { name: id, servers: [] };
  // What a catalogue gave may be another thing the next time.
  if (scope === 'user' && profile.ok && profile.value.lookedUp.length === 0) {
    seen.set(path, { ...summary, print });
  }
  return { id, path, scope: file.scope, isPulled, allowed, ...summary, problem: profile.ok ? null : profile.problem };
}

/** Whether its container may reach every host. */
function isOpen(server: ProfileServer): boolean {
  return (server.kind === 'image' || server.kind === 'poci') && server.network.kind === 'open';
}

function memoryFile({ dataFolder }: Locations): string {
  return join(dataFolder, 'profiles.json');
}

async function read(locations: Locations): Promise<Memory> {
  const nothing = { version, profiles: {} };
  try {
    const memory = JSON.parse(await readFile(memoryFile(locations), 'utf8')) as Partial<Memory> | null;
    return memory?.version === version ? { ...nothing, ...memory } : nothing;
  } catch {
    return nothing;
  }
}

/** It is only a memory: the next list reads what is not in it. */
async function write(locations: Locations, memory: Memory): Promise<Result<unknown>> {
  const folder = ensurePrivateFolder(locations.dataFolder);
  const file = folder.ok ? await readTextFile(memoryFile(locations)) : folder;
  return file.ok ? replaceTextFile(file.value, `${JSON.stringify(memory)}\n`, null, 0o600) : file;
}
