import { at, isRecord, listOf, textOf } from '../../core/provenance/json.ts';
import { isDigest } from '../../core/provenance/imageName.ts';
import { RegistryError } from './registryError.ts';

/** What a manifest says of something else in the registry. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType: string | null;
  readonly annotations: ReadonlyMap<string, string>;
}

interface Common {
  /** Of the bytes; proven. */
  readonly digest: string;
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly artifactType: string | null;
  readonly annotations: ReadonlyMap<string, string>;
  /** What it is about. */
  readonly subject: Descriptor | null;
}

/** One manifest: of an image (or of what is stored in the form of one), or a list of manifests. */
export type Manifest =
  | (Common & { readonly kind: 'image'; readonly config: Descriptor | null; readonly layers: readonly Descriptor[] })
  | (Common & { readonly kind: 'index'; readonly manifests: readonly Descriptor[] });

export const indexTypes = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'] as const;
export const imageTypes = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'] as const;

/** No format of a registry nests deeper. */
const deepest = 64;

/** JSON of a stranger. Deep nesting is refused before it is parsed, as it would cost many times its size. */
export function strangersJson(bytes: Buffer, what: string): unknown {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === 0x22) {
      inText = !inText;
    } else if (inText) {
      index += byte === 0x5c ? 1 : 0;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth++;
      if (depth > deepest) {
        throw new RegistryError(`${what} is nested too deeply`);
      }
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new RegistryError(`${what} is no JSON`);
  }
}

/** Reads a manifest whose digest was proven. `contentType` counts where the manifest itself says nothing. */
export function readManifest(bytes: Buffer, digest: string, contentType: string | null): Manifest {
  const value = strangersJson(bytes, 'a manifest');
  if (!isRecord(value)) {
    throw new RegistryError('a manifest is no object');
  }
  const mediaType = textOf(value['mediaType']) ?? contentType?.split(';')[0]?.trim() ?? '';
  // One text that reads as either could show one image to us and another to the engine (CVE-2021-41190).
  if (value['manifests'] !== undefined && (value['layers'] !== undefined || value['config'] !== undefined)) {
    throw new RegistryError('a manifest is a list and an image at the same time');
  }
  const common: Common = {
    digest,
    bytes,
    mediaType,
    artifactType: textOf(value['artifactType']),
    annotations: annotationsOf(value['annotations']),
    subject: readDescriptor(value['subject']) ?? null,
  };
  if ((indexTypes as readonly string[]).includes(mediaType)) {
    return { ...common, kind: 'index', manifests: descriptors(value['manifests']) };
  }
  if ((imageTypes as readonly string[]).includes(mediaType)) {
    return { ...common, kind: 'image', config: readDescriptor(value['config']) ?? null, layers: descriptors(value['layers']) };
  }
  throw new RegistryError(`a manifest is of the type ${JSON.stringify(mediaType.slice(0, 100))}, which is not known`);
}

function descriptors(value: unknown): readonly Descriptor[] {
  return listOf(value).flatMap((entry) => readDescriptor(entry) ?? []);
}

/** Undefined for what is none, or names a digest that cannot be checked. */
function readDescriptor(value: unknown): Descriptor | undefined {
  const [digest, size] = [textOf(at(value, 'digest')), at(value, 'size')];
  if (digest === null || !isDigest(digest) || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    return undefined;
  }
  return {
    mediaType: textOf(at(value, 'mediaType')) ?? '',
    digest,
    size,
    artifactType: textOf(at(value, 'artifactType')),
    annotations: annotationsOf(at(value, 'annotations')),
  };
}

function annotationsOf(value: unknown): ReadonlyMap<string, string> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return new Map(entries.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text] as const] : [])));
}
