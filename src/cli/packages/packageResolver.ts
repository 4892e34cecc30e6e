import type { ResolvedServer } from '../../core/catalog/entry.ts';
import { packageReferenceText, withOneName, type PackageReference } from '../../core/packages/packageReference.ts';
import { resolvedPackage } from '../../core/packages/packageServer.ts';
import type { Locations } from '../../node/locations.ts';
import { ok, type Result } from '../../shared/result.ts';
import { note } from '../output.ts';
import { buildOne } from './buildOne.ts';
import { baseOf, registryOf, type BuildOptions } from './buildSettings.ts';
import { openBuilder } from './openBuilder.ts';

/** What `--server npx://…` and `uvx://…` give: the package is installed, and its image is on the engine. */
export function packageResolver(
  locations: Locations,
  options: BuildOptions = {},
): (reference: PackageReference) => Promise<Result<readonly ResolvedServer[]>> {
  return async (given) => {
    const reference = withOneName(given);
    const { kind } = reference;
    const registry = await registryOf(kind, options);
    if (!registry.ok) {
      return registry;
    }
    const builder = openBuilder(locations);
    if (!builder.ok) {
      return builder;
    }
    const base = baseOf(kind, options);
    const scripts = options.allowScripts === true;
    const wish = { reference, base, registry: registry.value, allowScripts: scripts, expected: null, isDryRun: options.dryRun === true };
    const built = await buildOne(builder.value, wish, options);
    if (!built.ok) {
      return built;
    }
    const { image, integrity, resolvedAt, description, withScripts } = built.value;
    if (!scripts && withScripts.length > 0) {
      note(`wharf: ${scriptsNote(packageReferenceText(reference), withScripts)}`);
    }
    const record = { reference: { ...reference, version: image.version }, integrity, resolvedAt, base, scripts };
    return ok([resolvedPackage({ image: built.value.reference, description, record })]);
  };
}

/** What a person should know of packages that wanted to run something. */
export function scriptsNote(name: string, withScripts: readonly string[]): string {
  const shown = withScripts.slice(0, 5).join(', ');
  const more = withScripts.length > 5 ? ` and ${withScripts.length - 5} more` : '';
  return `Install scripts were not run for ${name}: ${shown}${more}. If the server does not work without them, build it with --allow-scripts.`;
}
