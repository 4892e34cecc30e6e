import type { CatalogueContent } from '../../core/catalog/entry.ts';
import { entriesOfProfile } from '../../core/catalog/profileEntries.ts';
import * as problems from '../../core/problems.ts';
import { makeCatalogue, withoutBuiltIn, withoutDoubles } from '../../node/catalogs/editCatalogue.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { readStored } from '../../node/catalogs/store.ts';
import type { StoredHeader } from '../../node/catalogs/storedFile.ts';
import { fetchCatalogue } from '../../node/catalogs/sources.ts';
import type { Locations } from '../../node/locations.ts';
import { findProfile } from '../../node/profileFiles.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { complain, exitCodes, note, print } from '../output.ts';
import { selectionOf } from '../profileSelection.ts';
import { secretToShare } from '../sharedSecrets.ts';
import { patiently } from './patience.ts';
import { brief, countOf } from './printed.ts';
import { resolvedEntries } from './resolved.ts';

export interface CreateOptions {
  readonly title?: string;
  readonly server: readonly string[];
  readonly fromProfile?: string;
  readonly fromLegacyCatalog?: string;
  readonly fromCommunityRegistry?: string;
  readonly exclude: readonly string[];
  readonly replace?: true;
  readonly dryRun?: true;
}

interface Content extends CatalogueContent {
  readonly source: string;
  /** Servers that go by another name in a profile than in the catalogue. */
  readonly renamed?: ReturnType<typeof entriesOfProfile>['renamed'];
}

/** `wharf catalog create`. Several `--server` may go with one of the `--from` options. */
export async function createCatalog(locations: Locations, given: string, options: CreateOptions): Promise<number> {
  const name = nameOf(given);
  if (!name.ok) {
    return complain(name.problem);
  }
  if (name.value.kind !== 'artifact' || name.value.name.digest !== null) {
    return complain(problems.catalogReference(given, 'can not be the name of a new catalogue, which is one of a registry with a tag'));
  }
  const from = [options.fromProfile, options.fromLegacyCatalog, options.fromCommunityRegistry].filter((one) => one !== undefined);
  if (from.length > 1 || (from.length === 0 && options.server.length === 0)) {
    return complain(
      problems.badArgument(
        'Name servers with --server, or one of --from-profile, --from-legacy-catalog and --from-community-registry.',
        'wharf catalog create',
      ),
    );
  }
  if (from.length === 0 && options.title === undefined) {
    return complain(problems.badArgument('A catalogue of servers needs a --title.', 'wharf catalog create'));
  }
  const { ref } = name.value;
  const before = await readStored(locations, ref);
  if (!before.ok) {
    return complain(before.problem);
  }
  const there = before.value?.header ?? null;
  if (there !== null && options.replace !== true) {
    return complain(problems.catalogExists(ref, there.entries));
  }
  const content = await contentOf(locations, options);
  return content.ok ? store(locations, ref, content.value, options, there) : complain(content.problem);
}

async function store(
  locations: Locations,
  ref: string,
  content: Content,
  { title, exclude, dryRun }: CreateOptions,
  there: StoredHeader | null,
): Promise<number> {
  const wanted = withoutDoubles(content.entries).filter((entry) => !exclude.includes(entry.name));
  const { entries, skipped: builtIn } = withoutBuiltIn(wanted);
  const skipped = [...content.skipped, ...builtIn];
  const called = title ?? (content.title === '' ? ref : content.title);
  const made = await makeCatalogue(locations, { source: content.source, ref, entries, skipped, title: called }, dryRun === true);
  if (!made.ok) {
    return complain(made.problem);
  }
  sayLeftOut(skipped);
  sayOtherNames(content.renamed ?? []);
  if (skipped.length > 0) {
    note(`wharf: The catalogue ${dryRun === true ? 'would have' : 'has'} ${countOf(entries.length)}.`);
  }
  sayUnvetted(content.source);
  sayReplaced(there, dryRun === true);
  if (dryRun === true) {
    print(`Would create catalog ${ref} with ${countOf(entries.length)}: ${brief(entries.map((entry) => entry.name).join(', '), 2000)}`);
  } else {
    print(`Catalog ${ref} created`);
  }
  return exitCodes.ok;
}

/** Of one that came from elsewhere no copy is kept, as it can be had again. */
function sayReplaced(there: StoredHeader | null, dryRun: boolean): void {
  if (there !== null) {
    const { ref, entries, checkedAt, source } = there;
    const copy = dryRun ? '' : checkedAt === null ? '; a copy of that is with the backups' : `; that came from ${brief(source, 200)}`;
    note(`wharf: It ${dryRun ? 'would take' : 'takes'} the place of ${ref} with ${countOf(entries)}${copy}.`);
  }
}

const mostLines = 20;

/** What was left out is said, and never passed over. */
export function sayLeftOut(skipped: CatalogueContent['skipped']): void {
  skipped
    .slice(0, mostLines)
    .forEach(({ name, why }) => note(`wharf: ${name === '' ? 'A server' : `"${brief(name)}"`} is left out: ${brief(why, 300)}.`));
  if (skipped.length > mostLines) {
    note(`wharf: ${skipped.length - mostLines} more are left out.`);
  }
}

/** The description of a server uses the name that its catalogue has for it: for its configuration, and its secrets. */
function sayOtherNames(renamed: NonNullable<Content['renamed']>): void {
  renamed
    .slice(0, mostLines)
    .forEach(({ alias, name }) =>
      note(`wharf: "${brief(alias)}" of the profile is "${brief(name)}" in the catalogue, as its description calls it.`),
    );
}

/** Docker warns of it as well. */
export function sayUnvetted(source: string): void {
  if (source.startsWith('registry:')) {
    note('wharf: Nobody has reviewed the servers of a community registry; look at each before you add it.');
  }
}

async function contentOf(locations: Locations, options: CreateOptions): Promise<Result<Content>> {
  const base = await baseOf(locations, options);
  if (!base.ok || options.server.length === 0) {
    return base;
  }
  const added = await resolvedEntries(locations, options.server);
  return added.ok ? ok({ ...base.value, entries: [...base.value.entries, ...added.value] }) : added;
}

async function baseOf(
  locations: Locations,
  { fromProfile, fromLegacyCatalog, fromCommunityRegistry }: CreateOptions,
): Promise<Result<Content>> {
  if (fromProfile !== undefined) {
    return profileContent(locations, fromProfile);
  }
  const address = fromLegacyCatalog ?? fromCommunityRegistry;
  if (address === undefined) {
    return ok({ source: 'user:cli', title: '', entries: [], skipped: [] });
  }
  const name = nameOf(fromLegacyCatalog === undefined ? address.replace(/\/+$/, '') : address);
  if (!name.ok) {
    return name;
  }
  const wanted = fromLegacyCatalog === undefined ? ['registry'] : ['address', 'path'];
  if (!wanted.includes(name.value.kind)) {
    return fail(
      problems.catalogReference(
        address,
        fromLegacyCatalog === undefined ? 'is no host of a registry' : 'is no address and no path of a file',
      ),
    );
  }
  const fetched = await patiently(address, (fetching) => fetchCatalogue(locations, name.value, null, fetching));
  if (!fetched.ok) {
    return fetched;
  }
  if (fetched.value === 'not modified') {
    throw new Error('nothing was known of it that could be the same');
  }
  const { content, source } = fetched.value;
  return ok({ ...content, source: source.replace(/^file:/, 'legacy-catalog:') });
}

async function profileContent(locations: Locations, given: string): Promise<Result<Content>> {
  const found = await findProfile(locations, selectionOf(given), process.cwd());
  if (!found.ok) {
    return found;
  }
  const { id, path, text, profile } = found.value;
  if (!profile.ok) {
    return profile;
  }
  const secret = await secretToShare(locations, text, path);
  if (secret !== undefined) {
    return fail(secret);
  }
  return ok({ source: `profile:${id}`, title: profile.value.name, ...entriesOfProfile(text, catalogLookup(locations)) });
}
