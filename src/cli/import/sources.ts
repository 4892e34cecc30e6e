import { join, resolve } from 'node:path';

import { readCodexServers } from '../../core/imports/codexToml.ts';
import { convertServers } from '../../core/imports/convert.ts';
import type { ImportedServer, ImportWishes } from '../../core/imports/imported.ts';
import { convertDockerServers } from '../../core/imports/dockerServers.ts';
import { clientKinds, type ClientKind, type ForeignServer, type ImportOrigin } from '../../core/imports/foreign.ts';
import { readLegacyDocker } from '../../core/imports/legacyDocker.ts';
import { longestConfig, readMcpJson } from '../../core/imports/mcpJson.ts';
import * as problems from '../../core/problems.ts';
import { dockerProfiles } from '../../node/dockerMcp.ts';
import { clientOf, knownSources, legacyDockerFolder, type ImportSource } from '../../node/importSources.ts';
import { readTextFile } from '../../node/textFile.ts';
import { describeProblem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { note } from '../output.ts';

/** What was found, and made of it. */
export interface Found {
  readonly imported: readonly ImportedServer[];
  readonly unusable: readonly { readonly name: string; readonly file: string; readonly why: string }[];
}

export interface SourceWishes {
  /** Files, or with `docker-mcp` ids of Docker's profiles; none means the known places. */
  readonly given: readonly string[];
  readonly from: ImportOrigin | undefined;
  /** Only these servers; none means all. */
  readonly only: readonly string[];
}

/** Reads what the command line names, or the known places of this project and the user. */
export async function findServers(sources: SourceWishes, wishes: ImportWishes): Promise<Result<Found>> {
  const found =
    sources.from === 'docker'
      ? await fromLegacy(sources, wishes)
      : sources.from === 'docker-mcp'
        ? await fromDockerMcp(sources, wishes)
        : await fromClients(sources, sources.from, wishes);
  if (!found.ok || sources.only.length === 0) {
    return found;
  }
  const imported = found.value.imported.filter(({ server }) => sources.only.includes(server.name));
  const missing = sources.only.filter((name) => !imported.some(({ server }) => server.name === name));
  return missing.length > 0
    ? fail(problems.badArgument(`No server "${missing.join('", "')}" was found there.`, 'wharf client import'))
    : ok({ imported, unusable: found.value.unusable.filter(({ name }) => sources.only.includes(name)) });
}

async function fromClients({ given, only }: SourceWishes, from: ClientKind | undefined, wishes: ImportWishes): Promise<Result<Found>> {
  const known = knownSources(process.cwd(), process.env).filter(({ client }) => from === undefined || client === from);
  const sources: ImportSource[] = [];
  for (const path of given) {
    const client = from ?? clientOf(path);
    if (client === undefined) {
      const read = await readTextFile(resolve(path), longestConfig);
      if (read.ok && read.value.hash === null) {
        return fail(problems.fileUnreadable(resolve(path), 'there is no such file'));
      }
      const words = `Nothing tells whose configuration ${path} is: name its program with --from ${clientKinds.join('|')}.`;
      return fail(problems.badArgument(words, 'wharf client import'));
    }
    sources.push({ client, file: resolve(path) });
  }
  const servers: ForeignServer[] = [];
  const unusable: { name: string; file: string; why: string }[] = [];
  for (const source of sources.length === 0 ? known : sources) {
    const read = await readSource(source);
    if (read === undefined) {
      if (given.length > 0) {
        return fail(problems.fileUnreadable(source.file, 'there is no such file'));
      }
      continue;
    }
    if (!read.ok && given.length > 0) {
      return read;
    }
    if (!read.ok) {
      note(`wharf: ${describeProblem(read.problem)}`);
      continue;
    }
    servers.push(...read.value.servers);
    unusable.push(...read.value.unusable.map((one) => ({ ...one, file: source.file })));
  }
  if (servers.length === 0 && unusable.length === 0) {
    return fail(
      problems.importNothing(
        from ?? 'another program',
        (sources.length === 0 ? known : sources).map(({ file }) => file),
      ),
    );
  }
  const wanted = only.length === 0 ? servers : servers.filter(({ name }) => only.includes(name));
  return ok({ imported: convertServers(wanted, wishes), unusable });
}

/** Undefined where there is no such file. */
async function readSource({ client, file }: ImportSource): Promise<ReturnType<typeof readMcpJson> | undefined> {
  const read = await readTextFile(file, longestConfig);
  if (!read.ok || read.value.hash === null) {
    return read.ok ? undefined : read;
  }
  const { text } = read.value;
  return client === 'codex' ? readCodexServers(text, file) : readMcpJson(text, { client, file, folder: process.cwd() });
}

async function fromLegacy({ given }: SourceWishes, wishes: ImportWishes): Promise<Result<Found>> {
  const folder = given[0] === undefined ? legacyDockerFolder(process.env) : resolve(given[0]);
  const [registry, config, tools] = await Promise.all(
    ['registry.yaml', 'config.yaml', 'tools.yaml'].map((name) => legacyFile(join(folder, name))),
  );
  if (registry?.ok !== true || config?.ok !== true || tools?.ok !== true) {
    return [registry, config, tools].find((one) => one?.ok === false) as Extract<Result<never>, { ok: false }>;
  }
  if (registry.value.text === null) {
    return fail(problems.importNothing('Docker', [registry.value.file]));
  }
  const read = readLegacyDocker({ registry: registry.value, config: config.value, tools: tools.value }, wishes.catalogues);
  return read.ok
    ? ok({
        imported: convertDockerServers(read.value.servers, wishes),
        unusable: read.value.unusable.map((one) => ({ ...one, file: folder })),
      })
    : read;
}

async function legacyFile(file: string): Promise<Result<{ readonly file: string; readonly text: string | null }>> {
  const read = await readTextFile(file);
  return read.ok ? ok({ file, text: read.value.hash === null ? null : read.value.text }) : read;
}

async function fromDockerMcp({ given }: SourceWishes, wishes: ImportWishes): Promise<Result<Found>> {
  const profiles = await dockerProfiles(process.env);
  if (!profiles.ok) {
    return profiles;
  }
  const ids = profiles.value.map(({ id }) => id);
  const wanted = given.length === 0 ? profiles.value : profiles.value.filter(({ id, name }) => given.includes(id) || given.includes(name));
  if (wanted.length === 0 || (given.length === 0 && wanted.length > 1)) {
    const words = ids.length === 0 ? 'Docker has no profile.' : `Name one of Docker's profiles: ${ids.join(', ')}.`;
    return fail(problems.badArgument(words, 'wharf client import'));
  }
  return ok({
    imported: convertDockerServers(
      wanted.flatMap(({ servers }) => servers),
      wishes,
    ),
    unusable: [],
  });
}
