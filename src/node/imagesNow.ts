import { imagesOf, needsGrant } from '../core/profile/grants.ts';
import type { ImageNow } from '../core/profile/grantWords.ts';
import type { Profile } from '../core/profile/profile.ts';
import type { ControlMethods } from '../shared/controlProtocol.ts';
import type { Result } from '../shared/result.ts';

/** By the name of each server that gets something for its image alone: that image. */
export type ImagesNow = Readonly<Record<string, ImageNow>>;

/** Asks a gateway for the images that a person grants something to; it may be away, and then they are not known yet. */
export async function imagesNow(
  { servers }: Pick<Profile, 'servers'>,
  ask: (params: ControlMethods['image/ids']['params']) => Promise<Result<ControlMethods['image/ids']['result']>>,
): Promise<ImagesNow> {
  const granted = servers.filter(needsGrant).flatMap(imagesOf);
  if (granted.length === 0) {
    return {};
  }
  const answer = await ask({ references: granted.map(({ image }) => image) });
  const ids = answer.ok ? answer.value.ids : [];
  return Object.fromEntries(granted.map(({ name, image }, index) => [name, { image, id: ids[index] ?? null }]));
}
