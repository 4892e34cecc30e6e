import { isRecord } from '../provenance/json.ts';
import type { CatalogueRule } from '../provenance/policy.ts';
import { matchParts } from '../provenance/policy.ts';
import type { CatalogueName } from './catalogueName.ts';
import type { DockerServer } from './entry.ts';

type Values = Readonly<Record<string, unknown>>;

/** What of a server says what runs, with what, and what it reaches. Words for people may differ. */
const telling = [
  'image',
  'command',
  'env',
  'volumes',
  'user',
  'secrets',
  'remote',
  'sseEndpoint',
  'oauth',
  'disableNetwork',
  'allowHosts',
  'extraHosts',
] as const;

/** Whether a rule of `catalogs.only` means this catalogue; `digest` in hexadecimal. */
export function isApprovedCatalogue({ text, digests }: CatalogueRule, name: CatalogueName, digest: string): boolean {
  return (digests === null || digests.includes(`sha256:${digest}`)) && matchParts(text.split('/'), partsOf(name, text));
}

/** A pattern without a tag means every tag. */
function partsOf(name: CatalogueName, pattern: string): readonly string[] {
  if (name.kind !== 'artifact') {
    return name.ref.split('/');
  }
  const { repository, tag, digest } = name.name;
  const last = pattern.split('/').at(-1) ?? '';
  return `${repository}${/[:@]/.test(last) ? (digest === null ? `:${tag ?? 'latest'}` : `@${digest}`) : ''}`.split('/');
}

/** The pattern in full, as patterns of images are: Docker Hub is said. */
export function wholePattern(text: string): string {
  const [first = '', ...rest] = text.split('/');
  const isWhole = text === 'builtin' || text.includes('://') || first.includes('**') || text.startsWith('/') || /[.:]/.test(first);
  return isWhole || first === 'localhost' ? text : `docker.io/${rest.length === 0 ? 'library/' : ''}${text}`;
}

/**
 * In which of its keys an entry of a profile runs another thing than a catalogue's server: undefined where it is the same. What the
 * entry does not say itself is the catalogue's, where `isLean`: it has no snapshot of its own and names the catalogue.
 */
export function differenceFrom(server: DockerServer, entry: Values, isLean: boolean): string | undefined {
  const native = isRecord(entry['wharf']) ? entry['wharf']['native'] : undefined;
  if (native !== undefined && native !== null) {
    return 'wharf.native';
  }
  const snapshot = isRecord(entry['snapshot']) && isRecord(entry['snapshot']['server']) ? entry['snapshot']['server'] : undefined;
  const base: Values = snapshot ?? (isLean ? server : {});
  const own: Values = { ...base, ...ownKeys(entry, base) };
  const key = telling.find((one) => plain(told(one, own)) !== plain(told(one, server)));
  return key ?? (plain(containers(own)) === plain(containers(server)) ? undefined : 'tools');
}

/** What an entry says beside its snapshot. */
function ownKeys(entry: Values, base: Values): Values {
  const said = Object.fromEntries(
    ['image', 'command', 'volumes', 'user'].flatMap((key) => (entry[key] === undefined ? [] : [[key, entry[key]]])),
  );
  const endpoint = entry['endpoint'];
  const remote = isRecord(base['remote']) ? base['remote'] : {};
  const env =
    Array.isArray(entry['env']) && entry['env'].length > 0
      ? [...listOf(base['env']), ...(entry['env'] as readonly unknown[])]
      : base['env'];
  return {
    ...said,
    env,
    ...(typeof endpoint === 'string' && base['sseEndpoint'] !== endpoint ? { remote: { ...remote, url: endpoint } } : {}),
  };
}

/** Of variables and secrets what a container gets; catalogues also have examples for people. */
function told(key: (typeof telling)[number], server: Values): unknown {
  switch (key) {
    case 'env':
      return listOf(server['env']).map((one) => (isRecord(one) ? { name: one['name'], value: one['value'] } : one));
    case 'secrets':
      return listOf(server['secrets']).map((one) => (isRecord(one) ? { name: one['name'], env: one['env'] } : one));
    default:
      return server[key];
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Of a server whose tools are containers, what they run. */
function containers(server: Values): unknown {
  const tools = listOf(server['tools']).filter(isRecord);
  return tools.flatMap(({ name, container }) => (plain(container) === plain(undefined) ? [] : [{ name, container }]));
}

/** One text for what means the same: absent, null and empty, and keys in any order. */
function plain(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(plain).join()}]`;
  }
  if (isRecord(value)) {
    const said = Object.entries(value).flatMap(([key, inner]) => {
      const text = plain(inner);
      return text === '[]' ? [] : [`${JSON.stringify(key)}:${text}`];
    });
    return said.length === 0 ? '[]' : `{${said.toSorted().join()}}`;
  }
  return value === undefined || value === null || value === '' || value === false ? '[]' : JSON.stringify(value);
}
