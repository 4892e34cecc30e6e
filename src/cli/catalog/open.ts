import { builtInCatalogue } from '../../core/catalog/builtIn.ts';
import type { CatalogueContent } from '../../core/catalog/entry.ts';
import { catalogueJson } from '../../core/catalog/catalogueJson.ts';
import { builtInEntries } from '../../node/catalogs/builtInEntries.ts';
import { unknown } from '../../node/catalogs/editCatalogue.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { newest, openStored } from '../../node/catalogs/opened.ts';
import { catalogueDigest } from '../../node/catalogs/store.ts';
import { storedPath } from '../../node/catalogs/storedFile.ts';
import type { Locations } from '../../node/locations.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** A catalogue as it is shown. */
export interface ShownCatalogue {
  readonly ref: string;
  readonly source: string;
  readonly digest: string;
  readonly checkedAt: string | null;
  readonly content: CatalogueContent;
  /** In the form that Docker prints them in. */
  readonly servers: readonly unknown[];
}

/** The catalogue of this computer that somebody named. */
export async function openNamed(locations: Locations, given: string): Promise<Result<ShownCatalogue>> {
  if (given === builtInCatalogue) {
    const content = { title: 'What ships with Wharf', entries: builtInEntries, skipped: [] };
    const payload = catalogueJson(content);
    return ok({ ref: given, source: builtInCatalogue, digest: catalogueDigest(payload), checkedAt: null, content, servers: serversOf(payload) });
  }
  const name = nameOf(given);
  if (!name.ok) {
    return name;
  }
  const { ref } = name.value;
  const opened = openStored(storedPath(locations, ref));
  if (opened === null) {
    return fail(await unknown(locations, ref));
  }
  if (!opened.ok) {
    return opened;
  }
  const { header, payload } = opened.value;
  const { content } = newest(opened.value);
  const text = content === opened.value.content ? payload : catalogueJson(content);
  const { source, checkedAt } = header;
  return ok({ ref, source, checkedAt, digest: catalogueDigest(text), content, servers: serversOf(text) });
}

function serversOf(payload: string): readonly unknown[] {
  return (JSON.parse(payload) as { readonly servers?: readonly unknown[] | null }).servers ?? [];
}
