import { parseDocument } from 'yaml';

import { fail, ok, type Result } from '../../shared/result.ts';
import { positionAt } from '../../shared/text.ts';
import type { CatalogEntry } from '../catalog/entry.ts';
import { aliasLimit, findExcess } from '../profile/yamlBounds.ts';
import * as problems from '../problems.ts';
import { isRecord } from '../provenance/json.ts';
import { leanEntry, type DockerNamed } from './dockerServers.ts';
import type { ForeignConfig } from './foreign.ts';
import type { KnownCatalogues } from './knownPackages.ts';

/** One of Docker's files from before it had profiles; null where it is not there. */
export interface LegacyFile {
  readonly file: string;
  readonly text: string | null;
}

export interface LegacyFiles {
  readonly registry: LegacyFile;
  readonly config: LegacyFile;
  readonly tools: LegacyFile;
}

export interface LegacyServers {
  readonly servers: readonly DockerNamed[];
  readonly unusable: ForeignConfig['unusable'];
}

type Data = Readonly<Record<string, unknown>>;

/**
 * Docker's `registry.yaml`, `config.yaml` and `tools.yaml` (reference: docker-gateway §2.4): which servers are enabled, how they are
 * configured, and which of their tools are offered. Each is looked up in the catalogues in turn.
 */
export function readLegacyDocker({ registry, config, tools }: LegacyFiles, { refs, lookup }: KnownCatalogues): Result<LegacyServers> {
  const parsed = [registry, config, tools].map(readMap);
  const [names, configs, lists] = parsed;
  if (names?.ok !== true || configs?.ok !== true || lists?.ok !== true) {
    return fail(parsed.find((one) => !one.ok)?.problem ?? problems.importShape(registry.file, 'it is no map'));
  }
  const enabled = names.value['registry'] ?? {};
  if (!isRecord(enabled)) {
    return fail(problems.importShape(registry.file, '"registry" is no map of servers'));
  }
  const servers = Object.keys(enabled).map((name): DockerNamed => {
    const found = refs.flatMap((ref) => entriesAt(ref, lookup.find(ref, name)))[0];
    const own = configs.value[canonical(name)] ?? configs.value[name];
    const tile = enabled[name];
    const inTile = isRecord(tile) && isRecord(tile['config']) ? tile['config'] : null;
    return {
      name,
      client: 'docker',
      file: registry.file,
      entry: found === undefined ? notFound(refs) : leanEntry(found.ref, found.entry),
      ...(found === undefined ? {} : { known: found.entry }),
      config: isRecord(own) ? own : inTile,
      tools: toolsOf(lists.value[name]),
    };
  });
  return ok({
    servers,
    unusable: [...unused(configs.value, enabled, 'configured'), ...unused(lists.value, enabled, 'given a choice of tools')],
  });
}

function entriesAt(ref: string, entry: CatalogEntry | string): readonly { readonly ref: string; readonly entry: CatalogEntry }[] {
  return typeof entry === 'string' ? [] : [{ ref, entry }];
}

function notFound(refs: readonly string[]): string {
  return refs.length === 0
    ? 'this computer has no catalogue yet: "wharf catalog pull mcp/docker-mcp-catalog:latest" gets Docker\'s'
    : `no catalogue of this computer has it (${refs.join(', ')})`;
}

/** As Docker writes the key of a server in `config.yaml`. */
function canonical(name: string): string {
  return name.replaceAll('.', '_');
}

function toolsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : null;
}

function unused(map: Data, enabled: Data, what: string): ForeignConfig['unusable'] {
  const names = Object.keys(enabled).flatMap((name) => [name, canonical(name)]);
  return Object.keys(map)
    .filter((key) => !names.includes(key))
    .map((name) => ({ name, why: `it is ${what}, but not enabled` }));
}

function readMap({ file, text }: LegacyFile): Result<Data> {
  if (text === null || text.trim() === '') {
    return ok({});
  }
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  const excess = error === undefined ? findExcess(document) : undefined;
  if (error !== undefined || excess !== undefined) {
    const place = { file, ...positionAt(text, error?.pos[0] ?? excess?.node?.range?.[0] ?? 0) };
    return fail(problems.importSyntax(place, error?.message ?? excess?.why ?? ''));
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasLimit });
    return isRecord(value) || value === null ? ok(value ?? {}) : fail(problems.importShape(file, 'it is no map'));
  } catch (thrown) {
    return fail(problems.importShape(file, thrown instanceof Error ? thrown.message : String(thrown)));
  }
}
