import { builtInCatalogue, builtInContent } from '../../core/catalog/builtIn.ts';
import type { Catalogue } from '../../core/catalog/entry.ts';
import { catalogueJson, readCatalogueJson } from '../../core/catalog/catalogueJson.ts';
import * as problems from '../../core/problems.ts';
import { unknown } from '../../node/catalogs/editCatalogue.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { catalogueDigest, readStored } from '../../node/catalogs/store.ts';
import type { Locations } from '../../node/locations.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** A catalogue as it is shown. */
export interface ShownCatalogue extends Catalogue {
  /** In the form that Docker prints them in. */
  readonly servers: readonly unknown[];
}

/** The catalogue of this computer that somebody named. */
export async function openNamed(locations: Locations, given: string): Promise<Result<ShownCatalogue>> {
  if (given === builtInCatalogue) {
    const content = builtInContent();
    const payload = catalogueJson(content);
    return ok({
      ...content,
      ref: given,
      source: builtInCatalogue,
      digest: catalogueDigest(payload),
      checkedAt: null,
      servers: serversOf(payload),
    });
  }
  const name = nameOf(given);
  if (!name.ok) {
    return name;
  }
  const { ref } = name.value;
  const stored = await readStored(locations, ref);
  if (!stored.ok || stored.value === null) {
    return stored.ok ? fail(await unknown(locations, ref)) : stored;
  }
  const { header, payload, file } = stored.value;
  const content = readCatalogueJson(payload, ref);
  if (!content.ok) {
    return fail(problems.catalogFileBroken(file.path, ref, content.problem.message));
  }
  const { source, checkedAt, digest } = header;
  return ok({ ...content.value, ref, source, checkedAt, digest, servers: serversOf(payload) });
}

function serversOf(payload: string): readonly unknown[] {
  return (JSON.parse(payload) as { readonly servers?: readonly unknown[] | null }).servers ?? [];
}
