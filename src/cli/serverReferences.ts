import type { ResolveServers } from '../core/catalog/entry.ts';
import { resolver, type ResolveHelp } from '../node/catalogs/resolve.ts';
import type { Locations } from '../node/locations.ts';
import { askOnce } from './context.ts';
import { note } from './output.ts';
import type { BuildOptions } from './packages/buildSettings.ts';

/** Finds what references of `--server` name, with the images of the daemon's engine. What a person should know is said on stderr. */
export function serverReferences(locations: Locations, more: Pick<ResolveHelp, 'signal'> & BuildOptions = {}): ResolveServers {
  const { signal, ...packages } = more;
  return resolver(locations, {
    ...(signal === undefined ? {} : { signal }),
    packages: async (reference) => {
      // It speaks to Docker itself, and only packages need that.
      const { packageResolver } = await import('./packages.ts');
      return packageResolver(locations, packages)(reference);
    },
    note: (words) => note(`wharf: ${words}`),
    localImage: async (reference, label) => {
      const answer = await askOnce(locations, 'image/label', { reference, label });
      return answer.ok ? answer.value.found : null;
    },
  });
}
