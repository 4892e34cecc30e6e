import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { CatalogEntry, CatalogueContent } from '../../core/catalog/entry.ts';
import { entryOf } from '../../core/catalog/entryOf.ts';
import { readCatalogue } from '../../core/catalog/readCatalogue.ts';
import { parseJson } from '../../core/catalog/json.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { staysInside } from '../projectFile.ts';
import { readTextFile } from '../textFile.ts';

/** Bytes of one definition, and of its tools. The largest real ones have 30 and 200 KB. */
const longestDefinition = 1024 ** 2;
const mostDefinitions = 10_000;
const readAtOnce = 16;

type Skipped = CatalogueContent['skipped'][number];

/** A checkout of docker/mcp-registry: `servers/NAME/server.yaml`, with the names of its tools beside it. No link out of it is followed. */
export async function readCheckout(folder: string, signal: AbortSignal): Promise<Result<CatalogueContent>> {
  const root = join(folder, 'servers');
  const names = await readdir(root, { withFileTypes: true }).catch(() => undefined);
  if (names === undefined) {
    return fail(problems.catalogFetchFailed(folder, 'it has no folder "servers", as a checkout of docker/mcp-registry has'));
  }
  const entries: CatalogEntry[] = [];
  const skipped: Skipped[] = names
    .filter((one) => one.isSymbolicLink())
    .map(({ name }) => ({ name, why: 'it is a link, and none is followed' }));
  const folders = names.filter((one) => one.isDirectory()).map(({ name }) => name);
  if (folders.length > mostDefinitions) {
    return fail(problems.catalogTooLarge(folder, `${mostDefinitions} servers`));
  }
  for (let at = 0; at < folders.length && !signal.aborted; at += readAtOnce) {
    const read = await Promise.all(folders.slice(at, at + readAtOnce).map((name) => readDefinition(root, name)));
    read.forEach((one) => ('why' in one ? skipped.push(one) : entries.push(one)));
  }
  return signal.aborted
    ? fail(problems.catalogFetchFailed(folder, 'it was cancelled'))
    : ok({ title: '', entries: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)), skipped });
}

async function readDefinition(root: string, name: string): Promise<CatalogEntry | Skipped> {
  const folder = join(root, name);
  const file = await readInside(root, join(folder, 'server.yaml'));
  if (!file.ok) {
    return { name, why: file.problem.message };
  }
  if (file.value === null) {
    return { name, why: 'it has no server.yaml' };
  }
  const content = readCatalogue(file.value, join(folder, 'server.yaml'));
  if (!content.ok) {
    return { name, why: content.problem.message };
  }
  const [entry] = content.value.entries;
  if (entry === undefined) {
    return { name, why: content.value.skipped[0]?.why ?? 'it says nothing' };
  }
  return entry.tools.length > 0 ? entry : withTools(entry, await readInside(root, join(folder, 'tools.json')));
}

/** What `tools.json` says of its tools only helps to find it: where it cannot be used, the server stays without. */
function withTools(entry: CatalogEntry, file: Result<string | null>): CatalogEntry {
  const json = file.ok && file.value !== null ? parseJson(file.value) : undefined;
  if (json?.kind !== 'value' || !Array.isArray(json.value) || json.value.length === 0) {
    return entry;
  }
  const made = entryOf(entry.name, { ...entry.server, tools: json.value as unknown });
  return 'why' in made ? entry : made;
}

async function readInside(root: string, path: string): Promise<Result<string | null>> {
  const inside = await staysInside(root, path);
  if (!inside.ok) {
    return inside;
  }
  const file = await readTextFile(path, longestDefinition);
  return file.ok ? ok(file.value.hash === null ? null : file.value.text) : file;
}
