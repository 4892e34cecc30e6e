import { matchNames } from '../../core/catalog/glob.ts';
import { builtInCatalogue, builtInContent } from '../../core/catalog/builtIn.ts';
import type { CatalogEntry, ResolvedServer, ResolveServers } from '../../core/catalog/entry.ts';
import { entryOf } from '../../core/catalog/entryOf.ts';
import { readCatalogue } from '../../core/catalog/readCatalogue.ts';
import { parseServerReference, type ServerReference } from '../../core/catalog/serverReference.ts';
import { nearest } from '../../core/codexConfig/nearest.ts';
import * as problems from '../../core/problems.ts';
import { nameFromAddress, parseRemoteAddress } from '../../core/profile/remoteAddress.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { readTextFile } from '../textFile.ts';
import { approvedSources, couldBeApproved, whyNotApproved, type Approval } from './approved.ts';
import { fetchRegistryServer } from './communityPages.ts';
import { imageServer, type LocalImage } from './imageServer.ts';
import { nameOf } from './names.ts';
import { openStored } from './opened.ts';
import { pullCatalogue } from './pullCatalogue.ts';
import { firstOf, longestCatalogue, storedPath } from './storedFile.ts';
import type { Fetching } from './sources.ts';

/** What the resolver is helped with; each part has an answer of its own where it is left out. */
export interface ResolveHelp extends Partial<Pick<Fetching, 'signal' | 'patienceMs' | 'firstPauseMs'>> {
  /** What the engine has of an image; left out, only registries are asked. */
  readonly localImage?: LocalImage;
  /** `npx://` and `uvx://`. */
  readonly packages?: (reference: Extract<ServerReference, { readonly kind: 'npx' | 'uvx' }>) => Promise<Result<readonly ResolvedServer[]>>;
  /** Hears in one line what a person should know, such as that a catalogue is pulled now. */
  readonly note?: (words: string) => void;
  /** Relative paths begin here. */
  readonly folder?: string;
}

interface Approved {
  readonly approval: Approval;
}

/** Longer than anything that is fetched for a reference takes. */
const patienceMs = 120_000;

/**
 * Finds what references of `--server` name: in the catalogues of this computer, of which a missing one is pulled where its name is
 * one of a registry; in images, registries and files; or at an address. Where a policy file has `catalogs.only`, what is in none of
 * the approved catalogues is refused (`WHARF_SERVER_NOT_APPROVED`).
 */
export function resolver(locations: Locations, help: ResolveHelp = {}): ResolveServers {
  return async (reference) => {
    const parsed = parseServerReference(reference);
    if (!parsed.ok) {
      return parsed;
    }
    const approval = await approvedSources(locations);
    if (!approval.ok) {
      return approval;
    }
    const found = await find(locations, parsed.value, reference, { ...help, approval: approval.value });
    if (!found.ok) {
      return found;
    }
    // A catalogue that was pulled just now may be among the approved ones.
    const now = await approvedSources(locations);
    if (!now.ok) {
      return now;
    }
    const refusal = found.value.map((server) => whyNotApproved(now.value, server)).find((problem) => problem !== undefined);
    return refusal === undefined ? found : fail(refusal);
  };
}

async function find(
  locations: Locations,
  parsed: ServerReference,
  reference: string,
  help: ResolveHelp & Approved,
): Promise<Result<readonly ResolvedServer[]>> {
  const fetching: Fetching = {
    signal: help.signal ?? AbortSignal.timeout(patienceMs),
    ...(help.patienceMs === undefined ? {} : { patienceMs: help.patienceMs }),
    ...(help.firstPauseMs === undefined ? {} : { firstPauseMs: help.firstPauseMs }),
  };
  switch (parsed.kind) {
    case 'catalog':
      return fromCatalogue(locations, parsed.ref, parsed.globs, fetching, help);
    case 'image':
      return one(await imageServer(locations, parsed.image, help.localImage, fetching, help.note));
    case 'registry': {
      const entry = await fetchRegistryServer(parsed.base, parsed.server, parsed.version, fetching);
      return entry.ok ? ok([{ entry: entry.value, catalogRef: null, registrySource: entry.value.source ?? reference }]) : entry;
    }
    case 'remote':
      return one(remoteServer(parsed.url, reference));
    case 'file':
      return fromFile(parsed.path, help.folder);
    case 'npx':
    case 'uvx':
      return help.packages === undefined
        ? fail(problems.serverReference(reference, 'this program cannot install packages'))
        : help.packages(parsed);
  }
}

function one(entry: Result<CatalogEntry>): Result<readonly ResolvedServer[]> {
  return entry.ok ? ok([{ entry: entry.value, catalogRef: null, registrySource: entry.value.source ?? null }]) : entry;
}

async function fromCatalogue(
  locations: Locations,
  given: string,
  globs: readonly string[],
  fetching: Fetching,
  help: ResolveHelp & Approved,
): Promise<Result<readonly ResolvedServer[]>> {
  const catalogue = await openCatalogue(locations, given, fetching, help);
  if (!catalogue.ok) {
    return catalogue;
  }
  const { ref, entries } = catalogue.value;
  const names = entries.map(({ name }) => name);
  const matched = matchNames(globs, names);
  const [unmatched] = matched.unmatched;
  if (unmatched !== undefined) {
    return fail(problems.catalogServerUnknown(ref, unmatched, nearest(unmatched, names)));
  }
  const wanted = new Set(matched.names);
  return ok(
    entries.filter(({ name }) => wanted.has(name)).map((entry) => ({ entry, catalogRef: ref, registrySource: entry.source ?? null })),
  );
}

interface Opened {
  readonly ref: string;
  readonly entries: readonly CatalogEntry[];
}

/** The servers of a catalogue of this computer; one that a registry may have is pulled where it is not here. */
async function openCatalogue(
  locations: Locations,
  given: string,
  fetching: Fetching,
  help: Pick<ResolveHelp & Approved, 'note' | 'approval'>,
): Promise<Result<Opened>> {
  if (given === builtInCatalogue) {
    return ok({ ref: builtInCatalogue, entries: builtInContent().entries });
  }
  const name = nameOf(given);
  if (!name.ok) {
    return name;
  }
  // A catalogue that came from an address can be named without its scheme.
  for (const ref of new Set([name.value.ref, `https://${given}`, `http://${given}`])) {
    const here = openHere(locations, ref);
    if (here !== null) {
      return here;
    }
  }
  if (name.value.kind !== 'artifact') {
    return fail(problems.catalogUnknown(given, [builtInCatalogue], 'elsewhere'));
  }
  const { ref } = name.value;
  const [policy] = couldBeApproved(help.approval, name.value) ? [] : help.approval.policies;
  if (policy !== undefined) {
    return fail(problems.serverNotApproved(ref, 'this catalogue is not approved', policy.file));
  }
  help.note?.(`The catalogue ${ref} is not on this computer yet and is pulled now.`);
  const pulled = await pullCatalogue(locations, name.value, ref, fetching);
  return pulled.ok ? (openHere(locations, ref) ?? fail(problems.catalogUnknown(ref, [builtInCatalogue], 'registry'))) : pulled;
}

/** Null where there is none. */
function openHere(locations: Locations, ref: string): Result<Opened> | null {
  const opened = openStored(storedPath(locations, ref));
  if (opened === null || !opened.ok) {
    return opened;
  }
  return ok({ ref, entries: opened.value.content.entries });
}

function remoteServer(url: string, reference: string): Result<CatalogEntry> {
  const address = parseRemoteAddress(url);
  if (address.kind === 'refused') {
    return fail(problems.serverReference(reference, `the address ${address.why}`));
  }
  const name = nameFromAddress(address);
  const entry = entryOf(name, { name, type: 'remote', remote: { url, transport_type: 'streamable-http' } });
  return 'why' in entry ? fail(problems.serverReference(reference, entry.why)) : ok(entry);
}

async function fromFile(path: string, folder: string | undefined): Promise<Result<readonly ResolvedServer[]>> {
  const name = nameOf(`file://${path}`, folder);
  if (!name.ok) {
    return name;
  }
  const { ref } = name.value;
  const file = await readTextFile(ref, longestCatalogue);
  if (!file.ok) {
    return file;
  }
  if (file.value.hash === null) {
    return fail(problems.catalogFetchFailed(ref, 'there is no such file', 'Correct the path; nothing was written.'));
  }
  const content = readCatalogue(file.value.text, ref);
  if (!content.ok) {
    return content;
  }
  const { entries, skipped } = content.value;
  return entries.length === 0
    ? fail(problems.catalogEmpty(ref, firstOf(skipped)))
    : ok(entries.map((entry) => ({ entry, catalogRef: null, registrySource: entry.source ?? null })));
}
