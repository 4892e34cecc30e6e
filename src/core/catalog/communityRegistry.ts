import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { longestCatalogue, longestCatalogueWords } from './bounds.ts';
import { dockerServerOf } from './communityServer.ts';
import { ContentBuilder } from './contentBuilder.ts';
import type { CatalogEntry, CatalogueContent } from './entry.ts';
import { entryOf, type Unusable } from './entryOf.ts';
import { parseJson } from './json.ts';
import { isValues, textOf, type Values } from './serverShape.ts';

/** Of the one that everybody means; `base` names another. */
export const officialRegistry = 'https://registry.modelcontextprotocol.io/v0';

/** Where a registry says what it itself knows of a server. */
const officialMeta = 'io.modelcontextprotocol.registry/official';

export interface RegistryPage {
  readonly content: CatalogueContent;
  /** What to ask the next page with; null on the last one. */
  readonly nextCursor: string | null;
}

/**
 * Reads a page of `/v0/servers` of a community registry. `json` is its text, or what it parses to; `base` is the address
 * before `/servers`, of which each entry's `source` is made.
 */
export function readRegistryPage(json: unknown, base = officialRegistry): Result<RegistryPage> {
  const read = valuesOf(json, base);
  if (!read.ok) {
    return read;
  }
  const servers = read.value['servers'] ?? [];
  if (!Array.isArray(servers)) {
    return fail(problems.catalogShape(base, 'its page has no list of servers'));
  }
  const builder = new ContentBuilder();
  for (const server of servers as readonly unknown[]) {
    addRegistryItem(builder, server, base);
  }
  return ok({ content: builder.content(''), nextCursor: cursorOf(read.value) });
}

function cursorOf(page: Values): string | null {
  const metadata = isValues(page['metadata']) ? page['metadata'] : {};
  const cursor = textOf(metadata, 'nextCursor') || textOf(metadata, 'next_cursor');
  // It goes into the next address.
  return cursor === '' || cursor.length > 2_000 ? null : cursor;
}

/** Reads one server of a community registry, as `/v0/servers/NAME/versions/VERSION` and older ones give it. */
export function readRegistryServer(json: unknown, base = officialRegistry): Result<CatalogEntry> {
  const read = valuesOf(json, base);
  if (!read.ok) {
    return read;
  }
  const entry = registryEntry(read.value, base);
  if (!('why' in entry)) {
    return ok(entry);
  }
  const reference = /(?:npx|uvx):\/\/\S+$/.exec(entry.why)?.[0];
  const next = reference === undefined ? undefined : `Use "${reference}".`;
  return fail(problems.catalogEntry(textOf(detailOf(read.value), 'name'), entry.why, next));
}

function valuesOf(json: unknown, where: string): Result<Values> {
  let value = json;
  if (typeof json === 'string') {
    if (json.length > longestCatalogue) {
      return fail(problems.catalogTooLarge(where, longestCatalogueWords));
    }
    const parsed = parseJson(json);
    if (parsed.kind !== 'value') {
      return fail(problems.catalogShape(where, 'it does not answer with JSON'));
    }
    ({ value } = parsed);
  }
  return isValues(value) ? ok(value) : fail(problems.catalogShape(where, 'its answer is not a map of keys'));
}

/** Whether a file is a `server.json`, alone or as a registry wraps it. */
export function isServerJson(keys: Values): boolean {
  return isRegistryItem(keys) || (keys['type'] === undefined && textOf(keys, '$schema') !== '');
}

export function isRegistryItem(item: Values): boolean {
  const isNaked = (values: Values): boolean =>
    values['type'] === undefined && (Array.isArray(values['packages']) || Array.isArray(values['remotes']));
  return isNaked(item) || (isValues(item['server']) && item['snapshot'] === undefined);
}

/** Adds a server of a page, or says why it is left out. `base` is null for a file, which nobody has to have published. */
export function addRegistryItem(builder: ContentBuilder, item: unknown, base: string | null): void {
  if (isValues(item)) {
    builder.add(textOf(detailOf(item), 'name'), registryEntry(item, base));
  } else {
    builder.skip('', 'it is not a map of keys');
  }
}

/** Newer registries wrap what the publisher said. */
function detailOf(item: Values): Values {
  return isValues(item['server']) ? item['server'] : item;
}

function registryEntry(item: Values, base: string | null): CatalogEntry | Unusable {
  const detail = detailOf(item);
  const [name, version] = [textOf(detail, 'name'), versionOf(detail)];
  if (!/^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)?$/.test(name)) {
    return { why: 'its name is not one of a registry, such as io.github.owner/server' };
  }
  if (version !== '' && (!/^[\w.+~-]{1,255}$/.test(version) || version === 'latest')) {
    return { why: 'its version is not an exact one' };
  }
  const why = whyNotOffered(item, detail);
  if (why !== undefined) {
    return { why };
  }
  const source =
    version === '' || base === null ? undefined : `${base}/servers/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
  const server = dockerServerOf(detail, source);
  if (typeof server['why'] === 'string') {
    return { why: server['why'] };
  }
  const entry = entryOf(textOf(server as Values, 'name'), server);
  return 'why' in entry || source === undefined ? entry : { ...entry, source };
}

function versionOf(detail: Values): string {
  const older = detail['version_detail'];
  return textOf(detail, 'version') || (isValues(older) ? textOf(older, 'version') : '');
}

function whyNotOffered(item: Values, detail: Values): string | undefined {
  const meta = [item['_meta'], detail['_meta']].find(isValues)?.[officialMeta];
  const said = isValues(meta) ? meta : {};
  if ([textOf(said, 'status'), textOf(detail, 'status')].includes('deleted')) {
    return 'it was deleted in the registry';
  }
  return said['isLatest'] === false || said['is_latest'] === false ? 'it is an older version' : undefined;
}
