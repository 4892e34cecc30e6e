import type { Profile } from '../core/profile/profile.ts';
import type { Locations } from '../node/locations.ts';
import { askOnce } from './context.ts';

/**
 * Names images by the digest that the engine has of them, so that others get the same. One that was built here has none, and an
 * engine that is away knows none: those keep their name.
 */
export async function pinnedImages(locations: Locations, { servers }: Profile): Promise<(image: string) => string> {
  const images = servers.flatMap((server) => (server.kind === 'image' && !server.image.includes('@') ? [server.image] : []));
  const answer = images.length === 0 ? undefined : await askOnce(locations, 'image/digests', { references: images });
  const digests = answer?.ok === true ? answer.value.digests : [];
  const pinned = new Map(
    images.flatMap((image, index) => {
      const digest = digests[index];
      return digest === null || digest === undefined ? [] : [[image, `${image.replace(/:[^:/]+$/, '')}@${digest}`] as const];
    }),
  );
  return (image) => pinned.get(image) ?? image;
}
