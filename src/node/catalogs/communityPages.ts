import { readRegistryPage, readRegistryServer } from '../../core/catalog/communityRegistry.ts';
import { dockerName } from '../../core/catalog/communityServer.ts';
import type { CatalogEntry, CatalogueContent } from '../../core/catalog/entry.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { longestCatalogue } from './storedFile.ts';
import type { Fetching } from './sources.ts';
import { fetchDocument } from './webDocument.ts';

const pageSize = 100;
/** A registry that goes on for longer is not read to its end; the official one has some thousand servers. */
const mostPages = 500;
const longestPage = 4 * 1024 ** 2;

/** All servers that a community registry has in their latest version, page by page. */
export async function fetchRegistry(root: string, fetching: Fetching): Promise<Result<CatalogueContent>> {
  const base = `${root}/v0`;
  const entries = new Map<string, CatalogEntry>();
  const skipped: CatalogueContent['skipped'][number][] = [];
  const seen = new Set<string>();
  let [cursor, bytes]: [string | null, number] = ['', 0];
  for (let page = 1; cursor !== null && page <= mostPages; page++) {
    const address = `${base}/servers?limit=${pageSize}&version=latest${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const document = await fetchDocument(address, { ...fetching, limit: longestPage, accept: 'application/json' });
    if (!document.ok) {
      return document;
    }
    if (document.value === null || document.value === 'not modified') {
      return fail(problems.catalogFetchFailed(root, 'it has no /v0/servers, as a registry of the community has'));
    }
    bytes += document.value.bytes.length;
    if (bytes > longestCatalogue * 4) {
      return fail(problems.catalogTooLarge(root, `${(longestCatalogue * 4) / 1024 ** 2} MB`));
    }
    const read = readRegistryPage(document.value.bytes.toString('utf8'), base);
    if (!read.ok) {
      return read;
    }
    const { content, nextCursor } = read.value;
    for (const entry of content.entries) {
      if (entries.has(entry.name)) {
        skipped.push({ name: entry.name, why: 'it is there twice, and the first one counts' });
      } else {
        entries.set(entry.name, entry);
      }
    }
    skipped.push(...content.skipped);
    fetching.onProgress?.(`${entries.size} servers of ${root}`);
    if (nextCursor !== null && seen.has(nextCursor)) {
      return fail(problems.catalogFetchFailed(root, 'its pages lead in a circle'));
    }
    seen.add(nextCursor ?? '');
    cursor = nextCursor;
  }
  if (cursor !== null) {
    return fail(problems.catalogTooLarge(root, `${mostPages} pages`));
  }
  return ok({ title: new URL(root).host, entries: [...entries.values()], skipped });
}

/** One server, at an exact version: the latest one where `version` is null. What is not the one that was asked for is a failure. */
export async function fetchRegistryServer(
  base: string,
  server: string,
  version: string | null,
  fetching: Fetching,
): Promise<Result<CatalogEntry>> {
  const address = `${base}/servers/${encodeURIComponent(server)}/versions/${encodeURIComponent(version ?? 'latest')}`;
  const document = await fetchDocument(address, { ...fetching, limit: longestPage, accept: 'application/json' });
  if (!document.ok) {
    return document;
  }
  const wanted = version === null ? server : `${server} ${version}`;
  if (document.value === null || document.value === 'not modified') {
    return fail(problems.catalogServerUnknown(base, wanted, undefined));
  }
  const entry = readRegistryServer(document.value.bytes.toString('utf8'), base);
  if (!entry.ok || isAsked(entry.value, base, server, version)) {
    return entry;
  }
  return fail(problems.catalogFetchFailed(address, `the registry answers with another server or version than ${wanted}`));
}

/** By the address that its own words give: a registry's cache, or whoever holds it, may answer with anything. */
function isAsked({ name, source }: CatalogEntry, base: string, server: string, version: string | null): boolean {
  const versions = `${base}/servers/${encodeURIComponent(server)}/versions/`;
  if (version !== null) {
    return source === `${versions}${encodeURIComponent(version)}`;
  }
  // Older registries give no version.
  return source === undefined ? name === dockerName(server) : source.startsWith(versions);
}
