import type { CatalogueName } from '../../core/catalog/catalogueName.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { nameOf } from './names.ts';
import { fetchCatalogue, originOf, type Fetched, type Fetching } from './sources.ts';
import { readStored, writeStored, type StoredCatalogue } from './store.ts';
import type { StoredHeader } from './storedFile.ts';

export interface Kept {
  readonly header: StoredHeader;
  /** `replaced`: something else was there, `made here`: something that was made on this computer. */
  readonly was: 'new' | 'same' | 'replaced' | 'made here';
}

/**
 * Fetches a catalogue and keeps it under `ref`, which is its name where nothing else was said. One that is here already is fetched
 * from where it came from. Where that fails nothing is written.
 */
export async function pullCatalogue(locations: Locations, name: CatalogueName, ref: string, fetching: Fetching): Promise<Result<Kept>> {
  const before = await readStored(locations, ref);
  if (!before.ok) {
    return before;
  }
  const from = sourceName(name, ref, before.value?.header ?? null);
  if (!from.ok) {
    return from;
  }
  const fetched = await fetchCatalogue(locations, from.value, before.value?.header ?? null, fetching);
  if (!fetched.ok) {
    return fetching.signal.aborted && isInterrupted(fetching.signal) ? fail(problems.catalogCancelled(`the pull of ${ref}`)) : fetched;
  }
  return keep(locations, ref, fetched.value, before.value);
}

/** What was written down when it came here, where it has another name than its source. */
function sourceName(name: CatalogueName, ref: string, before: StoredHeader | null): Result<CatalogueName> {
  const origin = before === null || name.ref !== ref || before.source.startsWith('oci:') ? undefined : originOf(before);
  return origin === undefined ? ok(name) : nameOf(origin, '/');
}

async function keep(
  locations: Locations,
  ref: string,
  fetched: Fetched | 'not modified',
  before: StoredCatalogue | null,
): Promise<Result<Kept>> {
  const checkedAt = new Date().toISOString();
  if (fetched === 'not modified') {
    if (before === null) {
      throw new Error('a catalogue that is not here was not modified');
    }
    const { payload, header } = before;
    const written = await writeStored(locations, { ...header, checkedAt, payload }, before);
    return written.ok ? ok({ header: written.value, was: 'same' }) : written;
  }
  const { content, payload, source, validators } = fetched;
  if (content.entries.length === 0) {
    return fail(problems.catalogEmpty(ref, content.skipped[0]));
  }
  const { skipped } = content;
  const title = content.title === '' ? ref : content.title;
  const written = await writeStored(
    locations,
    { ref, title, source, payload, validators, checkedAt, skipped, entries: content.entries.length },
    before,
  );
  if (!written.ok) {
    return written;
  }
  const isSame = before !== null && before.header.digest === written.value.digest;
  const was = before === null ? 'new' : isSame ? 'same' : before.header.checkedAt === null ? 'made here' : 'replaced';
  return ok({ header: written.value, was });
}

function isInterrupted(signal: AbortSignal): boolean {
  return (signal.reason as Error | undefined)?.name !== 'TimeoutError';
}
