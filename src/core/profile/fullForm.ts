import { isMap, isScalar, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml';

import type { DockerServer } from '../catalog/entry.ts';
import { isReferenceInVariable, parseSecretReference } from '../secrets/reference.ts';
import type { ImageServer, Profile, RemoteServer } from './profile.ts';

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
  const filler = new EntryFiller(document, pinned, [...profile.lookedUp]);
  for (const [index, item] of (isSeq(servers) ? servers.items : []).entries()) {
    const server = profile.servers[index];
    if (!isMap(item) || server === undefined) {
      continue;
    }
    if (server.kind === 'image') {
      filler.image(item, server);
    } else if (server.kind === 'remote') {
      filler.remote(item, server);
    } else {
      filler.notes.push(`"${server.name}" runs only with Wharf; Docker's gateway refuses a profile that has it.`);
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

class EntryFiller {
  readonly notes: string[] = [];
  changed = false;
  needsProvider = false;
  private readonly document: Document;
  private readonly pinned: (image: string) => string;
  private readonly lookedUp: DockerServer[];

  constructor(document: Document, pinned: (image: string) => string, lookedUp: DockerServer[]) {
    this.document = document;
    this.pinned = pinned;
    this.lookedUp = lookedUp;
  }

  image(entry: YAMLMap, server: ImageServer): void {
    if (entry.get('type') === 'registry' || entry.has('source')) {
      return;
    }
    const image = this.pinned(server.image);
    this.first(entry, 'type', 'image');
    if (entry.get('image') !== image) {
      this.set(entry, 'image', image);
    }
    const fixed = { ...(server.network.kind === 'none' ? { disableNetwork: true } : {}), ...ofSession(server) };
    this.snapshot(entry, server.name, () => ({ ...this.found(entry, server), type: 'server', image, ...fixed }), fixed);
  }

  remote(entry: YAMLMap, server: RemoteServer): void {
    if (entry.get('type') === 'registry' || entry.has('source')) {
      return;
    }
    this.first(entry, 'type', 'remote');
    if (entry.get('endpoint') !== server.url) {
      this.set(entry, 'endpoint', server.url);
    }
    const remote = {
      url: server.url,
      transport_type: server.transport === 'sse' ? 'sse' : 'streamable-http',
      ...(Object.keys(server.headers).length === 0 ? {} : { headers: server.headers }),
    };
    const fixed = ofSession(server);
    this.snapshot(entry, server.name, () => ({ ...this.found(entry, server), type: 'remote', remote, ...fixed }), fixed);
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
    for (const [key, value] of Object.entries(fixed).filter(([key, value]) => known.get(key) !== value)) {
      this.set(known, key, value);
    }
    if (known.get('name') !== name) {
      this.set(entry, 'snapshot', { server: renamed(known.toJS(this.document) as DockerServer, name) });
    }
  }

  /** What the catalogue says of a lean entry; else what the entry says itself, in Docker's words. */
  private found(entry: YAMLMap, server: ImageServer | RemoteServer): DockerServer {
    const isLean = entry.has('catalog_ref') || entry.has('catalogRef');
    const [catalogued] = isLean ? this.lookedUp.splice(0, 1) : [];
    if (catalogued !== undefined) {
      this.needsProvider ||= server.secrets.length > 0;
      return this.withDefault(entry, server, catalogued);
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
      ...said('allowHosts'),
    };
  }

  private withDefault(entry: YAMLMap, server: ImageServer | RemoteServer, catalogued: DockerServer): DockerServer {
    if (server.secrets.length > 0 && entry.get('secrets') === undefined) {
      this.set(entry, 'secrets', 'default');
    }
    return catalogued;
  }

  /** Docker's entry has only a word for where secrets are kept; which ones is the snapshot's to say. */
  private movedSecrets(entry: YAMLMap, { secrets, name }: ImageServer | RemoteServer): readonly DockerServer[] {
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

/** Docker's word for a server that is nobody else's. */
function ofSession({ share }: ImageServer | RemoteServer): DockerServer {
  return share === 'session' ? { longLived: true } : {};
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
