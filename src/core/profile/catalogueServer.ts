import type { CatalogLookup, DockerServer } from '../catalog/entry.ts';
import { objectOf, type NewEntry } from './newEntry.ts';

/** What a catalogue says of the server of an entry: in the entry itself, or where a lean one names it. */
export function catalogueServer(entry: NewEntry | undefined, catalogs: CatalogLookup): DockerServer {
  const { server } = objectOf(entry?.['snapshot']);
  const [reference, name] = [entry?.['catalog_ref'] ?? entry?.['catalogRef'], entry?.['name']];
  if (server !== undefined || typeof reference !== 'string' || typeof name !== 'string') {
    return objectOf(server);
  }
  const found = catalogs.find(reference, name);
  return typeof found === 'string' ? {} : found.server;
}
