import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';

import type { CatalogEntry, CatalogLookup } from '../../../src/core/catalog/entry.ts';
import { readCatalogue } from '../../../src/core/catalog/readCatalogue.ts';
import { containerSpec } from '../../../src/core/container/spec.ts';
import type { ProfileServer } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { sharedData } from '../../support/sharedData.ts';

interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Property>>;
}

/** What Docker's own file says of a server, read by nobody of Wharf. */
interface Said {
  readonly type: 'server' | 'remote' | 'poci';
  readonly image?: string;
  readonly remote?: { readonly url: string };
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly user?: string;
  readonly disableNetwork?: boolean;
  readonly allowHosts?: readonly string[];
  readonly secrets?: readonly { readonly name: string; readonly env: string }[];
  readonly oauth?: { readonly providers?: readonly { readonly env: string }[] };
  readonly env?: readonly { readonly name: string; readonly value?: unknown }[];
  readonly config?: readonly Property[];
  readonly longLived?: boolean;
}

const folder = '/srv/data';

function said(t: TestContext): ReadonlyMap<string, { readonly said: Said; readonly entry: CatalogEntry }> | undefined {
  const data = sharedData(t, 'mcp-registry');
  if (data === undefined) {
    return undefined;
  }
  const text = readFileSync(join(data, 'catalog-v3.yaml'), 'utf8');
  const read = readCatalogue(text, 'catalog-v3.yaml');
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  assert.deepEqual(read.value.skipped, []);
  const { registry } = parse(text) as { readonly registry: Readonly<Record<string, Said>> };
  return new Map(
    read.value.entries.map((entry) => {
      const one = registry[entry.name];
      assert.ok(one, entry.name);
      return [entry.name, { said: one, entry }];
    }),
  );
}

/** A value for each key of the schema: a folder where a volume wants one, and a marked text elsewhere. */
function configured(name: string, { config = [], volumes = [], env = [] }: Said): Readonly<Record<string, unknown>> {
  const sample = ({ type, properties = {}, enum: choices }: Property, path: string): unknown => {
    if (choices !== undefined) {
      return choices[0];
    }
    const isFolder = volumes.some((volume) => volume.includes(`${name}.${path}`));
    switch (type) {
      case 'array':
        return [folder];
      case 'integer':
      case 'number':
        return 7;
      case 'boolean':
        return true;
      case 'object':
        return Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, sample(inner, `${path}.${key}`)]));
      default:
        return isFolder ? folder : `value_of_${path}`;
    }
  };
  const keys = config.flatMap(({ properties = {} }) => Object.entries(properties));
  // One server's description has lost its schema, and templates all the same.
  const used = env.flatMap(({ value }) => /^\{\{([^.}|]+)\.([^.}|]+)\}\}$/.exec(String(value))?.slice(2) ?? []);
  return Object.fromEntries([
    ...used.map((key) => [key, sample({}, key)] as const),
    ...keys.map(([key, property]) => [key, sample(property, key)] as const),
  ]);
}

function lean(name: string, config: Readonly<Record<string, unknown>>): string {
  return `version: 1\nservers:\n  - ${JSON.stringify({ catalog_ref: 'docker:latest', name, config })}\n`;
}

test("every entry of Docker's catalogue becomes the server that Docker would start, with its configuration in its places", (t) => {
  const all = said(t);
  if (all === undefined) {
    return;
  }
  assert.equal(all.size, 328);
  const catalogs: CatalogLookup = { find: (_ref, name) => all.get(name)?.entry ?? 'no entry' };
  const kinds = { image: 0, remote: 0, poci: 0 };
  for (const [name, { said: docker }] of all) {
    const profile = readProfile(lean(name, configured(name, docker)), 'dev.yaml', catalogs);
    assert.ok(profile.ok, `${name}: ${profile.ok ? '' : profile.problem.message}`);
    const [server] = profile.value.servers;
    assert.ok(server, name);
    assert.deepEqual(server.missingConfig, [], name);
    assertAsDocker(name, server, docker);
    kinds[server.kind as keyof typeof kinds]++;
  }
  assert.deepEqual(kinds, { image: 249, remote: 76, poci: 3 });
});

function assertAsDocker(name: string, server: ProfileServer, docker: Said): void {
  const variables = [...(docker.secrets ?? []).map(({ env }) => env), ...(docker.oauth?.providers ?? []).map(({ env }) => env)];
  if (server.kind === 'remote') {
    assert.equal(server.url, docker.remote?.url, name);
    assert.deepEqual(server.secrets.map(({ env }) => env).toSorted(), [...new Set(variables)].toSorted(), name);
    return;
  }
  assert.equal(server.share, docker.longLived === true ? 'session' : 'user', name);
  if (server.kind !== 'image') {
    assert.equal(docker.type, 'poci', name);
    return;
  }
  const spec = containerSpec(server, {});
  assert.equal(spec.image, docker.image, name);
  assert.deepEqual(server.secrets.map(({ env }) => env).toSorted(), [...new Set(variables)].toSorted(), name);
  // HOME is Wharf's own, unless the catalogue says otherwise.
  const names = [...(docker.env ?? []).map((one) => one.name), 'HOME'].filter((one) => !variables.includes(one));
  assert.deepEqual(Object.keys(spec.env).toSorted(), [...new Set(names)].toSorted(), name);
  for (const [key, value] of [...Object.entries(spec.env), ...spec.command.map((word) => ['command', word] as const)]) {
    assert.ok(!value.includes('{{'), `${name}: ${key} is ${value}`);
  }
  const words = (docker.command ?? []).map((word) => (word.includes('|into') ? folder : word));
  assert.equal(spec.command.length, words.length, name);
  words.forEach((word, index) => {
    const plain = word.replaceAll(/\{\{[^}]*\}\}/g, '\u0000');
    const pattern = new RegExp(
      `^${plain
        .split('\u0000')
        .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.+')}$`,
      's',
    );
    assert.match(spec.command[index] ?? '', pattern, name);
  });
  const { mounts, volumes } = server.isolation;
  const named = (docker.volumes ?? []).filter((volume) => /^\w/.test(volume));
  assert.deepEqual([mounts.length, volumes.length], [(docker.volumes ?? []).length - named.length, named.length], name);
  assert.equal(server.network.kind, docker.disableNetwork === true ? 'none' : docker.allowHosts === undefined ? 'open' : 'declared', name);
}

test('without its configuration an entry is read all the same, and says what it needs', (t) => {
  const all = said(t);
  if (all === undefined) {
    return;
  }
  const catalogs: CatalogLookup = { find: (_ref, name) => all.get(name)?.entry ?? 'no entry' };
  for (const [name, { said: docker }] of all) {
    const profile = readProfile(lean(name, {}), 'dev.yaml', catalogs);
    assert.ok(profile.ok, `${name}: ${profile.ok ? '' : profile.problem.message}`);
    const needed = (docker.config ?? []).flatMap(({ required = [], properties = {} }) => required.filter((key) => key in properties));
    const missing = profile.value.servers[0]?.missingConfig.map(({ key }) => key) ?? [];
    assert.ok(
      needed.every((key) => missing.includes(key)),
      `${name}: ${missing.join(', ')}`,
    );
  }
});
