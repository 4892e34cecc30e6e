import { builtInCatalogue } from '../../core/catalog/builtIn.ts';
import type { KnownCatalogues } from '../../core/imports/knownPackages.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import { orderedCatalogues } from '../../node/catalogs/order.ts';
import type { Locations } from '../../node/locations.ts';
import { describeProblem } from '../../shared/problem.ts';
import { note } from '../output.ts';

/** The catalogues of this computer in their order, without a network. The built-in one has no packages and no old names. */
export async function knownCatalogues(locations: Locations): Promise<KnownCatalogues> {
  const ordered = await orderedCatalogues(locations);
  if (!ordered.ok) {
    note(`wharf: ${describeProblem(ordered.problem)}`);
  }
  const refs = ordered.ok ? ordered.value.flatMap(({ ref, stored }) => (stored?.kind === 'usable' ? [ref] : [])) : [];
  return { refs: refs.filter((ref) => ref !== builtInCatalogue), lookup: catalogLookup(locations) };
}
