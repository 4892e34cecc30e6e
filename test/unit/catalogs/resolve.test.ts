import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { imageLabelName } from '../../../src/core/catalog/imageLabel.ts';
import { manifestType } from '../../../src/core/registry/artifact.ts';
import { resolver } from '../../../src/node/catalogs/resolve.ts';
import { digestOf } from '../../../src/node/registry/digest.ts';
import { memoryRegistry, type MemoryRegistry } from '../registry/memoryRegistry.ts';
import { temporaryFolder } from '../node/folders.ts';
import { codeOf, documentServer, legacy, places, pull, putCatalogue, storedNames } from './places.ts';

const quick = { patienceMs: 5000, firstPauseMs: 1 };

/** An image with one label, for two platforms. Gives the digest of the list. */
function putImage(registry: MemoryRegistry, tag: string, labels: Readonly<Record<string, string>>): string {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: labels } });
  registry.blobs.set(digestOf(Buffer.from(config)), config);
  const image = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(Buffer.from(config)), size: config.length },
    layers: [],
  });
  const digest = digestOf(Buffer.from(image));
  registry.manifests.set(digest, image);
  const list = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      { mediaType: manifestType, digest: `sha256:${'0'.repeat(64)}`, size: 1, platform: { os: 'windows', architecture: 'amd64' } },
      ...['amd64', 'arm64'].map((architecture) => ({
        mediaType: manifestType,
        digest,
        size: image.length,
        platform: { os: 'linux', architecture },
      })),
    ],
  });
  registry.manifests.set(tag, list);
  return digestOf(Buffer.from(list));
}

test('catalog:// takes servers by name and by pattern, and pulls a catalogue that is not here yet, which it says', async (t) => {
  const registry = await memoryRegistry(t);
  const server = (name: string): string =>
    `{"type":"image","image":"mcp/${name}:1","snapshot":{"server":{"name":"${name}","type":"server","image":"mcp/${name}:1"}}}`;
  putCatalogue(registry, '1', `{"title":"T","servers":[${['git', 'github', 'fetch'].map(server).join()}]}`);
  const locations = places(t);
  const notes: string[] = [];
  const resolve = resolver(locations, { ...quick, note: (words) => notes.push(words) });
  const ref = `${registry.host}/team/server:1`;
  const found = await resolve(`catalog://${ref}/git*+fetch`);
  assert.ok(found.ok, codeOf(found));
  assert.deepEqual(
    found.value.map(({ entry, catalogRef }) => [entry.name, catalogRef]),
    [
      ['git', ref],
      ['github', ref],
      ['fetch', ref],
    ],
  );
  assert.equal(notes.length, 1);
  const asked = registry.requests.length;
  const missing = await resolve(`catalog://${ref}/githab`);
  assert.ok(!missing.ok && missing.problem.code === 'WHARF_CATALOG_SERVER_UNKNOWN' && missing.problem.next.includes('"github"'));
  assert.equal(registry.requests.length, asked, 'one that is here is not asked for again');
  assert.equal(codeOf(await resolve(`catalog://${registry.host}/team/server:9/git`)), 'WHARF_ARTIFACT_UNKNOWN');
  const demo = await resolve('catalog://builtin/demo');
  assert.ok(demo.ok && demo.value[0]?.entry.name === 'demo' && demo.value[0].catalogRef === 'builtin');
});

test('a catalogue of an address is named without its scheme', async (t) => {
  const server = await documentServer(t, (_request, response) => response.end(legacy('one')));
  const locations = places(t);
  assert.ok((await pull(locations, `${server.origin}/catalog.yaml`)).ok);
  assert.equal(codeOf(await resolver(locations, quick)(`catalog://${server.host}/catalog.yaml/two`)), 'WHARF_CATALOG_SERVER_UNKNOWN');
  const found = await resolver(locations, quick)(`catalog://${server.host}/catalog.yaml/one`);
  assert.ok(found.ok && found.value[0]?.catalogRef === `${server.origin}/catalog.yaml`, codeOf(found));
});

test('docker:// is what the label of the image says: of the one here, else of the one in the registry, by its digest', async (t) => {
  const registry = await memoryRegistry(t);
  const label = 'name: weather\ntitle: Weather\ncommand: [--evil]\ntools: [{ name: forecast }]\n';
  const digest = putImage(registry, '1', { [imageLabelName]: label });
  putImage(registry, 'bare', {});
  const image = `${registry.host}/team/server:1`;
  const resolve = resolver(places(t), quick);
  const remote = await resolve(`docker://${image}`);
  assert.ok(remote.ok, codeOf(remote));
  const [{ entry } = { entry: undefined }] = remote.value;
  assert.ok(entry?.kind === 'image');
  assert.deepEqual(
    [entry.name, entry.title, entry.image, entry.server['command']],
    ['weather', 'Weather', `${image}@${digest}`, undefined],
  );

  const asked = registry.requests.length;
  const local = await resolver(places(t), { ...quick, localImage: () => Promise.resolve({ label }) })(`docker://${image}`);
  assert.ok(local.ok && local.value[0]?.entry.kind === 'image' && local.value[0].entry.image === image);
  assert.equal(registry.requests.length, asked);

  const notes: string[] = [];
  const bare = await resolver(places(t), { ...quick, note: (words) => notes.push(words) })(`docker://${registry.host}/team/server:bare`);
  assert.ok(bare.ok && bare.value[0]?.entry.name === 'server', codeOf(bare));
  assert.match(notes.join(), /does not say what server it is/);
  assert.equal(codeOf(await resolve(`docker://${registry.host}/team/server:none`)), 'WHARF_IMAGE_UNKNOWN');
  const broken = resolver(places(t), { ...quick, localImage: () => Promise.resolve({ label: 'name: "a;b"' }) });
  assert.equal(codeOf(await broken(`docker://${image}`)), 'WHARF_CATALOG_SERVER');
});

test('a server of a community registry is taken at the version that is the latest now', async (t) => {
  const server = await documentServer(t, ({ url = '' }, response) => {
    const isKnown = /^\/v0\/servers\/io\.test%2Fone\/versions\/(?:latest|1\.2\.0)$/.test(url);
    const detail = {
      server: { name: 'io.test/one', version: '1.2.0', remotes: [{ type: 'streamable-http', url: 'https://one.example/mcp' }] },
    };
    response.writeHead(isKnown ? 200 : 404).end(isKnown ? JSON.stringify(detail) : '');
  });
  const resolve = resolver(places(t), quick);
  const found = await resolve(`${server.origin}/v0/servers/io.test%2Fone`);
  assert.ok(found.ok, codeOf(found));
  assert.deepEqual(
    found.value.map(({ entry, catalogRef, registrySource }) => [entry.name, entry.kind, catalogRef, registrySource]),
    [['io-test-one', 'remote', null, `${server.origin}/v0/servers/io.test%2Fone/versions/1.2.0`]],
  );
  assert.equal(codeOf(await resolve(`${server.origin}/v0/servers/io.test%2Fone/versions/9.9.9`)), 'WHARF_CATALOG_SERVER_UNKNOWN');
});

test('a registry that answers with another server, or another version, than it was asked for gives none', async (t) => {
  let [name, version] = ['io.test/one', '1.2.0'];
  const server = await documentServer(t, (_request, response) => {
    const remotes = [{ type: 'streamable-http', url: 'https://evil.example/mcp' }];
    response.end(JSON.stringify({ server: { name, ...(version === '' ? {} : { version }), remotes } }));
  });
  const resolve = resolver(places(t), quick);
  const latest = `${server.origin}/v0/servers/io.test%2Fone`;
  assert.equal(codeOf(await resolve(`${latest}/versions/1.2.0`)), 'ok');
  assert.equal(codeOf(await resolve(`${latest}/versions/1.1.0`)), 'WHARF_CATALOG_FETCH');
  name = 'io.test/other';
  assert.equal(codeOf(await resolve(`${latest}/versions/1.2.0`)), 'WHARF_CATALOG_FETCH');
  assert.equal(codeOf(await resolve(latest)), 'WHARF_CATALOG_FETCH');
  [name, version] = ['io.test/one', ''];
  assert.equal(codeOf(await resolve(latest)), 'ok');
  assert.equal(codeOf(await resolve(`${latest}/versions/1.2.0`)), 'WHARF_CATALOG_FETCH');
  name = 'io.test/other';
  assert.equal(codeOf(await resolve(latest)), 'WHARF_CATALOG_FETCH');
});

test('an address is a remote server, and a file has servers', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'one.yaml'), 'name: one\ntype: server\nimage: mcp/one:1\n');
  writeFileSync(join(folder, 'all.yaml'), legacy('a', 'b'));
  const resolve = resolver(places(t), { ...quick, folder });
  const names = async (reference: string): Promise<unknown> => {
    const found = await resolve(reference);
    return found.ok ? found.value.map(({ entry, catalogRef }) => [entry.name, entry.kind, catalogRef]) : found.problem.code;
  };
  assert.deepEqual(await names('https://mcp.context7.com/mcp'), [['context7', 'remote', null]]);
  assert.deepEqual(await names('file://one.yaml'), [['one', 'image', null]]);
  assert.deepEqual(await names(`file://${join(folder, 'all.yaml')}`), [
    ['a', 'image', null],
    ['b', 'image', null],
  ]);
  assert.equal(await names('file://none.yaml'), 'WHARF_CATALOG_FETCH');
  mkdirSync(join(folder, 'folder.yaml'));
  assert.equal(await names('file://folder.yaml'), 'WHARF_FILE_UNREADABLE');
});

test('a reference with characters of a shell, or a path that leaves its folder, is refused before anything is asked or read', async (t) => {
  const locations = places(t);
  const resolve = resolver(locations, { ...quick, localImage: () => assert.fail('the engine was asked') });
  for (const reference of [
    'catalog://team/catalog:1/a;id',
    'catalog://team/$(id)/a',
    'docker://mcp/one`id`',
    'docker://mcp/one|id',
    'file://../../etc/passwd.yaml',
    'file:///tmp/a/../../etc/x.yaml',
    'file://a%2f..%2f..%2fb.yaml',
    'https://mcp.example/a"b',
    'https://ada:secret@mcp.example/mcp',
    'http://mcp.example/mcp',
    'javascript://x',
    'mcp/one',
    '',
  ]) {
    assert.equal(codeOf(await resolve(reference)), 'WHARF_SERVER_REFERENCE', reference);
  }
  assert.deepEqual(storedNames(locations), []);
});

test('packages are left to whoever installs them', async (t) => {
  assert.equal(codeOf(await resolver(places(t))('npx://x@1.0.0')), 'WHARF_SERVER_REFERENCE');
  const seen: string[] = [];
  const resolve = resolver(places(t), {
    packages: (reference) => {
      seen.push(`${reference.kind} ${reference.package} ${reference.version ?? 'latest'}`);
      return Promise.resolve({ ok: true, value: [] });
    },
  });
  assert.ok((await resolve('uvx://mcp-server-time')).ok);
  assert.deepEqual(seen, ['uvx mcp-server-time latest']);
});
