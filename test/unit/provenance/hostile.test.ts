import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import * as fc from 'fast-check';

import { parseImageName } from '../../../src/core/provenance/imageName.ts';
import type { Evidence } from '../../../src/node/provenance/evidence.ts';
import { examine } from '../../../src/node/provenance/examine.ts';
import { Provenance } from '../../../src/node/provenance/provenance.ts';
import { shownTrust } from '../../../src/node/provenance/trust.ts';
import { digestOf } from '../../../src/node/registry/digest.ts';
import { readManifest } from '../../../src/node/registry/manifests.ts';
import { ok } from '../../../src/shared/result.ts';
import { bundleMediaType, ociIndex, ociManifest, sha256 } from '../../support/registryContent.ts';
import { keyBundle, keyPair, pemOf, simpleSignature, statement } from '../../support/signing.ts';
import { scriptedRegistry } from '../registry/scriptedRegistry.ts';
import { keyPolicy, outcome } from './bench.ts';

const image = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, config: null, layers: [] }));
const digest = sha256(image);

/** Asks about an image of a registry that has it, and answers everything else as a test wants. */
async function check(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const registry = await scriptedRegistry(t, (request, response) => {
    if (request.url?.endsWith(`/manifests/${digest}`) === true) {
      response.setHeader('content-type', ociManifest).end(image);
    } else {
      answer(request, response);
    }
  });
  const folder = mkdtempSync(join(tmpdir(), 'wharf-hostile-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const policy = join(folder, 'policy.yaml');
  writeFileSync(policy, keyPolicy(pemOf(keyPair())));
  const provenance = new Provenance({
    locations: { configFolder: folder, dataFolder: join(folder, 'data'), environment: { DOCKER_CONFIG: folder } },
    log: () => undefined,
    digestsOf: () => Promise.resolve(ok([digest])),
    policyFiles: [{ owner: 'user', path: policy }],
  });
  return outcome(await provenance.check(`${registry.host}/team/server:1`, { requireDigest: false, verify: true }));
}

/** Many layers, each of which is there. */
function layers(count: number, body: string, mediaType: string): readonly object[] {
  return Array.from({ length: count }, () => ({ mediaType, digest: sha256(body), size: body.length }));
}

test('a registry that has more signatures than anybody makes is not read to its end', async (t) => {
  let blobs = 0;
  const refused = await check(t, ({ url = '' }, response) => {
    if (url.includes('.sig')) {
      response.setHeader('content-type', ociManifest);
      response.end(
        JSON.stringify({ mediaType: ociManifest, layers: layers(20_000, '{}', 'application/vnd.dev.cosign.simplesigning.v1+json') }),
      );
    } else if (url.includes('/blobs/')) {
      blobs++;
      response.end('{}');
    } else {
      response.writeHead(404).end();
    }
  });
  assert.match(refused, /^WHARF_IMAGE_UNSIGNED: .*19968 more of this kind were not read/s);
  assert.equal(blobs, 32);
});

test('a registry that has more referrers than anybody makes is not read to its end', async (t) => {
  let asked = 0;
  const refused = await check(t, ({ url = '' }, response) => {
    if (url.includes('/referrers/')) {
      const manifests = Array.from({ length: 10_000 }, (_none, index) => ({
        mediaType: ociManifest,
        digest: sha256(String(index)),
        size: 2,
        artifactType: bundleMediaType,
      }));
      response.setHeader('content-type', ociIndex).end(JSON.stringify({ mediaType: ociIndex, manifests }));
    } else {
      asked += url.includes('/manifests/sha256:') ? 1 : 0;
      response.writeHead(404).end();
    }
  });
  assert.match(refused, /^WHARF_IMAGE_UNSIGNED/);
  assert.ok(asked <= 32, `${asked}`);
});

test('a signature with a size that it does not have, or as large as nobody makes, is passed over or fails, and never kept', async (t) => {
  for (const [size, words] of [
    [10 ** 11, /has 100000000000 bytes, which is more than is read/],
    [1, /^WHARF_REGISTRY_FAILED: .*sent more than 1 bytes/],
    [100, /^WHARF_REGISTRY_FAILED: .*sent other bytes than/],
  ] as const) {
    const refused = await check(t, ({ url = '' }, response) => {
      if (url.includes('.sig')) {
        response.setHeader('content-type', ociManifest);
        response.end(JSON.stringify({ mediaType: ociManifest, layers: [{ mediaType: 'x', digest: sha256('x'), size }] }));
      } else if (url.includes('/blobs/')) {
        response.end('other');
      } else {
        response.writeHead(404).end();
      }
    });
    assert.match(refused, words);
  }
});

test('an image that the registry gives other bytes for is refused as a failure of the registry', async (t) => {
  const registry = await scriptedRegistry(t, (_request, response) => response.setHeader('content-type', ociManifest).end(image));
  const folder = mkdtempSync(join(tmpdir(), 'wharf-hostile-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'policy.yaml'), keyPolicy(pemOf(keyPair())));
  const provenance = new Provenance({
    locations: { configFolder: folder, dataFolder: folder, environment: { DOCKER_CONFIG: folder } },
    log: () => undefined,
    digestsOf: () => Promise.resolve(ok([])),
    policyFiles: [{ owner: 'user', path: join(folder, 'policy.yaml') }],
  });
  const reference = `${registry.host}/team/server@${sha256('wanted')}`;
  assert.match(
    outcome(await provenance.check(reference, { requireDigest: true, verify: true })),
    /^WHARF_REGISTRY_FAILED: .*sent a manifest with the digest/,
  );
});

test('whatever stands in place of a signature gets a verdict, and never one that lets it in', () => {
  const name = parseImageName('ghcr.io/team/server');
  assert.ok(name !== undefined);
  const key = keyPair();
  const examined = { image: name, manifest: readManifest(image, digestOf(image), null) };
  const { payload, annotations } = simpleSignature(key, name.repository, digest);
  const good = JSON.stringify(keyBundle(key, statement(digest)));
  /** A text with something cut out or put in. */
  const damaged = (text: string): fc.Arbitrary<Buffer> =>
    fc
      .tuple(fc.nat(text.length), fc.nat(20), fc.oneof(fc.string({ maxLength: 8 }), fc.json({ maxDepth: 3 })))
      .map(([from, length, other]) => Buffer.from(text.slice(0, from) + other + text.slice(from + length)));
  const bytes = (text: string): fc.Arbitrary<Buffer> =>
    fc.oneof(
      fc.json().map((json) => Buffer.from(json)),
      damaged(text),
    );
  const notes = fc.dictionary(
    fc.constantFrom('dev.sigstore.cosign/certificate', 'dev.sigstore.cosign/bundle', 'dev.sigstore.cosign/rfc3161timestamp'),
    fc.oneof(fc.string(), fc.json(), fc.constant('{"SignedEntryTimestamp":"AA==","Payload":{"body":"e30=","logID":"00"}}')),
  );
  const evidence = fc.oneof(
    bytes(good).map((found): Evidence => ({ form: 'sigstore bundle', bytes: found })),
    fc
      .tuple(bytes(good), notes)
      .map(([found, more]): Evidence => ({ form: 'cosign attestation', bytes: found, annotations: new Map(Object.entries(more)) })),
    fc.tuple(bytes(payload), notes, fc.string()).map(([found, more, signature]): Evidence => {
      const known = annotations['dev.cosignproject.cosign/signature'] ?? '';
      return {
        form: 'cosign signature',
        payload: found,
        signature: signature === '' ? known : signature,
        annotations: new Map(Object.entries(more)),
      };
    }),
    bytes(statement(digest)).map((found): Evidence => ({ form: 'image index', bytes: found })),
  );
  const trust = shownTrust();
  fc.assert(
    fc.property(evidence, (piece) => {
      assert.notEqual(examine(piece, examined, trust).verdict.state, 'accepted');
    }),
    { numRuns: 500 },
  );
});
