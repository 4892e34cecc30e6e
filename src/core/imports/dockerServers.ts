import type { CatalogEntry } from '../catalog/entry.ts';
import { isRecord, listOf, textOf } from '../provenance/json.ts';
import { withoutLiterals } from './convert.ts';
import { eachOnce, leave, type ImportedServer, type ImportWishes } from './imported.ts';
import { EntryDraft, startsOnlyWith, whyNotUsable, type Entry, type EntryValue } from './entryDraft.ts';
import type { ImportOrigin } from './foreign.ts';
import { isSecretValue, type SecretNeed } from './values.ts';
import { utf8Bytes } from '../scan/bytes.ts';

type Data = Readonly<Record<string, unknown>>;

/** A server as Docker's own files or its command name it. */
export interface DockerNamed {
  readonly name: string;
  readonly client: ImportOrigin;
  readonly file: string;
  /** What its entry in the profile begins with; a text says in half a sentence why there is none. */
  readonly entry: Data | string;
  /** What a catalogue says of the server of a lean entry. */
  readonly known?: CatalogEntry;
  readonly config: Data | null;
  /** Null for all. */
  readonly tools: readonly string[] | null;
}

/** The beginning of an entry for a server of a catalogue, which says the rest of it. */
export function leanEntry(ref: string, { name }: CatalogEntry): Data {
  return { name, catalog_ref: ref };
}

/** Makes an entry of each. Secrets in their configuration go to the vault, those that they need are named. */
export function convertDockerServers(servers: readonly DockerNamed[], wishes: ImportWishes): readonly ImportedServer[] {
  return eachOnce(servers, wishes.taken, (named, as) => withoutLiterals(convert(named, as, wishes), wishes.scanner));
}

function convert(named: DockerNamed, as: string, { scanner, profile, catalogues }: ImportWishes): ImportedServer {
  const { name, client, file, entry } = named;
  const server = { name, client, file };
  if (typeof entry === 'string') {
    return leave(server, as, entry);
  }
  const why = whyNotUsable(entry as Entry, catalogues.lookup);
  if (why !== undefined) {
    return leave(server, as, why, [`wharf profile server add ${profile} --server ${sourceOf(entry, name)}`]);
  }
  const draft = new EntryDraft(entry as Entry, catalogues.lookup);
  const ref = textOf(entry['catalog_ref']) ?? textOf(entry['catalogRef']);
  draft.carried.push(ref === null ? 'its entry' : `its entry in the catalogue ${ref}`);
  if (named.tools !== null) {
    draft.set(`tools ${named.tools.join(', ') || '(none)'}`, 'tools', named.tools);
  }
  const said = named.known?.server ?? snapshotOf(entry);
  const needs: SecretNeed[] = [...secretsOf(said)];
  if (named.config !== null && Object.keys(named.config).length > 0) {
    const isSecretText = (text: string): boolean => scanner.scanText(utf8Bytes(text)).length > 0;
    const config = withReferences(named.config, [as], (path, text) => {
      const key = path.at(-1) ?? '';
      if (!isSecretValue(key, text, isSecretText)) {
        return text;
      }
      const secret = path.join('.').replaceAll(/[^A-Za-z0-9._-]+/g, '_');
      needs.push({ name: secret, value: text });
      return `secret://${secret}`;
    });
    draft.set(`its configuration, ${Object.keys(named.config).join(', ')}`, 'config', config as EntryValue);
  }
  const kind = 'endpoint' in entry || named.known?.kind === 'remote' ? 'remote' : 'container';
  return {
    server,
    as,
    outcome: { kind, entry: draft.value, catalogue: ref },
    carried: draft.carried,
    leftOut: draft.leftOut,
    needs,
    next: [...unknownTools(named.tools, said, profile), ...startsOnlyWith(draft.value, as, { profile, catalogues })],
  };
}

/** Says which names of a choice of tools whoever described the server does not know, or that nobody can tell. */
function unknownTools(tools: DockerNamed['tools'], said: Data, profile: string): readonly string[] {
  const there = listOf(said['tools']).flatMap((tool) => (isRecord(tool) ? (textOf(tool['name']) ?? []) : []));
  const unknown = (tools ?? []).filter((tool) => !there.includes(tool));
  const look = `"wharf tools ls --profile ${profile}"`;
  if (unknown.length === 0) {
    return [];
  }
  return there.length === 0
    ? [`Its catalogue lists no tools, so the names of its choice were not checked: ${look} says which it does not have.`]
    : [`Its catalogue knows no tool ${unknown.map((tool) => `"${tool}"`).join(', ')}: ${look} shows those that it has.`];
}

function sourceOf(entry: Data, name: string): string {
  const ref = textOf(entry['catalog_ref']) ?? textOf(entry['catalogRef']);
  return ref === null ? `docker://${textOf(entry['image']) ?? 'IMAGE'}` : `catalog://${ref}/${name}`;
}

function snapshotOf(entry: Data): Data {
  return isRecord(entry['snapshot']) && isRecord(entry['snapshot']['server']) ? entry['snapshot']['server'] : {};
}

/** The secrets that a snapshot names: Docker kept their values, and gives none away. */
function secretsOf(snapshot: Data): readonly SecretNeed[] {
  return listOf(snapshot['secrets']).flatMap((secret) => {
    const name = isRecord(secret) ? textOf(secret['name']) : null;
    return name === null ? [] : [{ name, value: null }];
  });
}

function withReferences(value: unknown, path: readonly string[], replace: (path: readonly string[], text: string) => string): unknown {
  if (typeof value === 'string') {
    return replace(path, value);
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => withReferences(item, [...path, String(index)], replace));
  }
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withReferences(inner, [...path, key], replace)]))
    : value;
}
