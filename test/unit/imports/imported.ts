import assert from 'node:assert/strict';

import type { CatalogEntry } from '../../../src/core/catalog/entry.ts';
import { readCodexServers } from '../../../src/core/imports/codexToml.ts';
import { convertServers } from '../../../src/core/imports/convert.ts';
import type { ImportedServer, ImportWishes } from '../../../src/core/imports/imported.ts';
import type { ClientKind } from '../../../src/core/imports/foreign.ts';
import { readMcpJson } from '../../../src/core/imports/mcpJson.ts';
import { newProfileText } from '../../../src/core/imports/profileText.ts';
import { literalSecrets } from '../../../src/core/profile/literalSecrets.ts';
import type { ProfileServer } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';

export const scanner = nodeScanner();

/** A catalogue with these entries, under the reference `team/catalog:1`. */
export function catalogues(...entries: readonly CatalogEntry[]): ImportWishes['catalogues'] {
  const find = (ref: string, name: string): CatalogEntry | 'no catalogue' | 'no entry' =>
    ref === 'team/catalog:1' ? (entries.find((entry) => entry.name === name) ?? 'no entry') : 'no catalogue';
  return { refs: entries.length === 0 ? [] : ['team/catalog:1'], lookup: { find } };
}

export function wishes(more: Partial<ImportWishes> = {}): ImportWishes {
  return { home: '/home/you', catalogues: catalogues(), built: new Map(), mayBeNative: false, scanner, taken: [], profile: 'dev', ...more };
}

/** Imports a configuration, and proves that what it gave is a profile without a secret in it. */
export function importText(client: ClientKind, text: string, more: Partial<ImportWishes> = {}): readonly ImportedServer[] {
  const read =
    client === 'codex' ? readCodexServers(text, 'config.toml') : readMcpJson(text, { client, file: 'mcp.json', folder: '/home/you/work' });
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  const imported = convertServers(read.value.servers, wishes(more));
  profileOf(imported, more);
  return imported;
}

/** The profile that the entries make. */
export function profileOf(imported: readonly ImportedServer[], more: Partial<ImportWishes> = {}): readonly ProfileServer[] {
  const text = newProfileText(
    'dev',
    imported.flatMap(({ outcome }) => ('entry' in outcome ? [outcome.entry] : [])),
    'test',
  );
  const profile = readProfile(text, 'dev.yaml', (more.catalogues ?? catalogues()).lookup);
  assert.ok(profile.ok, profile.ok ? '' : `${profile.problem.message}\n${text}`);
  assert.deepEqual(literalSecrets(text, 'dev.yaml', scanner), []);
  return profile.value.servers;
}

/** One server of `mcpServers`. */
export function importOne(
  server: Readonly<Record<string, unknown>>,
  more: Partial<ImportWishes> = {},
  client: ClientKind = 'claude-code',
): ImportedServer {
  const [imported] = importText(client, JSON.stringify({ mcpServers: { it: server } }), more);
  assert.ok(imported !== undefined);
  return imported;
}

/** The server of its entry, as the gateway sees it. */
export function serverOf(imported: ImportedServer, more: Partial<ImportWishes> = {}): ProfileServer {
  const [server] = profileOf([imported], more);
  assert.ok(server !== undefined, JSON.stringify(imported.outcome));
  return server;
}

export function leftOf({ leftOut }: ImportedServer): string {
  return leftOut.map(({ what, why }) => `${what}: ${why}`).join('\n');
}

export function whyLeft({ outcome }: ImportedServer): string {
  assert.equal(outcome.kind, 'left', JSON.stringify(outcome));
  return outcome.kind === 'left' ? outcome.why : '';
}
