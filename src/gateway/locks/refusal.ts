import { serverDrift } from '../../core/lock/drift.ts';
import { driftProblem } from '../../core/lock/words.ts';
import { commandName, type ServedProfile } from '../../core/profile/grants.ts';
import type { ProfileServer } from '../../core/profile/profile.ts';
import { sha256 } from '../../node/scanning.ts';
import type { FoundImage } from '../../shared/foundServer.ts';
import type { Problem } from '../../shared/problem.ts';

/** Who knows images. */
export interface ImageSource {
  /** The content id of the image behind a reference, or null when the engine does not know it. */
  imageId(reference: string): Promise<string | null>;
  /** Its digests in the repository of the reference. */
  imageDigests(reference: string): Promise<readonly string[]>;
}

interface KnownImage {
  /** Of the image that is to run. */
  readonly id: string | null;
  readonly source: Pick<ImageSource, 'imageDigests'>;
}

/** Why a server may not run: it is not in the lock of its profile, or its image is another one than there. */
export async function lockRefusal(profile: ServedProfile, server: ProfileServer, { id, source }: KnownImage): Promise<Problem | undefined> {
  const lock = profile.lock?.current ?? null;
  if (lock === null) {
    return undefined;
  }
  const locked = lock.servers.get(server.name);
  const image = server.kind === 'image' ? await foundImage(server.image, id, source) : null;
  const [first] = serverDrift(locked, { name: server.name, image, offers: null }, sha256);
  return first && driftProblem(first, commandName(profile));
}

async function foundImage(reference: string, id: string | null, source: KnownImage['source']): Promise<FoundImage> {
  return { reference, id, digests: id === null ? [] : await source.imageDigests(reference) };
}

/** The image of a server as the engine has it now; null for one that runs in no container. */
export async function imageOf(server: ProfileServer, source: ImageSource): Promise<FoundImage | null> {
  return server.kind === 'image' ? foundImage(server.image, await source.imageId(server.image), source) : null;
}
