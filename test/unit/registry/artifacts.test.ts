import assert from 'node:assert/strict';
import { test } from 'node:test';

import { artifactManifest, emptyConfig, profileArtifact } from '../../../src/core/registry/artifact.ts';
import type { RegistryLogin } from '../../../src/core/registry/logins.ts';
import { artifactDigest, Artifacts } from '../../../src/node/registry/artifacts.ts';
import { digestOf } from '../../../src/node/registry/digest.ts';
import type { RegistryHost } from '../../../src/node/registry/requests.ts';
import type { Result } from '../../../src/shared/result.ts';
import { ociIndex, ociManifest } from '../../support/registryContent.ts';
import { memoryRegistry, type MemoryRegistry } from './memoryRegistry.ts';
import { scriptedRegistry } from './scriptedRegistry.ts';

const signal = new AbortController().signal;
const content = Buffer.from('{"version":1}');
const artifact = { artifactType: profileArtifact, content };
const digest = artifactDigest(artifact);
const password = ['open', 'sesame'].join('');
const ada: RegistryLogin = { kind: 'password', username: 'ada', password };
const basic = `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;

function artifactsWith(login?: RegistryLogin, more: Partial<RegistryHost> = {}): Artifacts {
  return new Artifacts({ login: () => Promise.resolve(login), firstPauseMs: 1, patienceMs: 5000, ...more });
}

function push(registry: MemoryRegistry, login?: RegistryLogin): Promise<Result<string>> {
  return artifactsWith(login).push(registry, '1', artifact, signal);
}

function pull(registry: MemoryRegistry, reference = '1', limit = 1000) {
  return artifactsWith().pull(registry, reference, profileArtifact, limit, signal);
}

function failure(result: Result<unknown>, code = 'WHARF_PUSH_FAILED'): string {
  assert.ok(!result.ok);
  assert.equal(result.problem.code, code);
  return result.problem.message;
}

const uploads = '/v2/team/server/blobs/uploads/';

test("the manifest has the bytes of Docker's gateway, so that the same content has the same digest", () => {
  const layer = { digest: digestOf(content), size: content.length };
  assert.equal(
    artifactManifest(profileArtifact, layer),
    `{"schemaVersion":2,"mediaType":"${ociManifest}","artifactType":"${profileArtifact}","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[{"mediaType":"application/json","digest":"${layer.digest}","size":13}]}`,
  );
  assert.equal(digestOf(Buffer.from(emptyConfig.text)), emptyConfig.digest);
});

test('what is pushed can be pulled by tag and by digest, and is not uploaded a second time', async (t) => {
  const registry = await memoryRegistry(t);
  assert.deepEqual(await push(registry), { ok: true, value: digest });
  const put = registry.requests.filter(({ method }) => method === 'PUT').map(({ url }) => url);
  assert.ok(put[0]?.startsWith(`${uploads}some?state=a%2Fb&digest=sha256`), 'the state that the registry gave comes back to it');
  for (const reference of ['1', digest]) {
    assert.deepEqual(await pull(registry, reference), { ok: true, value: { digest, content } });
  }
  assert.deepEqual(await pull(registry, 'absent'), { ok: true, value: null });
  await push(registry);
  assert.equal(registry.lines().filter((line) => line === `POST ${uploads}`).length, 2, 'one for each blob, once');
});

test('a token service is asked for the right to push, with the stored login, and the token goes to the registry alone', async (t) => {
  const registry = await memoryRegistry(t, ({ url = '', headers }, response) => {
    if (url.startsWith('/token')) {
      response.end(JSON.stringify({ token: 'granted' }));
      return true;
    }
    if (headers.authorization === 'Bearer granted') {
      return false;
    }
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token",service="s"` }).end();
    return true;
  });
  assert.deepEqual(await push(registry, ada), { ok: true, value: digest });
  const [asked, ...more] = registry.requests.filter(({ url }) => url.startsWith('/token'));
  assert.deepEqual([asked?.authorization, more.length], [basic, 0]);
  assert.equal(new URL(asked?.url ?? '', 'http://x').searchParams.get('scope'), 'repository:team/server:pull,push');
});

test('whoever may not write is told so: no login, a wrong one, one that may only read', async (t) => {
  for (const [login, status, words] of [
    [undefined, 401, /asks for a login/],
    [ada, 401, /does not let this login write to team\/server \(401\)/],
    [ada, 403, /does not let this login write to team\/server \(403\)/],
  ] as const) {
    const registry = await memoryRegistry(t, ({ method }, response) => {
      if (method !== 'POST') {
        return false;
      }
      response.writeHead(status, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    });
    const message = failure(await push(registry, login));
    assert.match(message, words);
    assert.ok(!message.includes(password));
    assert.equal(registry.manifests.size, 0);
  }
});

test('a registry that is busy is asked again, and an upload that broke off is begun anew', async (t) => {
  const registry = await memoryRegistry(t, ({ method = '', url = '' }, response, count) => {
    const isFirst = count === 1;
    if (isFirst && method === 'POST') {
      response.writeHead(429, { 'retry-after': '0' }).end();
    } else if (isFirst && method === 'PUT') {
      response.writeHead(url.includes('uploads') ? 500 : 503).end();
    } else {
      return false;
    }
    return true;
  });
  assert.deepEqual(await push(registry), { ok: true, value: digest });
  const begun = registry.lines().filter((line) => line.includes('uploads'));
  // 429; begun, broken off; begun anew, done. Then the other blob.
  assert.deepEqual(
    begun.map((line) => line.split(' ')[0]),
    ['POST', 'POST', 'PUT', 'POST', 'PUT', 'POST', 'PUT'],
  );
});

test('a registry that stays busy, or wants to be left alone for long, is an error in time', async (t) => {
  for (const [status, after, most] of [
    [503, '0', 3],
    [429, '3600', 1],
  ] as const) {
    const registry = await memoryRegistry(t, ({ method }, response) => {
      if (method !== 'POST') {
        return false;
      }
      response.writeHead(status, { 'retry-after': after }).end();
      return true;
    });
    assert.match(failure(await push(registry)), new RegExp(String(status)));
    assert.equal(registry.lines().filter((line) => line.startsWith('POST')).length, most);
  }
});

test('neither a login nor the content goes where a registry sends an upload, unless that is itself', async (t) => {
  const other = await scriptedRegistry(t, (_request, response) => void response.writeHead(201).end());
  const away = `http://${other.host}/take`;
  const cases: readonly (readonly [string, number, string, string])[] = [
    ['the place of an upload', 202, away, 'POST'],
    ['a redirect of its beginning', 307, away, 'POST'],
    ['a redirect of the upload', 307, away, 'PUT'],
    ['a redirect of the upload that would change its method', 303, '/v2/team/server/blobs/uploads/else', 'PUT'],
  ];
  for (const [what, status, location, at] of cases) {
    const registry = await memoryRegistry(t, ({ method, headers }, response) => {
      if (headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        return true;
      }
      if (method === at) {
        response.writeHead(status, { location }).end();
        return true;
      }
      return false;
    });
    assert.match(failure(await push(registry, ada)), /uploads go to the registry alone/, what);
    assert.deepEqual(other.requests, [], what);
  }
});

test('a redirect within the registry is followed with what is uploaded; another host that has a blob gets no login', async (t) => {
  const other = await scriptedRegistry(t, (_request, response) => void response.end());
  const registry = await memoryRegistry(t, ({ method = '', url = '', headers }, response) => {
    if (headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    } else if (method === 'PUT' && url.includes('/uploads/some')) {
      response.writeHead(307, { location: url.replace('/some', '/other') }).end();
    } else if (method === 'HEAD' && url.endsWith(emptyConfig.digest)) {
      response.writeHead(307, { location: `http://${other.host}/blob` }).end();
    } else {
      return false;
    }
    return true;
  });
  assert.deepEqual(await push(registry, ada), { ok: true, value: digest });
  assert.equal(registry.blobs.get(digestOf(content)), content.toString());
  assert.deepEqual(
    other.requests.map(({ method, authorization }) => [method, authorization]),
    [['HEAD', undefined]],
  );
});

test('a registry that took other bytes, or says nothing and does not have them, did not take it', async (t) => {
  const wrong = digestOf(Buffer.from('other'));
  for (const at of ['uploads', 'manifests']) {
    const registry = await memoryRegistry(t, ({ method, url = '' }, response) => {
      if (method !== 'PUT' || !url.includes(at)) {
        return false;
      }
      response.writeHead(201, { 'docker-content-digest': wrong }).end();
      return true;
    });
    assert.match(failure(await push(registry)), new RegExp(`it took sha256:[0-9a-f]{64} for ${wrong}`));
  }
  const silent = await memoryRegistry(t, ({ method, url = '' }, response) => {
    if (method !== 'PUT' || !url.includes('manifests')) {
      return false;
    }
    response.writeHead(201).end();
    return true;
  });
  assert.match(failure(await push(silent)), /does not show sha256:/);
  const nowhere = await memoryRegistry(t, ({ method }, response) => {
    if (method === 'POST') {
      response.writeHead(202).end();
    }
    return method === 'POST';
  });
  assert.match(failure(await push(nowhere)), /did not say where/);
});

test('what is no artefact of the wanted type, or could be read in two ways, is not pulled', async (t) => {
  const registry = await memoryRegistry(t);
  const layer = { mediaType: 'application/json', digest: digestOf(content), size: content.length };
  registry.blobs.set(layer.digest, content.toString());
  const sound = { schemaVersion: 2, mediaType: ociManifest, artifactType: profileArtifact, config: null, layers: [layer] };
  const cases: readonly (readonly [object, string])[] = [
    [{ ...sound, artifactType: 'application/vnd.docker.mcp.catalog.v1+json' }, 'WHARF_ARTIFACT_TYPE'],
    [{ ...sound, artifactType: undefined, config: { ...layer, mediaType: profileArtifact } }, 'WHARF_ARTIFACT_TYPE'],
    [{ ...sound, layers: [layer, layer] }, 'WHARF_ARTIFACT_TYPE'],
    [{ ...sound, layers: [] }, 'WHARF_ARTIFACT_TYPE'],
    [{ ...sound, layers: [{ ...layer, mediaType: 'application/json+gzip' }] }, 'WHARF_ARTIFACT_TYPE'],
    [{ schemaVersion: 2, mediaType: ociIndex, artifactType: profileArtifact, manifests: [layer] }, 'WHARF_ARTIFACT_TYPE'],
    [{ ...sound, layers: [{ ...layer, size: 1_000_000 }] }, 'WHARF_REGISTRY_FAILED'],
    [{ ...sound, layers: [{ ...layer, size: 5 }] }, 'WHARF_REGISTRY_FAILED'],
    [{ ...sound, layers: [{ ...layer, digest: digestOf(Buffer.from('absent')) }] }, 'WHARF_REGISTRY_FAILED'],
  ];
  for (const [manifest, code] of cases) {
    registry.manifests.set('1', JSON.stringify(manifest));
    failure(await pull(registry), code);
  }
  registry.manifests.set('1', JSON.stringify(sound));
  assert.ok((await pull(registry)).ok);
  registry.blobs.set(layer.digest, content.toString().replace('1', '2'));
  assert.match(failure(await pull(registry), 'WHARF_REGISTRY_FAILED'), /other bytes/);
});
