import type { CatalogEntry } from '../../core/catalog/entry.ts';
import { remoteHost } from '../../core/profile/remoteAddress.ts';
import { listOf } from '../../core/provenance/json.ts';

/** What a server runs in. */
export function kindWords({ kind }: CatalogEntry): string {
  switch (kind) {
    case 'image':
      return 'container';
    case 'remote':
      return 'remote';
    case 'poci':
      return 'containers';
    case 'builtIn':
      return 'built in';
  }
}

/** What it may reach as its catalogue says, before its user says anything. */
export function networkWords(entry: CatalogEntry): string {
  const { server } = entry;
  switch (entry.kind) {
    case 'remote':
      return remoteHost(entry.endpoint);
    case 'builtIn':
      return 'none';
    default:
      return server['disableNetwork'] === true ? 'none' : listOf(server['allowHosts']).length > 0 ? 'declared' : 'open';
  }
}

/** Whether it wants something secret before it works: a value, or a login. */
export function secretWords({ server }: CatalogEntry): 'secrets' | 'login' | '' {
  const { oauth } = server;
  return listOf(server['secrets']).length > 0 ? 'secrets' : typeof oauth === 'object' && oauth !== null ? 'login' : '';
}
