import { anyCatalogue } from '../../core/profile/anyCatalogue.ts';
import { unexpectedGrants } from '../../core/profile/askedGrants.ts';
import type { CatalogLookup } from '../../core/catalog/entry.ts';
import { nameOfEntry, objectOf, type NewEntry } from '../../core/profile/newEntry.ts';
import type { Profile, ProfileServer } from '../../core/profile/profile.ts';
import { readProfile } from '../../core/profile/read.ts';
import { withoutSecrets } from '../../core/scan/withoutSecrets.ts';
import * as problems from '../../core/problems.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import type { Locations } from '../../node/locations.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { ask } from '../ask.ts';
import { grantLines, legendOf } from '../grants.ts';
import { note, print } from '../output.ts';
import { refusedMounts } from '../refusedMounts.ts';
import { unapproved } from '../unapproved.ts';
import { secretsThere, type VaultNames } from './vaultNames.ts';

/** Servers on their way into a profile. */
export interface Addition {
  readonly path: string;
  /** The profile with them, and what it was without; empty for a new one. */
  readonly text: string;
  readonly before: string;
  readonly entries: readonly NewEntry[];
  /** Names of those that stand in the place of another server than them. */
  readonly others: readonly string[];
  /** What nobody expects of them is taken without a question. */
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/**
 * Shows what servers start and may reach before they are written. Whoever needs no allowing, as a user's own profile, is asked here
 * where they bring folders, a user or secrets of others that the vault has. False when the answer is no; a failure where nobody can be asked, and for
 * a server that a policy does not let run.
 */
export async function agreesToServers(locations: Locations, addition: Addition, vault: VaultNames): Promise<Result<boolean>> {
  const { entries, path, text, yes, dryRun } = addition;
  const read = readProfile(text, path, lookupOf(locations, entries));
  const refused = read.ok ? await unapproved(locations, text, read.value) : read;
  if (!read.ok || !refused.ok) {
    return read.ok ? (refused as Result<never>) : read;
  }
  const names = entries.map(nameOfEntry);
  const added = { ...read.value, servers: read.value.servers.filter(({ name }) => names.includes(name)) };
  const refusal = names.map((name) => refused.value.get(name)).find((problem) => problem !== undefined);
  if (refusal !== undefined) {
    return fail(refusal);
  }
  if (added.servers.length === 0) {
    return ok(true);
  }
  // What the profile itself says of secrets is no news of these servers.
  const lines = await shownGrants(locations, { ...added, output: 'redact' });
  const isAsked = !yes && !dryRun && (await unexpected(locations, addition, { servers: added.servers, vault })).length > 0;
  if (isAsked && !process.stdin.isTTY) {
    return fail(problems.serversConsent(path, lines.join('\n')));
  }
  note('wharf: What is added starts this, and may reach this:');
  lines.forEach(note);
  if (isAsked && !(await ask('Add it?'))) {
    print('Nothing was written.');
    return ok(false);
  }
  return ok(true);
}

/** What a profile starts and may reach, as `wharf profile allow` shows it. What a file should not hold is not repeated. */
export async function shownGrants(locations: Locations, profile: Profile): Promise<readonly string[]> {
  const scanner = nodeScanner();
  const lines = grantLines(profile).map((line) => withoutSecrets(line, scanner));
  return [...lines, ...legendOf(lines), ...(await refusedMounts(locations, profile))];
}

/** What a new version of a server brings that the old one had is no news. */
async function unexpected(
  locations: Locations,
  { before, path, entries, others }: Addition,
  { servers, vault }: { readonly servers: readonly ProfileServer[]; readonly vault: VaultNames },
): Promise<readonly string[]> {
  const isThere = servers.some((server) => 'secrets' in server && server.secrets.length > 0)
    ? await secretsThere(vault)
    : (): boolean => false;
  const had = before === '' ? undefined : readProfile(before, path, lookupOf(locations, entries));
  return servers.flatMap((server) => {
    const entry = entries.find((one) => nameOfEntry(one) === server.name) ?? {};
    const { name } = { name: entry['name'], ...objectOf(objectOf(entry['snapshot'])['server']) };
    const names = [server.name, ...(typeof name === 'string' && name !== '' ? [name] : [])];
    const old = had?.ok === true && !others.includes(server.name) ? had.value.servers.find((one) => one.name === server.name) : undefined;
    const known = old === undefined ? [] : unexpectedGrants(old, names, isThere);
    return unexpectedGrants(server, names, isThere).filter((words) => !known.includes(words));
  });
}

/** New lean entries are what their catalogues say; a catalogue of another entry need not be there. */
function lookupOf(locations: Locations, entries: readonly NewEntry[]): CatalogLookup {
  const catalogs = catalogLookup(locations);
  const isNew = (ref: string, name: string): boolean => entries.some((one) => one['catalog_ref'] === ref && one['name'] === name);
  return { find: (ref, name) => (isNew(ref, name) ? catalogs : anyCatalogue).find(ref, name) };
}
