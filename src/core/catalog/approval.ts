import { isRecord } from '../provenance/json.ts';
import type { CatalogueRule } from '../provenance/policy.ts';
import { matchParts } from '../provenance/policy.ts';
import type { CatalogueName } from './catalogueName.ts';
import type { CatalogEntry } from './entry.ts';

type Values = Readonly<Record<string, unknown>>;

/** What of a server says what runs, with what, and what it reaches. Words for people may differ. */
const telling = [
  'type',
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

/** What a server in a container may be granted by its entry under "wharf", and no catalogue says. */
const relaxations = ['mounts', 'tmpfs', 'exec', 'writable', 'capAdd', 'shm'] as const;

/**
 * In which of its keys an entry of a profile runs another thing than a catalogue's server, or gives it more: undefined where it does
 * neither. What the entry does not say itself is the catalogue's, where `isLean`: it has no snapshot of its own and names the catalogue.
 */
export function differenceFrom(
  { server, onlyTools }: Pick<CatalogEntry, 'server' | 'onlyTools'>,
  entry: Values,
  isLean: boolean,
): string | undefined {
  const snapshot = isRecord(entry['snapshot']) && isRecord(entry['snapshot']['server']) ? entry['snapshot']['server'] : undefined;
  const base: Values = snapshot ?? (isLean ? server : {});
  const own: Values = { ...base, ...ownTarget(entry, base) };
  const isClosed = own['disableNetwork'] === true;
  const key = telling.find((one) => plain(told(one, own)) !== plain(told(one, server)) && !(one === 'disableNetwork' && isClosed));
  const isSame = plain(containers(own)) === plain(containers(server));
  return (
    key ?? (isSame && hasOnly(entry, onlyTools, isLean) ? undefined : 'tools') ?? widened(entry, server) ?? widenedByWharf(entry, server)
  );
}

/** What an entry says beside its snapshot of where its server is. */
function ownTarget(entry: Values, base: Values): Values {
  const { image, command, endpoint } = entry;
  const remote = isRecord(base['remote']) ? base['remote'] : {};
  return {
    ...(image === undefined ? {} : { image }),
    ...(command === undefined ? {} : { command }),
    ...(typeof endpoint === 'string' && base['sseEndpoint'] !== endpoint ? { remote: { ...remote, url: endpoint } } : {}),
  };
}

/** Whether an entry offers no tool that whoever made the catalogue left out. */
function hasOnly({ tools }: Values, onlyTools: CatalogEntry['onlyTools'], isLean: boolean): boolean {
  return onlyTools === undefined || (tools === undefined || tools === null ? isLean : isWithin(tools, onlyTools));
}

/** By which key of Docker's form an entry gives its server more than the catalogue does. */
function widened(entry: Values, server: Values): string | undefined {
  const headers = isRecord(server['remote']) && isRecord(server['remote']['headers']) ? server['remote']['headers'] : {};
  const isSame = (key: string): boolean => plain(entry[key]) === plain(undefined) || text(entry[key]) === text(server[key]);
  const lacks: Readonly<Record<string, boolean>> = {
    user: !isSame('user'),
    oauth: !isSame('oauth'),
    extraHosts: !isSame('extraHosts'),
    env: listOf(entry['env']).length > 0,
    volumes: !isWithin(entry['volumes'], listOf(server['volumes'])),
    // A word says where the values are, and the catalogue which ones.
    secrets: typeof entry['secrets'] !== 'string' && !isWithin(told('secrets', entry), listOf(told('secrets', server))),
    headers: plain({ ...headers, ...(isRecord(entry['headers']) ? entry['headers'] : {}) }) !== plain(headers),
    allowHosts: !narrowsHosts(entry, listOf(server['allowHosts'])),
  };
  return Object.keys(lacks).find((key) => lacks[key] === true);
}

/** Hosts of the entry itself may be private ones, so that where the catalogue names none they only narrow if none of them may. */
function narrowsHosts({ allowHosts, wharf }: Values, named: readonly unknown[]): boolean {
  if (plain(allowHosts) === plain(undefined) || (named.length > 0 && isWithin(allowHosts, named))) {
    return true;
  }
  const privateHosts = isRecord(wharf) ? wharf['privateHosts'] : undefined;
  return named.length === 0 && Array.isArray(privateHosts) && privateHosts.length === 0;
}

/** The same for Wharf's own keys. */
function widenedByWharf(entry: Values, server: Values): string | undefined {
  const own = isRecord(entry['wharf']) ? entry['wharf'] : {};
  const named = listOf(server['allowHosts']);
  const { network, user, privateHosts } = own;
  const lacks: Readonly<Record<string, boolean>> = {
    native: own['native'] !== undefined && own['native'] !== null,
    user: user !== undefined && text(user) !== text(server['user']),
    network: named.length > 0 && network !== undefined && network !== 'none' && network !== 'declared',
    privateHosts: !isWithin(privateHosts, named),
    ...Object.fromEntries(relaxations.map((key) => [key, plain(own[key]) !== plain(undefined)])),
  };
  const key = Object.keys(lacks).find((one) => lacks[one] === true);
  return key === undefined ? undefined : `wharf.${key}`;
}

/** Whether a list, or nothing at all, has only what another has. */
function isWithin(value: unknown, others: readonly unknown[]): boolean {
  const known = new Set(others.map(plain));
  return plain(value) === plain(undefined) || (Array.isArray(value) && value.every((one) => known.has(plain(one))));
}

/** YAML has numbers where Docker has texts, such as a user. */
function text(value: unknown): string {
  return plain(typeof value === 'number' ? String(value) : value);
}

/** Of variables and secrets what a container gets; catalogues also have examples for people. */
function told(key: (typeof telling)[number], server: Values): unknown {
  switch (key) {
    case 'type':
      return typeOf(server);
    case 'user':
      return typeof server['user'] === 'number' ? String(server['user']) : server['user'];
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

/** Older catalogues and short entries leave it to what else they say. */
function typeOf(server: Values): unknown {
  const { type, image, remote, sseEndpoint } = server;
  const [isImage, isRemote] = [
    plain(image) !== plain(undefined),
    plain(remote) !== plain(undefined) || plain(sseEndpoint) !== plain(undefined),
  ];
  return plain(type) !== plain(undefined) ? type : isImage ? 'server' : isRemote ? 'remote' : undefined;
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
