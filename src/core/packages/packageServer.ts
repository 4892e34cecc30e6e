import type { CatalogEntry, DockerServer, ResolvedServer } from '../catalog/entry.ts';
import { isDigest, parseImageName } from '../provenance/imageName.ts';
import { isValues } from './lockedPackage.ts';
import { isPackageImage } from './packageImage.ts';
import { packageReferenceText, parsePackageReference, type PackageReference } from './packageReference.ts';

/**
 * What a profile's entry keeps of a package under `package` of its snapshot, beside its image, so that every computer can build the
 * same. Docker's programs pass over that key.
 */
export interface PackageRecord {
  /** With its exact version. */
  readonly reference: PackageReference;
  /** Of the package's archive. */
  readonly integrity: string;
  /** ISO 8601: when the registry was asked, so that nothing newer is taken another time. */
  readonly resolvedAt: string;
  /** The image that it was installed in. */
  readonly base: string;
  /** Whether install scripts ran. */
  readonly scripts: boolean;
}

export interface PackageServer {
  /** As `packageImageReference` writes it. */
  readonly image: string;
  readonly description: string;
  readonly record: PackageRecord;
}

/** The server of a package, as `--server` gives it. Nobody knows what it holds of its client, so each thread gets its own ("longLived"). */
export function resolvedPackage({ image, description, record }: PackageServer): ResolvedServer {
  const name = serverName(record.reference.package);
  const server: DockerServer = {
    name,
    type: 'server',
    image,
    ...(description === '' ? {} : { description }),
    longLived: true,
    package: {
      reference: packageReferenceText(record.reference),
      integrity: record.integrity,
      resolvedAt: record.resolvedAt,
      base: record.base,
      ...(record.scripts ? { scripts: true } : {}),
    },
  };
  const entry: CatalogEntry = { kind: 'image', name, title: '', description, tools: [], server, image };
  return { entry, catalogRef: null, registrySource: null };
}

/** The record of an entry whose image is `image`, out of its snapshot; undefined where it has none, or one that is not whole. */
export function packageRecord(image: string, snapshot: unknown): (PackageRecord & { readonly tree: string }) | undefined {
  const written = isValues(snapshot) ? snapshot['package'] : undefined;
  const tree = (isPackageImage(image) ? parseImageName(image)?.digest : null) ?? '';
  if (!isValues(written) || !isDigest(tree)) {
    return undefined;
  }
  const { reference: text, integrity, resolvedAt, base, scripts } = written;
  const reference = typeof text === 'string' ? parsePackageReference(text) : undefined;
  const isWhole =
    typeof reference?.version === 'string' &&
    typeof integrity === 'string' &&
    typeof resolvedAt === 'string' &&
    // It becomes an argument of the installer.
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(resolvedAt) &&
    typeof base === 'string';
  return isWhole ? { reference, integrity, resolvedAt, base, scripts: scripts === true, tree } : undefined;
}

/** The last part of a package's name, as a server can be called. */
function serverName(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1);
  return (
    last
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 63) || 'server'
  );
}
