import { stat } from 'node:fs/promises';

import { differenceFrom, isApprovedCatalogue } from '../../core/catalog/approval.ts';
import { builtInCatalogue, builtInContent } from '../../core/catalog/builtIn.ts';
import type { CatalogEntry, ResolvedServer } from '../../core/catalog/entry.ts';
import { itemsOfProfile } from '../../core/catalog/profileItems.ts';
import * as problems from '../../core/problems.ts';
import type { CatalogueName } from '../../core/catalog/catalogueName.ts';
import type { CatalogueRule, Policy } from '../../core/provenance/policy.ts';
import { isRecord, textOf } from '../../core/provenance/json.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { policyFilesOf, type PolicyFile } from '../provenance/policyPlaces.ts';
import { nameOf, refOf } from './names.ts';
import { openStored } from './opened.ts';
import { catalogueDigest, listStored, readStored } from './store.ts';
import { storedPath } from './storedFile.ts';

/** What one policy file approves. */
interface ApprovingPolicy {
  readonly file: string;
  readonly rules: readonly CatalogueRule[];
  /** The servers of each approved catalogue that is here, by its reference. */
  readonly catalogues: ReadonlyMap<string, ReadonlyMap<string, CatalogEntry>>;
}

/** Which servers may be used: all where no policy file names catalogues, else those that every such file approves. */
export interface Approval {
  readonly policies: readonly ApprovingPolicy[];
}

/** A server of a profile, as its file has it. */
export type ProfileEntry = Readonly<Record<string, unknown>>;

const everything: Approval = { policies: [] };

/** Reads the policy files anew, and the catalogues that they approve. A file that cannot be understood is a failure: nothing is approved. */
export async function approvedSources(
  locations: Pick<Locations, 'configFolder' | 'dataFolder'>,
  files: readonly PolicyFile[] = policyFilesOf(locations.configFolder),
): Promise<Result<Approval>> {
  if (!(await isAny(files))) {
    return ok(everything);
  }
  const { PolicyReading } = await import('../provenance/policyFiles.ts');
  const policies = await new PolicyReading(files).read();
  if (!policies.ok) {
    return policies;
  }
  const closed = policies.value.filter(({ catalogs }) => catalogs !== null);
  return ok({
    policies: await Promise.all(
      closed.map(async (policy) => ({ file: policy.file, rules: policy.catalogs ?? [], catalogues: await approvedBy(locations, policy) })),
    ),
  });
}

/** What cannot be looked at counts as there: then reading it fails, and says so. */
async function isAny(files: readonly PolicyFile[]): Promise<boolean> {
  const found = await Promise.all(
    files.map(({ path }) =>
      stat(path).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
      ),
    ),
  );
  return found.includes(true);
}

async function approvedBy(locations: Pick<Locations, 'dataFolder'>, { catalogs }: Policy): Promise<ApprovingPolicy['catalogues']> {
  const approved = new Map<string, ReadonlyMap<string, CatalogEntry>>();
  const rules = catalogs ?? [];
  if (rules.some(({ text, digests }) => digests === null && (text === builtInCatalogue || text === '**'))) {
    approved.set(builtInCatalogue, new Map(builtInContent().entries.map((entry) => [entry.name, entry])));
  }
  for (const listed of await listStored(locations)) {
    // What was made here can have any name: only what came from somewhere is approved by where it came from.
    if (listed.kind !== 'usable' || !cameFromItsName(listed.header)) {
      continue;
    }
    const { ref } = listed.header;
    const [name, opened] = [nameOf(ref, '/'), openStored(storedPath(locations, ref))];
    if (!name.ok || opened === null || !opened.ok) {
      continue;
    }
    const digest = rules.some(({ digests }) => digests !== null) ? await provenDigest(locations, ref) : '';
    if (rules.some((rule) => isApprovedCatalogue(rule, name.value, digest))) {
      approved.set(ref, opened.value.byName);
    }
  }
  return approved;
}

/** The file's own word for it counts for nothing. */
async function provenDigest(locations: Pick<Locations, 'dataFolder'>, ref: string): Promise<string> {
  const stored = await readStored(locations, ref);
  return stored.ok && stored.value !== null ? catalogueDigest(stored.value.payload) : '';
}

function cameFromItsName({ ref, source }: { readonly ref: string; readonly source: string }): boolean {
  return ['oci:', 'legacy-catalog:', 'registry:', 'file:'].some((kind) => source === `${kind}${ref}`);
}

/** Whether every policy file could approve a catalogue of this name, whatever is in it: nothing else need be fetched. */
export function couldBeApproved({ policies }: Approval, name: CatalogueName): boolean {
  return policies.every(({ rules }) => rules.some((rule) => isApprovedCatalogue({ ...rule, digests: null }, name, '')));
}

/** Why a server that a reference named may not be added to a profile; undefined where it may. */
export function whyNotApproved(approval: Approval, { entry, catalogRef }: ResolvedServer): Problem | undefined {
  return whyEntryNotApproved(approval, {
    name: entry.name,
    snapshot: { server: entry.server },
    ...(entry.onlyTools === undefined ? {} : { tools: entry.onlyTools }),
    ...(catalogRef === null ? {} : { catalog_ref: catalogRef }),
  });
}

/** Why a server of a profile may not be started; undefined where it may. */
export function whyEntryNotApproved({ policies }: Approval, entry: ProfileEntry): Problem | undefined {
  for (const policy of policies) {
    const why = refusalBy(policy, entry);
    if (why !== undefined) {
      return problems.serverNotApproved(nameIn(entry), why, policy.file);
    }
  }
  return undefined;
}

/**
 * Why the servers of a profile's text may not be started: one answer for each of them in its order, undefined for one that may. No
 * answers at all where no policy file names catalogues, which costs a look at the disk.
 */
export async function unapprovedServers(
  locations: Pick<Locations, 'configFolder' | 'dataFolder'>,
  profile: string,
  files?: readonly PolicyFile[],
): Promise<Result<readonly (Problem | undefined)[]>> {
  const approval = await approvedSources(locations, files);
  const [policy] = approval.ok ? approval.value.policies : [];
  if (!approval.ok || policy === undefined) {
    return approval.ok ? ok([]) : approval;
  }
  const entries = itemsOfProfile(profile);
  return entries === undefined
    ? fail(problems.serverNotApproved('of this profile', 'its servers cannot be compared with a catalogue', policy.file))
    : ok(entries.map((entry) => whyEntryNotApproved(approval.value, entry)));
}

function refusalBy({ catalogues }: ApprovingPolicy, entry: ProfileEntry): string | undefined {
  const name = nameIn(entry);
  const given = textOf(entry['catalog_ref'] ?? entry['catalogRef']);
  const ref = given === null ? null : given === builtInCatalogue ? given : refOf(given, '/');
  if (ref === builtInCatalogue && isLean(entry)) {
    return catalogues.has(ref) ? undefined : 'the built-in list is no approved catalogue';
  }
  const named = ref === null ? undefined : catalogues.get(ref);
  if (ref !== null && named === undefined && isLean(entry)) {
    return `its catalogue ${ref} is not approved, or not on this computer`;
  }
  const places = named === undefined ? [...catalogues.values()] : [named];
  const servers = places.flatMap((entries) => entries.get(name) ?? []);
  if (servers.length === 0) {
    return catalogues.size === 0 ? 'no approved catalogue is on this computer yet' : 'no approved catalogue has a server of that name';
  }
  const differences = servers.map((server) => differenceFrom(server, entry, named !== undefined && isLean(entry)));
  return differences.includes(undefined) ? undefined : `its "${differences[0] ?? ''}" is another than in the approved catalogue`;
}

/** Whether it runs what the catalogue says, as it says nothing of that itself. */
function isLean(entry: ProfileEntry): boolean {
  return ['snapshot', 'image', 'endpoint', 'source'].every((key) => entry[key] === undefined || entry[key] === null);
}

/** The name that its catalogue has for it. */
function nameIn(entry: ProfileEntry): string {
  const snapshot = isRecord(entry['snapshot']) && isRecord(entry['snapshot']['server']) ? entry['snapshot']['server'] : {};
  return (
    textOf(snapshot['name']) ?? textOf(entry['name']) ?? textOf(entry['image']) ?? textOf(entry['endpoint']) ?? 'a server without a name'
  );
}
