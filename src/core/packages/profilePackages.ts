import { parse } from 'yaml';

import { isValues } from './lockedPackage.ts';
import { isPackageImage } from './packageImage.ts';
import { packageRecord, type PackageRecord } from './packageServer.ts';

/** An entry of a profile whose image is built from a package. */
export interface ProfilePackage {
  readonly image: string;
  /** Null where the entry does not say enough to build it. */
  readonly record: (PackageRecord & { readonly tree: string }) | null;
}

/** Those of a profile that `readProfile` takes. */
export function profilePackages(yaml: string): readonly ProfilePackage[] {
  const read: unknown = parse(yaml);
  const servers = isValues(read) && Array.isArray(read['servers']) ? (read['servers'] as readonly unknown[]) : [];
  return servers.flatMap((entry) => {
    const snapshot = isValues(entry) && isValues(entry['snapshot']) ? entry['snapshot']['server'] : undefined;
    const image = isValues(entry) ? (entry['image'] ?? (isValues(snapshot) ? snapshot['image'] : undefined)) : undefined;
    return typeof image === 'string' && isPackageImage(image) ? [{ image, record: packageRecord(image, snapshot) ?? null }] : [];
  });
}
