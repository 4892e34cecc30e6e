import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { checkedTarget, registryBase } from '../../../src/node/registry/address.ts';
import { parseChallenges } from '../../../src/node/registry/challenge.ts';
import { digestOf } from '../../../src/node/registry/digest.ts';
import { readManifest, strangersJson } from '../../../src/node/registry/manifests.ts';
import { RegistryError } from '../../../src/node/registry/registryError.ts';
import { ociIndex, ociManifest } from '../../support/registryContent.ts';

test('registries are reached over TLS, but for those on this computer and those that somebody named', () => {
  for (const [host, saidPlain, base] of [
    ['docker.io', false, 'https://registry-1.docker.io/'],
    ['ghcr.io', false, 'https://ghcr.io/'],
    ['localhost:5000', false, 'http://localhost:5000/'],
    ['127.0.0.1:5000', false, 'http://127.0.0.1:5000/'],
    ['[::1]:5000', false, 'http://[::1]:5000/'],
    ['127.0.0.1.example', false, 'https://127.0.0.1.example/'],
    ['localhost.example', false, 'https://localhost.example/'],
    ['registry.lan:5000', true, 'http://registry.lan:5000/'],
  ] as const) {
    assert.equal(registryBase(host, saidPlain).href, base);
  }
});

test('a registry elsewhere cannot lead to a service of this computer, nor out of TLS', () => {
  const from = new URL('https://registry.example/v2/');
  assert.equal(checkedTarget(from, '/other').href, 'https://registry.example/other');
  assert.equal(checkedTarget(from, 'https://cdn.example/x').href, 'https://cdn.example/x');
  for (const target of ['https://localhost/x', 'https://127.0.0.1:8443/', 'https://[::1]/', 'http://registry.example/', '//127.1/x']) {
    assert.throws(() => checkedTarget(from, target), RegistryError, target);
  }
});

test('challenges are taken apart with quotes, commas and several schemes', () => {
  const [basic, bearer] = parseChallenges('Basic realm="a, b=\\"c\\"", Bearer realm=https, Scope="repository:x:pull,push",error="e"');
  assert.deepEqual([basic?.scheme, [...(basic?.parameters ?? [])]], ['basic', [['realm', 'a, b="c"']]]);
  assert.deepEqual(
    [bearer?.scheme, bearer?.parameters.get('realm'), bearer?.parameters.get('scope')],
    ['bearer', 'https', 'repository:x:pull,push'],
  );
});

test('whatever a registry sends is a manifest, or a failure, and its headers are read in time that grows with them', () => {
  const json = fc.json({ maxDepth: 6 });
  const shaped = fc.record({
    mediaType: fc.constantFrom(ociManifest, ociIndex, 'x', null, 7),
    manifests: fc.option(fc.jsonValue(), { nil: undefined }),
    layers: fc.option(fc.jsonValue(), { nil: undefined }),
    config: fc.option(fc.jsonValue(), { nil: undefined }),
    subject: fc.jsonValue(),
    annotations: fc.jsonValue(),
  });
  const bytes = fc.oneof(
    json.map((text) => Buffer.from(text)),
    shaped.map((value) => Buffer.from(JSON.stringify(value))),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  );
  fc.assert(
    fc.property(bytes, (body) => {
      try {
        readManifest(body, digestOf(body), ociManifest);
      } catch (error) {
        assert.ok(error instanceof RegistryError, String(error));
      }
    }),
  );
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (header) => void parseChallenges(header)));
  for (const nasty of [
    'a="'.repeat(20_000),
    '\\'.repeat(50_000),
    'Bearer realm="'.concat('\\"'.repeat(50_000)),
    ', '.repeat(50_000),
    `a${' '.repeat(100_000)}`,
  ]) {
    parseChallenges(nasty);
  }
});

test('JSON as deep as a registry needs is read, whatever stands in its texts', () => {
  assert.deepEqual(strangersJson(Buffer.from(JSON.stringify({ a: '[[["{{{\\"'.repeat(1000) })), 'x'), { a: '[[["{{{\\"'.repeat(1000) });
});
