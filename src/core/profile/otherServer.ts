import { checkConfig, configSchemasOf, type Config } from '../catalog/configSchema.ts';
import type { CatalogLookup } from '../catalog/entry.ts';
import { defaultLimits } from '../container/spec.ts';
import { parseImageName } from '../provenance/imageName.ts';
import { parseSecretReference } from '../secrets/reference.ts';
import { catalogueServer } from './catalogueServer.ts';
import type { Change } from './changes.ts';
import { wharfSettings } from './entryKeys.ts';
import { objectOf, type NewEntry } from './newEntry.ts';
import { parseCpus, parseMemory } from './units.ts';
import type { Json } from './yamlText.ts';

/** What an entry itself gives to its server: where that is another one, nobody granted it to that. */
const given = ['env', 'headers', 'volumes', 'user', 'oauth', 'extraHosts', 'allowHosts'];
/** Settings that only say how a server is run, and give it nothing. */
const harmless = ['alias', 'startTimeout', 'callTimeout', 'idleTimeout', 'onIdle', 'maxInstances'];

/**
 * Whether an entry would run another image, or reach another address, than the one in whose place it comes; versions may differ.
 * From another catalogue it must run it in the same way, too: a command can do anything with what an image was given.
 */
export function isOtherServer(old: NewEntry, entry: NewEntry, catalogs: CatalogLookup): boolean {
  const [before, after] = [sourceOf(old), sourceOf(entry)];
  return (
    whatRuns(old, catalogs) !== whatRuns(entry, catalogs) ||
    (before !== undefined && after !== undefined && before !== after) ||
    (!isOfSameCatalogue(old, entry) && howItRuns(old, catalogs) !== howItRuns(entry, catalogs))
  );
}

function isOfSameCatalogue(old: NewEntry, entry: NewEntry): boolean {
  const [before, after] = [old, entry].map((one) => one['catalog_ref'] ?? one['catalogRef']);
  return typeof before === 'string' && typeof after === 'string' && repositoryOf(before) === repositoryOf(after);
}

/** What a catalogue has a container do. */
function howItRuns(entry: NewEntry, catalogs: CatalogLookup): string {
  const server = catalogueServer(entry, catalogs);
  const variables = (Array.isArray(server['env']) ? (server['env'] as readonly Json[]) : []).map(objectOf);
  // Not what people are told of them, nor in which order.
  const env = variables.map(({ name, value }) => JSON.stringify([name ?? null, value ?? null])).toSorted();
  const said = [server['command'], env, server['volumes'], server['user']];
  const tools = Array.isArray(server['tools']) ? (server['tools'] as readonly Json[]) : [];
  const containers = tools.map((tool) => objectOf(tool)['container'] ?? null).filter((container) => container !== null);
  return JSON.stringify([...said, ...containers].map((one) => (Array.isArray(one) && one.length === 0 ? null : (one ?? null))));
}

/** One text for each image whatever its tag, and for each address. */
function whatRuns(entry: NewEntry, catalogs: CatalogLookup): string {
  const server = catalogueServer(entry, catalogs);
  const remote = objectOf(server['remote'] as Json | undefined);
  const [endpoint, image] = [entry['endpoint'] ?? remote['url'] ?? server['sseEndpoint'], entry['image'] ?? server['image']];
  if (typeof endpoint === 'string' && endpoint !== '') {
    return `address ${endpoint}`;
  }
  if (typeof image === 'string' && image !== '') {
    return `image ${repositoryOf(image)}`;
  }
  const tools = Array.isArray(server['tools']) ? (server['tools'] as readonly Json[]) : [];
  const images = tools.map((tool) => objectOf(objectOf(tool)['container'])['image']).filter((one) => typeof one === 'string');
  const lean = [entry['catalog_ref'] ?? entry['catalogRef'], entry['name']].map(String).join(' ');
  return images.length > 0 ? `images ${[...new Set(images.map(repositoryOf))].toSorted().join(' ')}` : `entry ${lean}`;
}

function repositoryOf(image: string): string {
  return parseImageName(image)?.repository ?? image;
}

/** The address of a server in a community registry, without its version. */
function sourceOf({ source }: NewEntry): string | undefined {
  return typeof source === 'string' ? source.replace(/\/versions\/[^/]*$/, '') : undefined;
}

/** What is taken out of an entry whose server becomes another one, `entry`, and the names of it. What narrows a server stays. */
export function withoutGrants(
  old: NewEntry,
  entry: NewEntry,
  path: Change['path'],
  catalogs: CatalogLookup,
): { readonly changes: readonly Change[]; readonly taken: readonly string[] } {
  const remove = (...keys: readonly string[]): Change => ({ kind: 'remove', path: [...path, ...keys] });
  const own = given.filter((key) => old[key] !== undefined);
  const config = objectOf(old['config']);
  const unfit = unfitKeys(config, catalogueServer(entry, catalogs));
  const wharf = objectOf(old['wharf']);
  const settings = wharfSettings[kindOf(entry, catalogs)] as readonly string[];
  const loose = Object.keys(wharf).filter((key) => !settings.includes(key) || !stays(key, wharf[key]));
  // Hosts that were pinned held the old server to them: the new one gets those of its own catalogue, or none.
  const isPinned = Array.isArray(old['allowHosts']) && old['allowHosts'].length > 0 && settings.includes('network');
  const isHeld = isPinned && (wharf['network'] === undefined || loose.includes('network'));
  const hasList = typeof old['secrets'] === 'object' && old['secrets'] !== null;
  return {
    changes: [
      ...own.map((key) => remove(key)),
      ...(old['secrets'] !== undefined && entry['secrets'] === undefined ? [remove('secrets')] : []),
      ...inside('config', config, unfit, remove),
      ...inside('wharf', wharf, loose, remove),
      ...(isHeld ? [{ kind: 'set', path: [...path, 'wharf', 'network'], value: 'declared' } as const] : []),
    ],
    taken: [...(hasList ? ['secrets'] : []), ...own, ...unfit.map((key) => `config.${key}`), ...loose.map((key) => `wharf.${key}`)],
  };
}

function inside(map: string, values: NewEntry, keys: readonly string[], remove: (...keys: readonly string[]) => Change): readonly Change[] {
  const isWhole = keys.length > 0 && keys.length === Object.keys(values).length;
  return isWhole ? [remove(map)] : keys.map((key) => remove(map, key));
}

/** Values that the new server's catalogue does not ask for; and references, since a secret was for the old one alone. */
function unfitKeys(config: NewEntry, server: Config): readonly string[] {
  const schemas = configSchemasOf(server);
  return Object.entries(config).flatMap(([key, value]) => {
    const isWrong = checkConfig(schemas, { [key]: value }).some(({ kind }) => kind !== 'missing');
    return schemas.length === 0 || isWrong || hasReference(value) ? [key] : [];
  });
}

function hasReference(value: Json): boolean {
  return typeof value === 'string'
    ? parseSecretReference(value) !== undefined
    : typeof value === 'object' && value !== null && Object.values(value).some((inner: Json) => hasReference(inner));
}

function kindOf(entry: NewEntry, catalogs: CatalogLookup): keyof typeof wharfSettings {
  const runs = whatRuns(entry, catalogs);
  return runs.startsWith('address') ? 'remote' : runs.startsWith('images') ? 'poci' : runs.startsWith('image') ? 'image' : 'builtIn';
}

/** Whether a setting under `wharf` gives a server nothing beyond the strictest ones. */
function stays(key: string, value: Json | undefined): boolean {
  switch (key) {
    case 'network':
      return value === 'none' || value === 'declared';
    case 'share':
      return value === 'session';
    case 'cpus':
      return (parseCpus(value) ?? Infinity) <= defaultLimits.cpus;
    case 'memory':
      return (parseMemory(value) ?? Infinity) <= defaultLimits.memory;
    case 'output':
      return value === 'redact' || value === 'block';
    case 'privateHosts':
      return Array.isArray(value) && value.length === 0;
    default:
      return harmless.includes(key);
  }
}
