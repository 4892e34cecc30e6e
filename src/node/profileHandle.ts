import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';

import type { SessionSelection } from '../shared/controlProtocol.ts';

/**
 * What stands for a profile in the address of a gateway, as in `/p/HANDLE/mcp`. For one that is found by its id, the id; for servers of
 * catalogues, a hash of what was named. For a
 * file, its name and 8 hexadecimal digits of the absolute path's SHA-256: an address that tells nothing of the computer, and
 * differs between two projects with a profile of the same name.
 */
export function profileHandle(selection: SessionSelection): string {
  if (selection.by === 'id') {
    return selection.id;
  }
  if (selection.by === 'servers') {
    const { catalogs, servers } = selection;
    return `servers-${digestOf(JSON.stringify([catalogs, servers]))}`;
  }
  const path = resolve(selection.path);
  const name = basename(path)
    .replace(/\.ya?ml$/, '')
    .replace(/[^\w.-]/g, '-');
  return `${name}-${digestOf(path)}`;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
