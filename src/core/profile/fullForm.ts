import { isMap, isScalar, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml';

import type { DockerServer } from '../catalog/entry.ts';
import { isReferenceInVariable, parseSecretReference } from '../secrets/reference.ts';
import type { ImageServer, LookedUp, PociServer, Profile, RemoteServer } from './profile.ts';

/** A profile as Docker's gateway imports it. */
export interface FullForm {
  readonly text: string;
  /** What of it Docker's gateway does not take, one sentence for each server. */
  readonly notes: readonly string[];
}

const provider = 'docker-desktop-store';

/**
 * Writes out what lean entries leave to others: kind, image, and Docker's description of the server (DESIGN §5). What narrows an
 * entry under `wharf:` and can be said in Docker's words is said in them as well: where Docker loses that key, nothing becomes
 * wider on the way back. A profile that is full already keeps every byte. `pinned` gives images their digest, where it is known.
 */
export function fullForm(text: string, profile: Profile, pinned: (image: string) => string = (image) => image): FullForm {
  const document = parseDocument(text, { uniqueKeys: false, logLevel: 'error' });
  const servers = isMap(document.contents) ? document.contents.get('servers', true) : undefined;
  const filler = new EntryFiller(document);
  for (const [index, item] of (isSeq(servers) ? servers.items : []).entries()) {
    const [server, found] = [profile.servers[index], profile.lookedUp.find((one) => one.index === index)];
    if (!isMap(item) || server === undefined) {
      continue;
    }
    if (server.kind === 'native' || server.kind === 'builtIn') {
      filler.notes.push(`"${server.name}" runs only with Wharf; Docker's gateway refuses a profile that has it.`);
    } else {
      filler.fill(item, server, found, targetOf(server, pinned));
    }
  }
  for (const key of ['name', 'id'] as const) {
    if (isMap(document.contents) && document.get(key) === undefined) {
      document.contents.items.splice(1, 0, document.createPair(key, profile[key]));
      filler.changed = true;
    }
  }
  if (filler.needsProvider && !document.hasIn(['secrets', 'default'])) {
    document.setIn(['secrets', 'default'], document.createNode({ provider }));
    filler.changed = true;
  }
  return { text: filler.changed ? document.toString({ lineWidth: 0 }) : text, notes: filler.notes };
}

type DockersServer = ImageServer | RemoteServer | PociServer;

/** What Docker runs, or reaches, and the words for it in an entry and in its snapshot. */
interface Target {
  readonly type: 'image' | 'remote';
  readonly key: 'image' | 'endpoint';
  readonly value: string;
  readonly said: DockerServer;
}

function targetOf(server: DockersServer, pinned: (image: string) => string): Target {
  if (server.kind === 'remote') {
    const headers = Object.keys(server.headers).length === 0 ? {} : { headers: server.headers };
    const transport = server.transport === 'sse' ? 'sse' : 'streamable-http';
    const remote = { url: server.url, transport_type: transport, ...headers };
    return { type: 'remote', key: 'endpoint', value: server.url, said: { type: 'remote', remote } };
  }
  // Docker knows no other kind for servers whose tools are containers, and wants some image.
  const image = server.kind === 'image' ? pinned(server.image) : (server.toolContainers[0]?.image ?? '');
  return { type: 'image', key: 'image', value: image, said: server.kind === 'image' ? { type: 'server', image } : { type: 'poci' } };
}

class EntryFiller {
  readonly notes: string[] = [];
  changed = false;
  needsProvider = false;
  private readonly document: Document;

  constructor(document: Document) {
    this.document = document;
  }

  fill(entry: YAMLMap, server: DockersServer, found: LookedUp | undefined, { type, key, value, said }: Target): void {
    const narrow = narrowed(entry, server, this.document);
    // What a community registry has is said by its snapshot alone.
    if (entry.get('type') !== 'registry' && !entry.has('source')) {
      this.first(entry, 'type', type);
      if (entry.get(key) !== value && (server.kind !== 'poci' || entry.get(key) === undefined)) {
        this.set(entry, key, value);
      }
    }
    this.snapshot(entry, server.name, () => ({ ...this.described(entry, server, found), ...said, ...narrow }), narrow);
  }

  /** Docker tells the servers of a profile apart by the snapshot's name, so an alias has to be that. */
  private snapshot(entry: YAMLMap, name: string, make: () => DockerServer, fixed: DockerServer): void {
    if (entry.has('name') && entry.get('name') !== name) {
      this.set(entry, 'name', name);
    }
    const known = entry.getIn(['snapshot', 'server'], true);
    if (!isMap(known)) {
      this.set(entry, 'snapshot', { server: renamed(make(), name) });
      return;
    }
    const before = known.toJS(this.document) as DockerServer;
    for (const [key, value] of Object.entries(fixed).filter((one) => JSON.stringify(before[one[0]]) !== JSON.stringify(one[1]))) {
      this.set(known, key, value);
    }
    if (known.get('name') !== name) {
      this.set(entry, 'snapshot', { server: renamed({ ...before, ...fixed }, name) });
    }
  }

  /** What the catalogue says of a lean entry; else what the entry says itself, in Docker's words. */
  private described(entry: YAMLMap, server: DockersServer, found: LookedUp | undefined): DockerServer {
    if (found !== undefined) {
      this.needsProvider ||= server.secrets.length > 0;
      if (found.tools !== null && entry.get('tools') === undefined) {
        this.set(entry, 'tools', found.tools);
      }
      return this.withDefault(entry, server, found.server);
    }
    const said = (key: string): DockerServer => {
      const node = entry.get(key, true);
      return isSeq(node) || (isScalar(node) && node.value !== null) ? { [key]: node.toJS(this.document) as unknown } : {};
    };
    const secrets = this.movedSecrets(entry, server);
    const env = (said('env')['env'] as readonly Variable[] | undefined)?.filter(({ value }) => !isReferenceInVariable(String(value)));
    return {
      name: server.name,
      ...(secrets.length === 0 ? {} : { secrets }),
      ...(env === undefined || env.length === 0 ? {} : { env }),
      ...said('volumes'),
      ...said('user'),
    };
  }

  private withDefault(entry: YAMLMap, server: DockersServer, catalogued: DockerServer): DockerServer {
    if (server.secrets.length > 0 && entry.get('secrets') === undefined) {
      this.set(entry, 'secrets', 'default');
    }
    return catalogued;
  }

  /** Docker's entry has only a word for where secrets are kept; which ones is the snapshot's to say. */
  private movedSecrets(entry: YAMLMap, { secrets, name }: DockersServer): readonly DockerServer[] {
    if (secrets.length === 0) {
      return [];
    }
    const named = secrets.flatMap(({ env, reference }) => {
      const parsed = parseSecretReference(reference);
      return parsed?.kind === 'vault' ? [{ name: parsed.name, env }] : [];
    });
    if (named.length < secrets.length) {
      this.notes.push(`"${name}" takes secrets from elsewhere than a store of names, which Docker's gateway cannot do.`);
      return [];
    }
    this.set(entry, 'secrets', 'default');
    this.needsProvider = true;
    return named;
  }

  private first(entry: YAMLMap, key: string, value: string): void {
    if (entry.get(key) === undefined) {
      entry.items.unshift(this.document.createPair(key, value) as YAMLMap['items'][number]);
      this.changed = true;
    }
  }

  private set(map: YAMLMap, key: string, value: unknown): void {
    map.set(key, this.document.createNode(value, { aliasDuplicateObjects: false }));
    this.changed = true;
  }
}

interface Variable {
  readonly value?: unknown;
}

/** What an entry itself narrows, in Docker's words: a closed network, hosts of its own choice, its user, and that nobody shares it. */
function narrowed(entry: YAMLMap, server: DockersServer, document: Document): DockerServer {
  const own = entry.get('wharf', true);
  const user = isMap(own) ? own.get('user') : undefined;
  const hosts = entry.get('allowHosts', true);
  return {
    ...(server.kind !== 'remote' && server.network.kind === 'none' ? { disableNetwork: true } : {}),
    ...(isSeq(hosts) ? { allowHosts: hosts.toJS(document) as unknown } : {}),
    ...(typeof user === 'string' || typeof user === 'number' ? { user: `${user}` } : {}),
    ...(server.share === 'session' ? { longLived: true } : {}),
  };
}

/** Templates name the server by its name. */
function renamed(server: DockerServer, name: string): DockerServer {
  const before = server['name'];
  if (typeof before !== 'string' || before === name) {
    return { ...server, name };
  }
  const change = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value.replaceAll(`{{${before}.`, `{{${name}.`);
    }
    if (Array.isArray(value)) {
      return value.map(change);
    }
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]))
      : value;
  };
  return { ...(change(server) as DockerServer), name };
}
