import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { RegistryLogin } from '../../../src/core/registry/logins.ts';
import { registryAuth } from '../../../src/docker/registryAuth.ts';
import { storedLoginOf } from '../../../src/node/registry/logins.ts';
import { RegistryClient } from '../../../src/node/registry/registryClient.ts';
import type { RegistryHost } from '../../../src/node/registry/requests.ts';
import { sendOver } from '../../../src/node/registry/wire.ts';
import type { Result } from '../../../src/shared/result.ts';
import { ociIndex, ociManifest, pushBlob, pushImage, pushManifest, sha256 } from '../../support/registryContent.ts';
import { startRegistry } from '../../support/registry.ts';
import { until } from '../../support/until.ts';
import { scriptedRegistry } from './scriptedRegistry.ts';

const signal = new AbortController().signal;
const user = { name: 'ada', bcrypt: '$2b$04$8M..J.Adr2Z5hg9YZtrwvu8rqo/vCkyaJT.qtbxUiJEEQOzg.1sW2' };
const password = ['open', 'sesame'].join('');

function clientOf(more: Partial<RegistryHost> = {}, login?: RegistryLogin): RegistryClient {
  return new RegistryClient({ login: () => Promise.resolve(login), firstPauseMs: 1, patienceMs: 5000, ...more });
}

function failure(result: Result<unknown>): string {
  assert.ok(!result.ok);
  assert.equal(result.problem.code, 'WHARF_REGISTRY_FAILED');
  return result.problem.message;
}

function folderWith(t: TestContext, config: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-registry-client-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const emptyManifest = JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, config: null, layers: [] });

test('a real registry with a login is read: manifests by tag and digest, blobs, referrers by the tag that stands in', async (t) => {
  const registry = await startRegistry(t, user);
  if (registry === undefined) {
    return;
  }
  const { host } = registry;
  const authorization = `Basic ${Buffer.from(`${user.name}:${password}`).toString('base64')}`;
  const content = { host, authorization };
  const repository = { host, path: 'team/server' };
  const image = await pushImage(content, repository.path, '1', 'content');
  const folder = folderWith(t, { auths: { [host]: { auth: authorization.slice('Basic '.length) } } });
  const client = new RegistryClient({ login: (name) => storedLoginOf(name, folder), firstPauseMs: 1 });
  const [byTag, byDigest] = [await client.manifest(repository, '1', signal), await client.manifest(repository, image.digest, signal)];
  assert.ok(byTag.ok && byDigest.ok);
  assert.equal(byTag.value?.digest, image.digest);
  assert.deepEqual(byDigest.value, byTag.value);
  const [layer] = byTag.value?.kind === 'image' ? byTag.value.layers : [];
  assert.ok(layer !== undefined);
  const blob = await client.blob(repository, layer, 1000, signal);
  assert.equal(blob.ok && blob.value?.toString(), 'content');
  assert.deepEqual(await client.manifest(repository, 'absent', signal), { ok: true, value: null });
  assert.deepEqual(await client.blob(repository, { digest: sha256('absent'), size: 6 }, 1000, signal), { ok: true, value: null });
  assert.deepEqual(await client.referrers(repository, image.digest, signal), { ok: true, value: [] });
  const about = await pushManifest(content, repository.path, {
    schemaVersion: 2,
    mediaType: ociManifest,
    artifactType: 'application/vnd.test',
    config: await pushBlob(content, repository.path, '{}', 'application/vnd.oci.empty.v1+json'),
    layers: [],
    subject: image,
  });
  const index = { schemaVersion: 2, mediaType: ociIndex, manifests: [{ ...about, artifactType: 'application/vnd.test' }] };
  await pushManifest(content, repository.path, index, image.digest.replace(':', '-'));
  const referrers = await client.referrers(repository, image.digest, signal);
  assert.deepEqual(referrers.ok && referrers.value.map(({ digest }) => digest), [about.digest]);
  const nobody = failure(await clientOf().manifest(repository, '1', signal));
  assert.match(nobody, /asks for a login/);
  const wrong = failure(await clientOf({}, { kind: 'password', username: 'ada', password: 'wrong' }).manifest(repository, '1', signal));
  assert.match(wrong, /does not let this login read team\/server \(401\)/);
});

test(
  'the login of a registry comes from the helper that Docker is set up with, over its stdin',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = folderWith(t, { credHelpers: { 'reg.example': 'wharftest' }, credsStore: 'absent' });
    const script = ['#!/bin/sh', 'read -r server', 'printf \'{"Username":"%s","Secret":"%s"}\' "$1 $server" "told"'];
    writeFileSync(join(folder, 'docker-credential-wharftest'), `${script.join('\n')}\n`, { mode: 0o755 });
    const before = process.env['PATH'] ?? '';
    process.env['PATH'] = `${folder}${delimiter}${before}`;
    t.after(() => (process.env['PATH'] = before));
    assert.deepEqual(await storedLoginOf('reg.example', folder), { kind: 'password', username: 'get reg.example', password: 'told' });
    assert.equal(await storedLoginOf('other.example', folder), undefined, 'a helper that is missing is no failure');
    assert.equal(await storedLoginOf('docker.io', join(folder, 'absent')), undefined);
  },
);

for (const [who, ask] of [
  ['registries', (folder: string) => storedLoginOf('reg.example', folder)],
  ['the engine', (folder: string) => registryAuth('reg.example/x', folder, signal)],
] as const) {
  test(`a helper that says more than a login is ended, and gives none for ${who}`, { skip: process.platform === 'win32' }, async (t) => {
    const folder = folderWith(t, { credHelpers: { 'reg.example': 'wharftest' } });
    const pidFile = join(folder, 'pid');
    // A whole login first: what comes behind it must not be read without an end.
    const words = `printf '{"Username":"ada","Secret":"x"}'`;
    const script = ['#!/bin/sh', `echo $$ > '${pidFile}'`, words, 'exec tr "\\000" " " < /dev/zero'];
    writeFileSync(join(folder, 'docker-credential-wharftest'), `${script.join('\n')}\n`, { mode: 0o755 });
    const before = process.env['PATH'] ?? '';
    process.env['PATH'] = `${folder}${delimiter}${before}`;
    t.after(() => (process.env['PATH'] = before));
    assert.equal(await ask(folder), undefined);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await until(() => !isRunning(pid), { what: 'the helper to be gone' });
  });
}

test('referrers come from the API where a registry has it, through its pages, each once', async (t) => {
  const entry = (text: string): object => ({ mediaType: ociManifest, digest: sha256(text), size: 4, artifactType: 'application/x' });
  const image = sha256('image');
  const registry = await scriptedRegistry(t, ({ url = '' }, response) => {
    const isFirst = !url.includes('last=');
    response.setHeader('content-type', ociIndex);
    if (isFirst) {
      response.setHeader('link', `</v2/team/server/referrers/${image}?last=1>; rel="next"`);
    }
    const manifests = isFirst ? [entry('a'), entry('b'), { digest: 'md5:x' }, null] : [entry('b'), entry('c')];
    response.end(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }));
  });
  const found = await clientOf().referrers(registry, image, signal);
  assert.deepEqual(found.ok && found.value.map(({ digest }) => digest), ['a', 'b', 'c'].map(sha256));
});

test('pages of referrers that never end, or lead out of the repository, end', async (t) => {
  let count = 0;
  const endless = await scriptedRegistry(t, (_request, response) => {
    const link = `</v2/team/server/referrers/x?page=${++count}>; rel="next"`;
    response.writeHead(200, { 'content-type': ociIndex, link }).end(JSON.stringify({ mediaType: ociIndex, manifests: [] }));
  });
  assert.deepEqual(await clientOf().referrers(endless, sha256('x'), signal), { ok: true, value: [] });
  assert.ok(count <= 5);
  const leading = await scriptedRegistry(t, (_request, response) => {
    response.writeHead(200, { 'content-type': ociIndex, link: '<http://127.0.0.1:9/v2/x>; rel="next"' });
    response.end(JSON.stringify({ mediaType: ociIndex, manifests: [] }));
  });
  assert.deepEqual(await clientOf().referrers(leading, sha256('x'), signal), { ok: true, value: [] });
  assert.equal(leading.requests.length, 1);
});

test('a token is fetched as the registry says, kept, and renewed when the registry refuses it', async (t) => {
  let accepted = 'first';
  const tokens = await scriptedRegistry(t, (_request, response) => response.end(JSON.stringify({ token: accepted, expires_in: 300 })));
  const registry = await scriptedRegistry(t, ({ headers }, response) => {
    if (headers.authorization === `Bearer ${accepted}`) {
      response.setHeader('content-type', ociManifest).end(emptyManifest);
    } else {
      const realm = `Bearer realm="http://${tokens.host}/token?a=b",service="the, \\"registry\\"",scope="ignored"`;
      response.writeHead(401, { 'www-authenticate': realm }).end();
    }
  });
  const client = clientOf({}, { kind: 'password', username: 'ada', password });
  assert.ok((await client.manifest(registry, '1', signal)).ok);
  assert.ok((await client.manifest(registry, '1', signal)).ok);
  assert.equal(tokens.requests.length, 1);
  const asked = new URL(tokens.requests[0]?.url ?? '', 'http://x');
  assert.deepEqual(Object.fromEntries(asked.searchParams), { a: 'b', scope: 'repository:team/server:pull', service: 'the, "registry"' });
  assert.equal(tokens.requests[0]?.authorization, `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`);
  accepted = 'second';
  assert.ok((await client.manifest(registry, '1', signal)).ok);
  assert.equal(tokens.requests.length, 2);
  const byIdentity = clientOf({}, { kind: 'token', identityToken: 'refresh' });
  assert.ok((await byIdentity.manifest(registry, '1', signal)).ok);
  const { method, body } = tokens.requests[2] ?? { method: '', body: '' };
  assert.deepEqual([method, new URLSearchParams(body).get('refresh_token')], ['POST', 'refresh']);
});

test('a redirect to another host does not learn the login, one to the same host does', async (t) => {
  const body = Buffer.from('blob');
  const store = await scriptedRegistry(t, (_request, response) => response.end(body));
  const registry = await scriptedRegistry(t, ({ url = '', headers }, response) => {
    if (headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
    } else if (url.startsWith('/moved')) {
      response.writeHead(307, { location: `http://${store.host}/store` }).end();
    } else {
      response.writeHead(302, { location: '/moved' }).end();
    }
  });
  const client = clientOf({}, { kind: 'password', username: 'ada', password });
  const blob = await client.blob(registry, { digest: sha256(body), size: body.length }, 100, signal);
  assert.deepEqual(blob, { ok: true, value: body });
  assert.equal(store.requests[0]?.authorization, undefined);
  assert.match(registry.requests.at(-1)?.authorization ?? '', /^Basic /);
});

for (const [what, location, words] of [
  ['in circles', '/v2/team/server/manifests/1', /led us on 5 times/],
  ['out of this computer without TLS', 'http://registry.example/x', /not encrypted/],
  ['to a file', 'file:///etc/passwd', /not encrypted/],
  ['to an address with a password', 'https://a:b@registry.example/', /with a password/],
  ['to no address', 'http://[', /an address that is none/],
] as const) {
  test(`a registry that leads ${what} is a failure`, async (t) => {
    const registry = await scriptedRegistry(t, (_request, response) => response.writeHead(302, { location }).end());
    assert.match(failure(await clientOf().manifest(registry, '1', signal)), words);
  });
}

test('a registry that is busy is asked again after what it says, and given up when that is too long', async (t) => {
  let count = 0;
  const registry = await scriptedRegistry(t, (_request, response) => {
    if (++count <= 2) {
      response.writeHead(count === 1 ? 503 : 429, { 'retry-after': '0' }).end();
    } else {
      response.setHeader('content-type', ociManifest).end(emptyManifest);
    }
  });
  assert.ok((await clientOf().manifest(registry, '1', signal)).ok);
  assert.equal(count, 3);
  const closed = await scriptedRegistry(t, (_request, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
  assert.match(failure(await clientOf().manifest(closed, '1', signal)), /answered 429/);
  assert.equal(closed.requests.length, 1);
  const broken = await scriptedRegistry(t, (request) => request.socket.destroy());
  failure(await clientOf().manifest(broken, '1', signal));
  assert.equal(broken.requests.length, 3);
});

test('other bytes than the digest says are refused, for manifests, blobs and tags', async (t) => {
  const registry = await scriptedRegistry(t, ({ url = '' }, response) => {
    response.setHeader('content-type', ociManifest);
    if (url.endsWith('/tagged')) {
      response.setHeader('docker-content-digest', sha256('something else'));
    }
    response.end(emptyManifest);
  });
  assert.match(failure(await clientOf().manifest(registry, sha256('wanted'), signal)), /sent a manifest with the digest/);
  assert.match(failure(await clientOf().manifest(registry, 'tagged', signal)), /sent a manifest with the digest/);
  const size = emptyManifest.length;
  assert.match(failure(await clientOf().blob(registry, { digest: sha256('wanted'), size }, 1000, signal)), /sent other bytes/);
});

test('answers without end are let go of: by their size, and by time', async (t) => {
  let written = 0;
  const flood = await scriptedRegistry(t, (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20))) {
        written += 65_536;
      }
    };
    response.writeHead(200, { 'content-type': ociManifest });
    response.on('drain', more);
    more();
  });
  assert.match(failure(await clientOf().manifest(flood, '1', signal)), /sent more than 4194304 bytes/);
  assert.ok(written < 64 * 1024 ** 2, `${written} bytes`);
  const size = 10;
  assert.match(failure(await clientOf().blob(flood, { digest: sha256('x'), size }, 1000, signal)), /sent more than 10 bytes/);
  assert.match(failure(await clientOf().blob(flood, { digest: sha256('x'), size: 10 ** 12 }, 1000, signal)), /are the most that is read/);
  const drip = await scriptedRegistry(t, (_request, response) => {
    const timer = setInterval(() => response.write(' '), 5);
    response.writeHead(200).on('close', () => clearInterval(timer));
  });
  assert.match(failure(await clientOf({ patienceMs: 100 }).manifest(drip, '1', signal)), /no whole answer within 0\.1 seconds/);
});

test('a registry that does not answer in the time for the whole of it is not taken for one that was cancelled', async (t) => {
  const silent = await scriptedRegistry(t, () => undefined);
  assert.match(failure(await clientOf().manifest(silent, '1', AbortSignal.timeout(50))), /did not answer in time/);
});

test('a request can be cancelled, also between two tries', async (t) => {
  const silent = await scriptedRegistry(t, () => undefined);
  const controller = new AbortController();
  const asked = clientOf().manifest(silent, '1', controller.signal);
  controller.abort();
  assert.match(failure(await asked), /cancelled/);
  const busy = await scriptedRegistry(t, (_request, response) => response.writeHead(503, { 'retry-after': '10' }).end(() => later.abort()));
  const later = new AbortController();
  assert.match(failure(await clientOf().manifest(busy, '1', later.signal)), /cancelled|503/);
});

for (const [what, body, words] of [
  ['that is no JSON', '{', /is no JSON/],
  ['that nests deeply', `{"mediaType":"${ociManifest}","layers":${'['.repeat(1_000_000)}`, /nested too deeply/],
  ['that is a list', '[]', /no object/],
  ['that is null', 'null', /no object/],
  ['of an unknown type', '{"mediaType":"text/html"}', /"text\/html", which is not known/],
  [
    'that is an image and an index',
    JSON.stringify({ mediaType: ociIndex, manifests: [], layers: [] }),
    /a list and an image at the same time/,
  ],
] as const) {
  test(`a manifest ${what} is a failure`, async (t) => {
    const registry = await scriptedRegistry(t, (_request, response) => response.setHeader('content-type', ociManifest).end(body));
    assert.match(failure(await clientOf().manifest(registry, '1', signal)), words);
  });
}

test('a token service that gives none, too much, or sits where it may not is a failure without the login in it', async (t) => {
  for (const [realm, answer, words] of [
    ['', '{}', /gave no token/],
    ['', '{"token":"two words"}', /gave no token/],
    ['', 'null', /gave no token/],
    ['', ' '.repeat(100_000), /more than 65536 bytes/],
    ['http://registry.example/token', '', /not encrypted/],
    ['https://u:p@registry.example/token', '', /with a password/],
  ] as const) {
    const tokens = await scriptedRegistry(t, (_request, response) => response.end(answer));
    const registry = await scriptedRegistry(t, (_request, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm || `http://${tokens.host}/`}"` }).end(),
    );
    const message = failure(await clientOf({}, { kind: 'password', username: 'ada', password }).manifest(registry, '1', signal));
    assert.match(message, words);
    assert.ok(!message.includes(password));
  }
});

test('a registry leads to nothing that is nearer to this computer than itself, by whatever name', async (t) => {
  const near = await scriptedRegistry(t, (_request, response) => response.end('inner'));
  const url = new URL(`http://${near.host}/latest`);
  const wire = { method: 'GET', headers: {}, signal };
  for (const address of [url.href, url.href.replace('127.0.0.1', 'localhost'), url.href.replace('127.0.0.1', '[::ffff:7f00:1]')]) {
    for (const zone of ['public', 'private'] as const) {
      await assert.rejects(sendOver(new URL(address), wire, zone), /nearer to this computer than itself/, `${zone} ${address}`);
    }
  }
  for (const address of ['https://10.0.0.1/', 'https://[fd00::1]/', 'https://169.254.169.254/', 'https://192.168.1.1:8443/x']) {
    await assert.rejects(sendOver(new URL(address), wire, 'public'), /nearer to this computer than itself/, address);
  }
  assert.deepEqual(near.requests, []);
  const { response, zone } = await sendOver(url, wire, 'loopback');
  assert.deepEqual([await response.text(), zone], ['inner', 'loopback'], 'one on this computer may lead to this computer');
});
