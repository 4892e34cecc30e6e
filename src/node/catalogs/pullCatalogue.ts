import type { CatalogueName } from '../../core/catalog/catalogueName.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { nameOf } from './names.ts';
import { fetchCatalogue, originOf, type Fetched, type Fetching } from './sources.ts';
import { catalogueDigest, headerOf, readReplaced, writeStored, type NewCatalogue, type ReplacedFile } from './store.ts';
import { firstOf, type StoredHeader } from './storedFile.ts';

export interface Kept {
  readonly header: StoredHeader;
  /** `replaced`: something else was there, `made here`: something that was made on this computer. */
  readonly was: 'new' | 'same' | 'replaced' | 'made here';
}

/**
 * Fetches a catalogue and keeps it under `ref`, which is its name where nothing else was said. One that is here already is fetched
 * from where it came from. Where that fails nothing is written; one that is damaged is replaced.
 */
export async function pullCatalogue(
  locations: Locations,
  name: CatalogueName,
  ref: string,
  fetching: Fetching & { readonly dryRun?: boolean },
): Promise<Result<Kept>> {
  const before = await readReplaced(locations, ref);
  if (!before.ok) {
    return before;
  }
  const header = before.value?.header ?? null;
  const from = sourceName(name, ref, header);
  if (!from.ok) {
    return from;
  }
  const fetched = await fetchCatalogue(locations, from.value, isWhole(before.value) ? header : null, fetching);
  if (!fetched.ok) {
    return isInterrupted(fetching.signal) ? fail(problems.catalogCancelled(`the pull of ${ref}`)) : fetched;
  }
  const made = newCatalogue(ref, fetched.value, before.value);
  if (!made.ok) {
    return made;
  }
  // Meanwhile another program may have kept a newer one.
  const now = await readReplaced(locations, ref);
  if (!now.ok) {
    return now;
  }
  const kept = fetching.dryRun === true ? ok(headerOf(made.value, now.value)) : await writeStored(locations, made.value, now.value);
  return kept.ok ? ok({ header: kept.value, was: was(header, kept.value) }) : kept;
}

/** What was written down when it came here, where it has another name than its source. */
function sourceName(name: CatalogueName, ref: string, before: StoredHeader | null): Result<CatalogueName> {
  const origin = before === null || name.ref !== ref ? undefined : originOf(before);
  return origin === undefined ? ok(name) : nameOf(origin, '/');
}

function newCatalogue(ref: string, fetched: Fetched | 'not modified', before: ReplacedFile | null): Result<NewCatalogue> {
  const checkedAt = new Date().toISOString();
  if (fetched === 'not modified') {
    if (before === null || before.header === null) {
      throw new Error('a catalogue that is not here was not modified');
    }
    const { title, source, entries, validators, skipped } = before.header;
    return ok({ ref, title, source, entries, validators, skipped, checkedAt, payload: before.payload });
  }
  const { content, payload, source, validators } = fetched;
  const { title, entries, skipped } = content;
  return entries.length === 0
    ? fail(problems.catalogEmpty(ref, firstOf(skipped)))
    : ok({ ref, title: title === '' ? ref : title, source, payload, validators, checkedAt, skipped, entries: entries.length });
}

/** Whether its payload is what its header says, so that it need not be sent again. */
function isWhole(before: ReplacedFile | null): boolean {
  return before !== null && before.header !== null && before.header.digest === catalogueDigest(before.payload);
}

function was(before: StoredHeader | null, now: StoredHeader): Kept['was'] {
  if (before === null) {
    return 'new';
  }
  return before.digest === now.digest ? 'same' : before.checkedAt === null ? 'made here' : 'replaced';
}

function isInterrupted({ aborted, reason }: AbortSignal): boolean {
  return aborted && (reason as Error).name !== 'TimeoutError';
}
