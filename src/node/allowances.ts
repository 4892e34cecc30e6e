import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { imagesOf } from '../core/profile/grants.ts';
import type { Profile } from '../core/profile/profile.ts';
import { ok, type Result } from '../shared/result.ts';
import type { Locations } from './locations.ts';
import type { ImagesNow } from './imagesNow.ts';
import { forgetContents, keepContent, keptContent } from './allowedContents.ts';
import { ensurePrivateFolder } from './privateFolder.ts';
import { readTextFile, replaceTextFile } from './textFile.ts';

const mostTries = 5;

interface Allowances {
  readonly version: 1;
  /** SHA-256 of the allowed content by the real path of the file. */
  readonly profiles: Readonly<Record<string, string>>;
  /** The same of the user's own profiles that take something from catalogues: only what those say needs allowing. */
  readonly own: Readonly<Record<string, string>>;
  /** By the real path of the file and the name of the server: the image that got what the user granted. */
  readonly images: Readonly<Record<string, Readonly<Record<string, ImageGrant>>>>;
}

interface ImageGrant {
  readonly granted: string;
  /** The reference that the profile named it by: whoever writes another one means another image. */
  readonly image?: string;
  /** Another image that came later, and gets nothing until the user allows the profile again. */
  readonly refused?: string;
}

/** Kept outside every repository: a file in a cloned repository grants nothing by itself. */
export function allowancesFile(locations: Locations): string {
  return join(locations.dataFolder, 'allowed.json');
}

/**
 * Remembers that the user allowed exactly this content of this file, for the images that were shown. Of servers whose image is not
 * known yet it is the one that they first start with. `isOwn`: it is the user's own profile.
 */
export async function allowProfile(
  locations: Locations,
  path: string,
  content: string,
  shown: ImagesNow = {},
  { isOwn = false }: { readonly isOwn?: boolean } = {},
): Promise<Result<null>> {
  const key = await realPath(path);
  const grants = Object.fromEntries(
    Object.entries(shown).flatMap(([server, { image, id }]) => (id === null ? [] : [[server, { granted: id, image }]])),
  );
  const kept = await keepContent(locations, content);
  if (!kept.ok) {
    return kept;
  }
  return change(locations, (known) => {
    const { [key]: _before, ...others } = known.images;
    const images = Object.keys(grants).length === 0 ? others : { ...others, [key]: grants };
    const allowed = { [key]: hashOf(content) };
    return isOwn
      ? { ...known, own: { ...known.own, ...allowed }, images }
      : { ...known, profiles: { ...known.profiles, ...allowed }, images };
  });
}

/** Allows what the user made of an allowed content through Wharf. Images stay as they were granted, or refused. */
export async function allowEdit(locations: Locations, path: string, before: string, after: string): Promise<Result<null>> {
  const key = await realPath(path);
  const kept = (await read(locations)).profiles[key] === hashOf(before) ? await keepContent(locations, after) : ok(null);
  if (!kept.ok) {
    return kept;
  }
  return change(locations, (known) =>
    known.profiles[key] === hashOf(before) ? { ...known, profiles: { ...known.profiles, [key]: hashOf(after) } } : known,
  );
}

/** Remembers what the user's own profile takes from catalogues: what those say later is compared with it. */
export async function rememberOwn(locations: Locations, path: string, content: string): Promise<Result<null>> {
  const key = await realPath(path);
  if ((await read(locations)).own[key] === hashOf(content)) {
    return ok(null);
  }
  const kept = await keepContent(locations, content);
  return kept.ok ? change(locations, (known) => ({ ...known, own: { ...known.own, [key]: hashOf(content) } })) : kept;
}

/** What the user's own profile was when it was remembered last, null where that was not kept; undefined where it never was. */
export async function rememberedOwn(locations: Locations, path: string): Promise<{ readonly content: string | null } | undefined> {
  const hash = (await read(locations)).own[await realPath(path)];
  return hash === undefined ? undefined : { content: await keptContent(locations, hash) };
}

/** Takes back what was allowed of this file, and what its servers' images were granted. False where nothing was. */
export async function revokeAllowance(locations: Locations, path: string): Promise<Result<boolean>> {
  const key = await realPath(path);
  const before = await read(locations);
  if ([before.profiles, before.own, before.images].every((known) => known[key] === undefined)) {
    return ok(false);
  }
  const changed = await change(locations, (known) => {
    const { [key]: _profile, ...profiles } = known.profiles;
    const { [key]: _own, ...own } = known.own;
    const { [key]: _images, ...images } = known.images;
    return { ...known, profiles, own, images };
  });
  return changed.ok ? ok(true) : changed;
}

/** The content of this file that its user allowed last; null where there is none, or it was not kept. */
export async function allowedContent(locations: Locations, path: string): Promise<string | null> {
  const hash = await allowedHash(locations, path);
  return hash === undefined ? null : keptContent(locations, hash);
}

/**
 * Whether this image of a server is the one that the user granted something to: the one that was shown when the profile was
 * allowed, else the first that starts, whose content id is kept. Another one is written down as refused. Where the user named another
 * image it starts anew, but not where a catalogue did: `isLean`.
 */
export async function isImageGranted(
  locations: Locations,
  path: string,
  server: string,
  { image, id: imageId, isLean = false }: { readonly image: string; readonly id: string; readonly isLean?: boolean },
): Promise<Result<boolean>> {
  const key = await realPath(path);
  const grantOf = (known: Allowances): ImageGrant | undefined => {
    const grant = grantIn(known.images[key], server);
    return isLean || grant?.image === undefined || grant.image === image ? grant : undefined;
  };
  const before = grantOf(await read(locations));
  if (before?.granted === imageId || before?.refused === imageId) {
    return ok(before.granted === imageId);
  }
  let isGranted = false;
  const written = await change(locations, (known) => {
    const now = grantOf(known);
    isGranted = now === undefined || now.granted === imageId;
    const grant = now === undefined ? { granted: imageId, image } : isGranted ? now : { ...now, refused: imageId };
    return { ...known, images: { ...known.images, [key]: { ...known.images[key], [server]: grant } } };
  });
  return written.ok ? ok(isGranted) : written;
}

/** Names of the servers of a profile whose image is another one than what they get was granted to. */
export async function refusedImages(
  locations: Locations,
  path: string,
  { servers, lookedUp }: Pick<Profile, 'servers' | 'lookedUp'>,
): Promise<readonly string[]> {
  const grants = (await read(locations)).images[await realPath(path)];
  return servers.flatMap((server, at) => {
    const isLean = lookedUp.some(({ index }) => index === at);
    const isRefused = imagesOf(server).some(({ name, image }) => {
      const grant = grantIn(grants, name);
      return grant?.refused !== undefined && (isLean || grant.image === undefined || grant.image === image);
    });
    return isRefused ? [server.name] : [];
  });
}

/** A server may have the name of something that every object has. */
function grantIn(grants: Readonly<Record<string, ImageGrant>> | undefined, server: string): ImageGrant | undefined {
  return grants !== undefined && Object.hasOwn(grants, server) ? grants[server] : undefined;
}

/** Several programs of the user write here: whoever came too late looks again. */
async function change(locations: Locations, next: (known: Allowances) => Allowances): Promise<Result<null>> {
  const folder = ensurePrivateFolder(await realPath(locations.dataFolder));
  if (!folder.ok) {
    return folder;
  }
  for (let tries = 1; ; tries++) {
    const file = await readTextFile(allowancesFile(locations));
    if (!file.ok) {
      return file;
    }
    const text = `${JSON.stringify(next(parseAllowances(file.value.text)), null, 2)}\n`;
    const written = await replaceTextFile(file.value, text, join(locations.dataFolder, 'backups'), 0o600);
    if (written.ok || written.problem.code !== 'WHARF_FILE_CHANGED' || tries === mostTries) {
      return written.ok ? await forgetContents(locations, hashesIn(parseAllowances(text))) : written;
    }
  }
}

function hashesIn({ profiles, own }: Allowances): readonly string[] {
  return [profiles, own].flatMap((known) => Object.values(known));
}

async function read(locations: Locations): Promise<Allowances> {
  return parseAllowances(await readFile(allowancesFile(locations), 'utf8').catch(() => ''));
}

/** Whether the user allowed exactly this content of this file. */
export async function isAllowed(locations: Locations, path: string, text: string): Promise<boolean> {
  return (await read(locations)).profiles[await realPath(path)] === hashOf(text);
}

/** The real paths of the files of which the user allowed some content. */
export async function allowedPaths(locations: Locations): Promise<readonly string[]> {
  return Object.keys((await read(locations)).profiles);
}

/** Whether the user once allowed some content of this file, be it this or an older one. */
export async function wasEverAllowed(locations: Locations, path: string): Promise<boolean> {
  return (await allowedHash(locations, path)) !== undefined;
}

async function allowedHash(locations: Locations, path: string): Promise<string | undefined> {
  const { profiles, own } = await read(locations);
  const key = await realPath(path);
  return profiles[key] ?? own[key];
}

function parseAllowances(text: string): Allowances {
  try {
    const value = JSON.parse(text) as Partial<Allowances> | null;
    return { version: 1, profiles: value?.profiles ?? {}, own: value?.own ?? {}, images: value?.images ?? {} };
  } catch {
    return { version: 1, profiles: {}, own: {}, images: {} };
  }
}

/** SHA-256 of a profile's content, as `--trust-profile` takes it. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
