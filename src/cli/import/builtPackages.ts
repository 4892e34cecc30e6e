import type { ResolvedServer } from '../../core/catalog/entry.ts';
import type { ImportedServer } from '../../core/imports/imported.ts';
import { parsePackageReference } from '../../core/packages/packageReference.ts';
import type { Locations } from '../../node/locations.ts';
import { describeProblem } from '../../shared/problem.ts';
import { note } from '../output.ts';

/** Makes images of the packages that nothing else is known for. One that cannot be built is said, and stays as it is. */
export async function buildPackages(
  locations: Locations,
  imported: readonly ImportedServer[],
  options: { readonly yes: boolean },
): Promise<ReadonlyMap<string, ResolvedServer>> {
  const references = imported.flatMap(({ outcome }) => (outcome.kind === 'package' ? [outcome.reference] : []));
  const built = new Map<string, ResolvedServer>();
  if (references.length === 0) {
    return built;
  }
  const { packageResolver } = await import('../packages.ts');
  const resolve = packageResolver(locations, options);
  for (const text of new Set(references)) {
    const reference = parsePackageReference(text);
    const resolved = reference === undefined ? undefined : await resolve(reference);
    if (resolved?.ok === false) {
      note(`wharf: ${describeProblem(resolved.problem)}`);
    }
    const [server] = resolved?.ok === true ? resolved.value : [];
    if (server !== undefined) {
      built.set(text, server);
    }
  }
  return built;
}
