import { positionAt } from '../../shared/text.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { always, catalogServer, goEscaped, listOf, optional, pointer, struct, written } from '../profile/dockerJson.ts';
import { isImageReference, taggedImage } from '../profile/imageReference.ts';
import { nameFromAddress, parseRemoteAddress } from '../profile/remoteAddress.ts';
import { longestCatalogue, longestCatalogueWords, mostServers } from './bounds.ts';
import { ContentBuilder } from './contentBuilder.ts';
import type { CatalogEntry, CatalogueContent } from './entry.ts';
import { entryOf, type Unusable } from './entryOf.ts';
import { parseJson } from './json.ts';
import { isValues, textOf, type Values } from './serverShape.ts';

/** The fields of docker/mcp-gateway, pkg/catalog_next/catalog.go. */
const catalogue = struct(
  always('title', ''),
  always(
    'servers',
    null,
    listOf(
      struct(
        always('type', ''),
        ...['tools', 'source', 'image', 'endpoint'].map((key) => optional(key)),
        pointer('snapshot', struct(always('server', {}, catalogServer))),
      ),
    ),
  ),
);

/** A catalogue as Docker's gateway pushes it, byte by byte. It is also what this computer keeps. */
export function catalogueJson({ title, entries }: Pick<CatalogueContent, 'title' | 'entries'>): string {
  return goEscaped(written({ title, servers: entries.map(payloadOf) }, catalogue));
}

/** Docker knows no entry whose tools are containers: it stands there as one that runs the first of them, and its snapshot says what it is. */
function payloadOf(entry: CatalogEntry): Values {
  const rest = { ...(entry.onlyTools === undefined ? {} : { tools: entry.onlyTools }), snapshot: { server: entry.server } };
  if (entry.source !== undefined) {
    return { type: 'registry', source: entry.source, ...rest };
  }
  switch (entry.kind) {
    case 'image':
      return { type: 'image', image: entry.image, ...rest };
    case 'remote':
      return { type: 'remote', endpoint: entry.endpoint, ...rest };
    case 'poci':
      return { type: 'image', image: firstImage(entry), ...rest };
    case 'builtIn':
      // Nobody else has it: whoever reads this passes it over, and says so.
      return { type: 'builtin', ...rest };
  }
}

function firstImage({ server }: CatalogEntry): string {
  const tools = server['tools'];
  const tool: unknown = Array.isArray(tools) ? tools[0] : undefined;
  return isValues(tool) && isValues(tool['container']) ? textOf(tool['container'], 'image') : '';
}

/** Reads what Docker's gateway pushes as a catalogue, and what `catalogueJson` wrote. `where` names it in messages. */
export function readCatalogueJson(text: string, where: string): Result<CatalogueContent> {
  if (text.length > longestCatalogue) {
    return fail(problems.catalogTooLarge(where, longestCatalogueWords));
  }
  const json = parseJson(text);
  if (json.kind !== 'value') {
    return fail(problems.catalogSyntax({ file: where, ...positionAt(text, json.offset()) }, json.why));
  }
  const { value } = json;
  const servers = isValues(value) ? (value['servers'] ?? []) : undefined;
  if (!isValues(value) || !Array.isArray(servers)) {
    return fail(problems.catalogShape(where, 'it has no list of servers'));
  }
  if (servers.length > mostServers) {
    return fail(problems.catalogTooLarge(where, `${mostServers} servers`));
  }
  const builder = new ContentBuilder();
  for (const server of servers as readonly unknown[]) {
    builder.add(...readPayload(server));
  }
  return ok(builder.content(textOf(value, 'title')));
}

/** One of its servers, and what to call it where it cannot be used. */
export function readPayload(item: unknown): readonly [name: string, CatalogEntry | Unusable] {
  if (!isValues(item)) {
    return ['', { why: 'it is not a map of keys' }];
  }
  const snapshot = isValues(item['snapshot']) ? item['snapshot']['server'] : undefined;
  const given = isValues(snapshot) ? snapshot : leanServer(item);
  const name = textOf(given, 'name');
  const tools = item['tools'] ?? undefined;
  if (tools !== undefined && !(Array.isArray(tools) && tools.every((tool) => typeof tool === 'string'))) {
    return [name, { why: 'its "tools" is not a list of texts' }];
  }
  const entry = placed(item, textOf(item, 'source') === '' ? entryOf(name, given) : runnable(name, given));
  return [name, 'why' in entry || tools === undefined ? entry : { ...entry, onlyTools: tools }];
}

/** Its image as an engine takes it; the snapshot stays as it was pushed. */
function runnable(name: string, given: Values): CatalogEntry | Unusable {
  const image = textOf(given, 'image');
  const tagged = taggedImage(image);
  if (tagged === image) {
    return entryOf(name, given);
  }
  const entry = entryOf(name, { ...given, image: tagged });
  return 'why' in entry ? entry : { ...entry, server: { ...entry.server, image } };
}

/** An entry without a snapshot is what it runs, and nothing more. */
function leanServer(item: Values): Values {
  const [image, endpoint] = [textOf(item, 'image'), textOf(item, 'endpoint')];
  if (endpoint !== '') {
    const address = parseRemoteAddress(endpoint);
    const derived = address.kind === 'address' ? nameFromAddress(address) : '';
    return { name: textOf(item, 'name') || derived, type: 'remote', remote: { url: endpoint } };
  }
  const [, derived = ''] = isImageReference(image) ? (/([^/:@]+)(?::[^/@]*)?(?:@.*)?$/.exec(image) ?? []) : [];
  return { name: textOf(item, 'name') || derived, type: 'server', image };
}

/** What the entry itself names goes before its snapshot, and must be the same kind of thing. */
function placed(item: Values, entry: CatalogEntry | Unusable): CatalogEntry | Unusable {
  if ('why' in entry) {
    return entry;
  }
  const type = textOf(item, 'type');
  const source = textOf(item, 'source');
  if (type === 'registry' || (type === '' && source !== '')) {
    return /^https:\/\/[\x21-\x7e]{1,2000}$/.test(source)
      ? { ...entry, source }
      : { why: 'it is from a registry, and its "source" is no address' };
  }
  const image = textOf(item, 'image');
  if (entry.kind === 'image' && type !== 'remote') {
    const other = image === '' || image === entry.image ? entry : entryOf(entry.name, { ...entry.server, image });
    return 'why' in other ? other : { ...entry, image: other.kind === 'image' ? other.image : entry.image };
  }
  if (entry.kind === 'remote' && type !== 'image') {
    const isSame = [entry.endpoint, ''].includes(textOf(item, 'endpoint'));
    return isSame ? entry : { why: 'its snapshot names another address than its "endpoint"' };
  }
  return entry.kind === 'poci' && type !== 'remote' ? entry : { why: `its snapshot is not of its type "${type}"` };
}
