import type { ResolvedServer } from '../catalog/entry.ts';
import type { Json } from './yamlText.ts';

/** An entry of a profile, as it is written. */
export type NewEntry = Readonly<Record<string, Json>>;

export interface EntryWish {
  /** The server's name in this profile where that is not the catalogue's. */
  readonly alias?: string;
  /** Only where the catalogue has it, so that the profile says what the catalogue says then. */
  readonly isLean?: boolean;
}

/** Docker's word for where the values of secrets are. */
const secretsKey = 'default';

/**
 * What a profile says of a server that was found: as Docker writes it, with everything that the catalogue says, so that it runs
 * without the catalogue and its user allows all of it.
 */
export function entryOf({ entry, catalogRef, registrySource }: ResolvedServer, { alias, isLean = false }: EntryWish): NewEntry {
  const own: NewEntry = alias === undefined || alias === entry.name ? {} : { wharf: { alias } };
  const catalogue: NewEntry = catalogRef === null ? {} : { catalog_ref: catalogRef };
  const target = targetOf(entry);
  if (isLean || entry.kind === 'builtIn') {
    return { ...(catalogRef === null ? target : catalogue), name: entry.name, ...own };
  }
  const server = withoutEmptyParts(JSON.parse(JSON.stringify(entry.server)) as NewEntry);
  return {
    ...(entry.kind === 'poci' ? { name: entry.name } : registrySource === null ? { type: entry.kind, ...target } : {}),
    ...(registrySource === null ? {} : { type: 'registry', source: registrySource, ...(isSaid(server, target) ? {} : target) }),
    ...(needsSecrets(server) ? { secrets: secretsKey } : {}),
    ...(entry.onlyTools === undefined ? {} : { tools: [...entry.onlyTools] }),
    ...catalogue,
    snapshot: { server: { name: entry.name, ...server } },
    ...own,
  };
}

/** Docker's JSON has an empty "container" and "parameters" in every tool, which its YAML leaves out. */
function withoutEmptyParts(server: NewEntry): NewEntry {
  const { tools } = server;
  if (!Array.isArray(tools)) {
    return server;
  }
  const isEmpty = (value: Json): boolean =>
    value === '' || value === null || (typeof value === 'object' && Object.values(value as NewEntry).every(isEmpty));
  const parts = ['description', 'container', 'parameters'];
  return {
    ...server,
    tools: (tools as readonly Json[]).map((tool) =>
      typeof tool === 'object' && tool !== null && !Array.isArray(tool)
        ? Object.fromEntries(Object.entries(tool as NewEntry).filter(([key, value]) => !(parts.includes(key) && isEmpty(value))))
        : tool,
    ),
  };
}

/** Whether the catalogue's own words name the same image or address: only they say what a server of a registry is. */
function isSaid(server: NewEntry, { image, endpoint }: NewEntry): boolean {
  return image === undefined ? objectOf(server['remote'])['url'] === endpoint : server['image'] === image;
}

function targetOf(entry: ResolvedServer['entry']): NewEntry {
  switch (entry.kind) {
    case 'image':
      return { image: entry.image };
    case 'remote':
      return { endpoint: entry.endpoint };
    case 'poci':
    case 'builtIn':
      return {};
  }
}

function needsSecrets({ secrets, oauth }: NewEntry): boolean {
  const providers = typeof oauth === 'object' && oauth !== null && 'providers' in oauth ? (oauth as NewEntry)['providers'] : oauth;
  return [secrets, providers].some((list) => Array.isArray(list) && list.length > 0);
}

/** A command of the user, which no container holds. */
export function nativeEntry(name: string, [command = '', ...args]: readonly string[]): NewEntry {
  return { name, wharf: { native: args.length === 0 ? { command } : { command, args } } };
}

/** The name that a profile knows an entry of these by. */
export function nameOfEntry(entry: NewEntry): string {
  const [own, snapshot] = [objectOf(entry['wharf']), objectOf(objectOf(entry['snapshot'])['server'])];
  const name = own['alias'] ?? entry['name'] ?? snapshot['name'];
  return typeof name === 'string' ? name : '';
}

export function objectOf(value: Json | undefined): NewEntry {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as NewEntry) : {};
}

/** The text of a new profile file. */
export function newProfile(id: string, name: string): string {
  return `version: 1\nid: ${JSON.stringify(id) === `"${id}"` && /^[a-z][\w-]*$/i.test(id) && !isWord(id) ? id : JSON.stringify(id)}\nname: ${
    /^[A-Za-z][\w -]*\w$/.test(name) && !isWord(name) ? name : JSON.stringify(name)
  }\nservers: []\n`;
}

/** What YAML takes for something else than a text. */
function isWord(text: string): boolean {
  return /^(?:true|false|yes|no|on|off|null|y|n|~)$/i.test(text);
}
