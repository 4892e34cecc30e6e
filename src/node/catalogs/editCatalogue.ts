import { catalogueJson, readCatalogueJson } from '../../core/catalog/catalogueJson.ts';
import { builtInCatalogue } from '../../core/catalog/builtIn.ts';
import type { CatalogEntry, CatalogueContent } from '../../core/catalog/entry.ts';
import { nearest } from '../../core/codexConfig/nearest.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { originOf } from './sources.ts';
import { listStored, readStored, writeStored } from './store.ts';
import { firstOf } from './storedFile.ts';

type DataFolder = Pick<Locations, 'dataFolder'>;

/** What a catalogue is made of. */
export interface Making extends CatalogueContent {
  readonly ref: string;
  /** In Docker's words, such as `user:cli`. */
  readonly source: string;
}

/** Makes a catalogue, or makes one anew that is there. `dryRun` writes nothing. */
export async function makeCatalogue(locations: DataFolder, making: Making, dryRun: boolean): Promise<Result<{ readonly entries: number }>> {
  const { ref, source, title, entries, skipped } = making;
  if (entries.length === 0) {
    return fail(problems.catalogEmpty(ref, firstOf(skipped)));
  }
  const before = await readStored(locations, ref);
  if (!before.ok || dryRun) {
    return before.ok ? ok({ entries: entries.length }) : before;
  }
  const payload = catalogueJson({ title, entries });
  const fresh = { ref, source, title, payload, skipped, entries: entries.length, checkedAt: null, validators: null };
  const written = await writeStored(locations, fresh, before.value);
  return written.ok ? ok({ entries: entries.length }) : written;
}

/** The servers of `entries`, of which a later one takes the place of an earlier one with its name. */
export function withoutDoubles(entries: readonly CatalogEntry[]): readonly CatalogEntry[] {
  return [...new Map(entries.map((entry) => [entry.name, entry])).values()];
}

/** Without what is a part of Wharf itself, which no other catalogue can have: that is left out, with the reason. */
export function withoutBuiltIn(entries: readonly CatalogEntry[]): Pick<CatalogueContent, 'entries' | 'skipped'> {
  const why = 'it is a part of Wharf, which every profile can name as "catalog_ref: builtin"';
  return {
    entries: entries.filter(({ kind }) => kind !== 'builtIn'),
    skipped: entries.flatMap(({ kind, name }) => (kind === 'builtIn' ? [{ name, why }] : [])),
  };
}

export interface Edited {
  readonly ref: string;
  /** Names of those that were there and are another now. */
  readonly replaced: readonly string[];
  /** Where it came from; null for one that was made here. */
  readonly cameFrom: string | null;
}

/**
 * Changes the servers of a catalogue. What came from elsewhere is from then on one that was made here, since the next pull would
 * take the change away.
 */
async function edit(
  locations: DataFolder,
  ref: string,
  dryRun: boolean,
  change: (entries: readonly CatalogEntry[]) => Result<readonly CatalogEntry[]>,
): Promise<Result<{ readonly before: readonly CatalogEntry[]; readonly cameFrom: string | null }>> {
  const stored = await readStored(locations, ref);
  if (!stored.ok) {
    return stored;
  }
  if (stored.value === null) {
    return fail(ref === builtInCatalogue ? problems.catalogBuiltIn('changed') : await unknown(locations, ref));
  }
  const { header, payload } = stored.value;
  const content = readCatalogueJson(payload, ref);
  if (!content.ok) {
    return content;
  }
  const entries = change(content.value.entries);
  const done = { before: content.value.entries, cameFrom: originOf(header) === undefined ? null : header.source };
  if (!entries.ok || dryRun) {
    return entries.ok ? ok(done) : entries;
  }
  const text = catalogueJson({ title: content.value.title, entries: entries.value });
  const { skipped } = header;
  const changed = {
    ref,
    title: header.title,
    skipped,
    source: 'user:cli',
    payload: text,
    entries: entries.value.length,
    checkedAt: null,
    validators: null,
  };
  const written = await writeStored(locations, changed, stored.value);
  return written.ok ? ok(done) : written;
}

/** Adds servers; one of a name that is there takes its place. */
export async function addToCatalogue(
  locations: DataFolder,
  ref: string,
  added: readonly CatalogEntry[],
  dryRun: boolean,
): Promise<Result<Edited>> {
  const names = new Set(added.map(({ name }) => name));
  const done = await edit(locations, ref, dryRun, (entries) => ok(withoutDoubles([...entries, ...added])));
  if (!done.ok) {
    return done;
  }
  const { before, cameFrom } = done.value;
  return ok({ ref, cameFrom, replaced: before.flatMap(({ name }) => (names.has(name) ? [name] : [])) });
}

/** Removes servers by their names; fails where one of them is not there. */
export async function removeFromCatalogue(
  locations: DataFolder,
  ref: string,
  names: readonly string[],
  dryRun: boolean,
): Promise<Result<Pick<Edited, 'cameFrom'>>> {
  const done = await edit(locations, ref, dryRun, (entries) => {
    const missing = names.find((name) => !entries.some((entry) => entry.name === name));
    return missing === undefined
      ? ok(entries.filter(({ name }) => !names.includes(name)))
      : fail(
          problems.catalogServerUnknown(
            ref,
            missing,
            nearest(
              missing,
              entries.map(({ name }) => name),
            ),
          ),
        );
  });
  return done.ok ? ok({ cameFrom: done.value.cameFrom }) : done;
}

/** Gives a catalogue a second name, under which it has the same digest. */
export async function tagCatalogue(locations: DataFolder, from: string, to: string, dryRun: boolean): Promise<Result<null>> {
  const [stored, before] = [await readStored(locations, from), await readStored(locations, to)];
  if (!stored.ok || !before.ok) {
    return stored.ok ? (before as Extract<typeof before, { readonly ok: false }>) : stored;
  }
  if (stored.value === null) {
    return fail(from === builtInCatalogue ? problems.catalogBuiltIn('tagged') : await notHere(locations, from));
  }
  if (dryRun) {
    return ok(null);
  }
  const { header, payload } = stored.value;
  const written = await writeStored(
    locations,
    {
      title: header.title,
      entries: header.entries,
      skipped: header.skipped,
      ref: to,
      source: 'user:cli',
      payload,
      checkedAt: null,
      validators: null,
    },
    before.value,
  );
  return written.ok ? ok(null) : written;
}

/** A problem that names those that there are, for whoever may want to get one. */
export async function unknown(locations: DataFolder, ref: string) {
  return problems.catalogUnknown(ref, [...(await storedRefs(locations)).slice(0, 20), builtInCatalogue], 'registry');
}

/** The same, for what is done with a catalogue that is here alone. */
export async function notHere(locations: DataFolder, ref: string) {
  const refs = await storedRefs(locations);
  return problems.catalogUnknown(ref, refs.slice(0, 20), 'here', nearest(ref, refs));
}

async function storedRefs(locations: DataFolder): Promise<readonly string[]> {
  const stored = await listStored(locations);
  return stored.flatMap((one): readonly string[] => (one.kind === 'usable' ? [one.header.ref] : []));
}
