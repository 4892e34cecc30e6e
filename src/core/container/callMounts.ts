import type { Mount } from '../profile/profile.ts';
import { guardedParts } from './mounts.ts';
import { placedText, type Places } from './places.ts';

/** What a call's volumes come to, or half a sentence that says why they are none. */
export type CallMounts = { readonly mounts: readonly Mount[] } | { readonly why: string };

/**
 * Mounts of one call of a tool. A model chooses the folders, so only what lies in those that the user granted to the server is
 * mounted, and as they granted it.
 */
export function callMounts(volumes: readonly string[], granted: readonly Mount[], places: Places): CallMounts {
  const mounts: Mount[] = [];
  for (const volume of volumes) {
    const [, source = '', target = '', mode] = /^((?:[A-Za-z]:)?[^:]+):([^:]+)(?::(ro|rw))?$/.exec(volume) ?? [];
    if (source === '' || source.split(/[\\/]/).includes('..')) {
      return { why: `"${volume}" is no folder with a place for it` };
    }
    const grant = granted.find((one) => isIn(source, placedText(one.source, places)));
    if (grant === undefined) {
      const known = granted.length === 0 ? 'no folder is granted to it' : `granted are ${granted.map((one) => one.source).join(', ')}`;
      return { why: `it wants ${source}, and ${known} ("wharf.mounts" of its profile)` };
    }
    const rest = source.slice(placedText(grant.source, places).length);
    // A grant to change a folder leaves out what programs outside run from it, and a call is no wider.
    const isGuarded = rest.split(/[\\/]/).some((name) => guardedParts.some((part) => part === name));
    mounts.push({ source: `${grant.source}${rest}`, target, readOnly: grant.readOnly || isGuarded || mode === 'ro' });
  }
  return { mounts };
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
