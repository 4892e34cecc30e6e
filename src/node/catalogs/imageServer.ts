import { arch } from 'node:process';

import type { CatalogEntry } from '../../core/catalog/entry.ts';
import { entryOf } from '../../core/catalog/entryOf.ts';
import { imageLabelName, readImageLabel } from '../../core/catalog/imageLabel.ts';
import * as problems from '../../core/problems.ts';
import { parseImageName, type ImageName } from '../../core/provenance/imageName.ts';
import { at, textOf } from '../../core/provenance/json.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { strangersJson, type Manifest } from '../registry/manifests.ts';
import { RegistryClient } from '../registry/registryClient.ts';
import { RegistryError } from '../registry/registryError.ts';
import { registryHost } from '../registry/registryHost.ts';
import type { Fetching } from './sources.ts';

/** What the engine of this computer says of an image: null where it has none of that name, or where there is no engine. */
export type LocalImage = (image: string, label: string) => Promise<{ readonly label: string | null } | null>;

/** Bytes of an image's configuration; the history of a large one has a tenth of it. */
const longestConfig = 4 * 1024 ** 2;

/**
 * The server of an image, as its label describes it: the engine's own image first, else the registry's, and then by the digest that
 * the registry has now. An image that says nothing of itself is a server with its name alone.
 */
export async function imageServer(
  locations: Locations,
  image: string,
  localImage: LocalImage | undefined,
  fetching: Fetching,
  note: ((words: string) => void) | undefined,
): Promise<Result<CatalogEntry>> {
  const name = parseImageName(image);
  if (name === undefined) {
    return fail(problems.imageReferenceBad(image));
  }
  const local = (await localImage?.(image, imageLabelName)) ?? null;
  if (local !== null) {
    return described(name, image, local.label, note);
  }
  const remote = await remoteLabel(locations, name, image, fetching);
  return remote.ok ? described(name, remote.value.image, remote.value.label, note) : remote;
}

function described(
  name: ImageName,
  image: string,
  label: string | null,
  note: ((words: string) => void) | undefined,
): Result<CatalogEntry> {
  if (label !== null) {
    return readImageLabel(label, image);
  }
  note?.(`The image ${image} does not say what server it is (label ${imageLabelName}), so it is taken with its name alone.`);
  const called = name.path.split('/').at(-1) ?? name.path;
  const entry = entryOf(called, { name: called, type: 'server', image });
  return 'why' in entry ? fail(problems.catalogEntry(image, entry.why)) : ok(entry);
}

async function remoteLabel(
  locations: Locations,
  name: ImageName,
  image: string,
  { signal, patienceMs, firstPauseMs }: Fetching,
): Promise<Result<{ readonly image: string; readonly label: string | null }>> {
  const host = await registryHost(locations);
  if (!host.ok) {
    return host;
  }
  const client = new RegistryClient({
    ...host.value,
    ...(patienceMs === undefined ? {} : { patienceMs }),
    ...(firstPauseMs === undefined ? {} : { firstPauseMs }),
  });
  const found = await client.manifest(name, name.digest ?? name.tag ?? 'latest', signal);
  if (!found.ok) {
    return found;
  }
  const manifest = found.value === null ? ok(null) : await ofThisPlatform(client, name, found.value, signal);
  if (!manifest.ok) {
    return manifest;
  }
  if (found.value === null || manifest.value?.kind !== 'image' || manifest.value.config === null) {
    return fail(problems.imageUnknown(image, name.host));
  }
  const config = await client.blob(name, manifest.value.config, longestConfig, signal);
  if (!config.ok) {
    return config;
  }
  if (config.value === null) {
    return fail(problems.registryFailed(name.host, `it has the manifest of ${image} and not its configuration`));
  }
  const pinned = name.digest === null ? `${image}@${found.value.digest}` : image;
  return labelOf(config.value, pinned, name.host);
}

function labelOf(config: Buffer, image: string, host: string): Result<{ readonly image: string; readonly label: string | null }> {
  try {
    return ok({ image, label: textOf(at(strangersJson(config, 'the configuration of an image'), 'config', 'Labels', imageLabelName)) });
  } catch (error) {
    if (error instanceof RegistryError) {
      return fail(problems.registryFailed(host, error.message));
    }
    throw error;
  }
}

/** Of a list of platforms the one that this computer would run; the label is the same in all. */
async function ofThisPlatform(
  client: RegistryClient,
  name: ImageName,
  found: Manifest,
  signal: AbortSignal,
): Promise<Result<Manifest | null>> {
  if (found.kind === 'image') {
    return ok(found);
  }
  const wanted = { x64: 'amd64', arm64: 'arm64' }[arch as string] ?? arch;
  const platforms = platformsOf(found.bytes);
  const digest = platforms.get(wanted) ?? [...platforms.values()][0] ?? found.manifests[0]?.digest;
  return digest === undefined ? ok(null) : client.manifest(name, digest, signal);
}

/** Digests of manifests by their architecture, for Linux. */
function platformsOf(bytes: Buffer): ReadonlyMap<string, string> {
  const manifests = at(strangersJson(bytes, 'a manifest'), 'manifests');
  return new Map(
    (Array.isArray(manifests) ? (manifests as readonly unknown[]) : []).flatMap((one) => {
      const [digest, architecture] = [textOf(at(one, 'digest')), textOf(at(one, 'platform', 'architecture'))];
      return digest === null || architecture === null || at(one, 'platform', 'os') !== 'linux' ? [] : [[architecture, digest] as const];
    }),
  );
}
