import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

import { entryOf } from '../../../src/core/catalog/entryOf.ts';
import { catalogArtifact, emptyConfig, manifestType, profileArtifact } from '../../../src/core/registry/artifact.ts';
import { pushCatalog } from '../../../src/cli/catalog/push.ts';
import { makeCatalogue } from '../../../src/node/catalogs/editCatalogue.ts';
import { readStored } from '../../../src/node/catalogs/store.ts';
import { digestOf } from '../../../src/node/registry/digest.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { startRegistry } from '../../support/registry.ts';
import { memoryRegistry } from '../registry/memoryRegistry.ts';
import { codeOf, places, pull, said, storedNames } from './places.ts';

const user = { name: 'ada', bcrypt: '$2b$04$8M..J.Adr2Z5hg9YZtrwvu8rqo/vCkyaJT.qtbxUiJEEQOzg.1sW2' };
const password = ['open', 'sesame'].join('');
const skopeo = '/usr/bin/skopeo';

/** A user with a login at a registry, as `docker login` keeps it. */
function loggedIn(t: TestContext, host: string): Locations {
  const locations = places(t);
  const folder = join(locations.configFolder, 'docker');
  mkdirSync(folder, { recursive: true });
  const auth = Buffer.from(`${user.name}:${password}`).toString('base64');
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
  return { ...locations, environment: { DOCKER_CONFIG: folder } };
}

async function make(locations: Locations, ref: string, env?: string): Promise<void> {
  const entry = entryOf('one', {
    name: 'one',
    type: 'server',
    image: 'mcp/one:1',
    title: 'One <&>',
    ...(env === undefined ? {} : { env: [{ name: 'API_TOKEN', value: env }] }),
  });
  assert.ok(!('why' in entry));
  assert.ok((await makeCatalogue(locations, { ref, source: 'user:cli', title: 'A & B', entries: [entry], skipped: [] }, false)).ok);
}

test('a catalogue goes through a registry with a password to somebody else, with the digest that was printed', async (t) => {
  const registry = await startRegistry(t, user);
  if (registry === undefined) {
    return;
  }
  const ref = `${registry.host}/team/catalog:1`;
  const [ada, bob] = [loggedIn(t, registry.host), loggedIn(t, registry.host)];
  await make(ada, ref);
  const dry = await said(t, () => pushCatalog(ada, ref, true));
  assert.ok(!existsSync(join(registry.folder, 'docker')), 'nothing was uploaded');
  const { code, text } = await said(t, () => pushCatalog(ada, ref, false));
  assert.equal(code, 0, text);
  const [, digest = ''] = /^Pushed catalog to \S+@(sha256:[0-9a-f]{64})\n$/.exec(text) ?? [];
  assert.equal(dry.text, `Would push this catalog to ${ref}@${digest}\n`);

  const first = await pull(bob, ref);
  assert.ok(first.ok, codeOf(first));
  assert.deepEqual([first.value.was, first.value.header.source, `sha256:${first.value.header.digest}`], ['new', `oci:${ref}`, digest]);
  const [mine, theirs] = [await readStored(ada, ref), await readStored(bob, ref)];
  assert.ok(mine.ok && theirs.ok && mine.value?.payload === theirs.value?.payload);
  const again = await pull(bob, ref);
  assert.ok(again.ok && again.value.was === 'same');
  const byDigest = await pull(bob, `${registry.host}/team/catalog@${digest}`);
  assert.ok(byDigest.ok && byDigest.value.header.title === 'A & B');
  assert.equal(codeOf(await pull(bob, `${registry.host}/team/catalog:2`)), 'WHARF_ARTIFACT_UNKNOWN');
  const stranger = await pull(places(t), ref);
  assert.equal(codeOf(stranger), 'WHARF_REGISTRY_FAILED');

  if (existsSync(skopeo)) {
    const inspect = ['inspect', '--raw', '--tls-verify=false', `--creds=${user.name}:${password}`, `docker://${ref}`];
    const { stdout } = await promisify(execFile)(skopeo, inspect);
    assert.equal(digestOf(Buffer.from(stdout)), digest);
    const manifest = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    assert.deepEqual([manifest['artifactType'], manifest['mediaType']], [catalogArtifact, manifestType]);
  } else if (process.env['CI'] !== undefined) {
    assert.fail(`${skopeo} is missing: install the Debian package skopeo.`);
  }
});

test('a catalogue that holds a secret is not pushed, and nothing is sent', async (t) => {
  const registry = await memoryRegistry(t);
  const locations = places(t);
  const ref = `${registry.host}/team/server:1`;
  const value = ['hunter', 'two', '7f3a9c'].join('-');
  await make(locations, ref, value);
  const { code, text } = await said(t, () => pushCatalog(locations, ref, false));
  assert.equal(code, 2);
  assert.match(text, /server "one" holds what looks like a secret.*WHARF_CATALOG_NOT_PUSHED/s);
  assert.ok(!text.includes(value));
  assert.deepEqual(registry.lines(), []);
});

const payload =
  '{"title":"T","servers":[{"type":"image","image":"mcp/one:1","snapshot":{"server":{"name":"one","type":"server","image":"mcp/one:1"}}}]}';

function manifestOf(content: string, more: object = {}): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: catalogArtifact,
    config: { mediaType: emptyConfig.mediaType, digest: emptyConfig.digest, size: 2 },
    layers: [{ mediaType: 'application/json', digest: digestOf(Buffer.from(content)), size: content.length }],
    ...more,
  });
}

test('a registry that lies about digest, size or kind, or gives what is no catalogue, changes nothing here', async (t) => {
  const registry = await memoryRegistry(t);
  const locations = places(t);
  const ref = `${registry.host}/team/server:1`;
  const offer = (manifest: string, content: string, digest = digestOf(Buffer.from(content))): void => {
    registry.manifests.set('1', manifest);
    registry.blobs.clear();
    registry.blobs.set(digest, content);
  };
  offer(manifestOf(payload), payload);
  assert.ok((await pull(locations, ref)).ok);
  const [name] = storedNames(locations);
  const read = (): string => readFileSync(join(locations.dataFolder, 'catalogs', name ?? ''), 'utf8');
  const before = read();
  const other = payload.replace('"T"', '"U"');
  const layer = { mediaType: 'application/json', digest: digestOf(Buffer.from(other)), size: other.length };
  for (const [what, manifest, content, digest, code] of [
    ['other bytes', manifestOf(other), payload, digestOf(Buffer.from(other)), 'WHARF_REGISTRY_FAILED'],
    ['more bytes', manifestOf(other, { layers: [{ ...layer, size: 5 }] }), other, undefined, 'WHARF_REGISTRY_FAILED'],
    ['50 MB', manifestOf(other, { layers: [{ ...layer, size: 50 * 1024 ** 2 }] }), other, undefined, 'WHARF_REGISTRY_FAILED'],
    ['a profile', manifestOf(other, { artifactType: profileArtifact }), other, undefined, 'WHARF_ARTIFACT_TYPE'],
    ['two layers', manifestOf(other, { layers: [layer, layer] }), other, undefined, 'WHARF_ARTIFACT_TYPE'],
    ['no blob', manifestOf(other), payload, undefined, 'WHARF_REGISTRY_FAILED'],
    ['no JSON', manifestOf('no'), 'no', undefined, 'WHARF_CATALOG_SYNTAX'],
    ['no servers', manifestOf('{"title":"x","servers":null}'), '{"title":"x","servers":null}', undefined, 'WHARF_CATALOG_EMPTY'],
    ['deep', manifestOf('['.repeat(5000)), '['.repeat(5000), undefined, 'WHARF_CATALOG_SYNTAX'],
  ] as const) {
    offer(manifest, content, digest);
    assert.equal(codeOf(await pull(locations, ref)), code, what);
    assert.equal(read(), before, what);
  }
  assert.deepEqual(readdirSync(join(locations.dataFolder, 'catalogs')), [name]);
});

test('a registry that asks for a login, is busy, breaks or hangs is told, and nothing is written', async (t) => {
  let status = 401;
  const registry = await memoryRegistry(t, (_request, response) => {
    if (status > 0) {
      response.writeHead(status).end();
    }
    return true;
  });
  const locations = places(t);
  for (status of [401, 429, 500, 0]) {
    const failed = await pull(locations, `${registry.host}/team/server:1`, undefined, { patienceMs: 300 });
    assert.equal(codeOf(failed), 'WHARF_REGISTRY_FAILED', String(status));
  }
  assert.deepEqual(storedNames(locations), []);
});
