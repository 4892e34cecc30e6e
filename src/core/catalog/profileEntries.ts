import { isRecord, textOf } from '../provenance/json.ts';
import { parseImageName } from '../provenance/imageName.ts';
import { nameFromAddress, parseRemoteAddress } from '../profile/remoteAddress.ts';
import type { CatalogEntry, CatalogLookup, CatalogueContent } from './entry.ts';
import { entryOf } from './entryOf.ts';
import { itemsOfProfile } from './profileItems.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * The servers of a sound profile as those of a catalogue: what they are, and not what its user chose for them, such as values of
 * their configuration and secrets. Those that only this computer can run are left out, each with its reason.
 */
export function entriesOfProfile(text: string, catalogs: CatalogLookup): Pick<CatalogueContent, 'entries' | 'skipped'> {
  const entries: CatalogEntry[] = [];
  const skipped: { readonly name: string; readonly why: string }[] = [];
  for (const item of itemsOfProfile(text) ?? []) {
    const made = entryIn(item, catalogs);
    const name = nameIn(item);
    if ('why' in made) {
      skipped.push({ name, why: made.why });
    } else if (entries.some((other) => other.name === made.name)) {
      skipped.push({ name, why: 'another instance of it is there already' });
    } else {
      entries.push(withTools(made, item));
    }
  }
  return { entries, skipped };
}

function entryIn(item: Values, catalogs: CatalogLookup): CatalogEntry | { readonly why: string } {
  if (isRecord(item['wharf']) && isRecord(item['wharf']['native'])) {
    return { why: 'it is a program of this computer' };
  }
  const [image, endpoint, source] = [textOf(item['image']), textOf(item['endpoint']), textOf(item['source'])];
  const snapshot = isRecord(item['snapshot']) && isRecord(item['snapshot']['server']) ? item['snapshot']['server'] : undefined;
  const ref = textOf(item['catalog_ref']) ?? textOf(item['catalogRef']);
  const name = nameIn(item);
  if (snapshot === undefined && image === null && endpoint === null && ref !== null) {
    const found = catalogs.find(ref, name);
    return typeof found === 'string' ? { why: `its catalogue ${ref} does not have it here` } : found;
  }
  const base = snapshot ?? (endpoint === null ? { type: 'server' } : { type: 'remote', remote: { url: endpoint } });
  const entry = entryOf(name, { ...base, ...(image === null ? {} : { image }) });
  return 'why' in entry || source === null ? entry : { ...entry, source };
}

function withTools(entry: CatalogEntry, item: Values): CatalogEntry {
  const tools = item['tools'];
  return Array.isArray(tools) && tools.every((tool) => typeof tool === 'string') ? { ...entry, onlyTools: tools } : entry;
}

function nameIn(item: Values): string {
  const snapshot = isRecord(item['snapshot']) && isRecord(item['snapshot']['server']) ? item['snapshot']['server'] : {};
  const said = textOf(snapshot['name']) ?? textOf(item['name']);
  if (said !== null) {
    return said;
  }
  const address = parseRemoteAddress(textOf(item['endpoint']) ?? '');
  const path = parseImageName(textOf(item['image']) ?? '')?.path ?? '';
  return address.kind === 'address' ? nameFromAddress(address) : (path.split('/').at(-1) ?? '');
}
