import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import type { ImageReport } from '../../../src/node/provenance/provenance.ts';
import { emptyConfig, ociIndex, ociManifest, pushBlob, pushBundles, pushImage, pushManifest } from '../../support/registryContent.ts';
import { startRegistry } from '../../support/registry.ts';
import { keyBundle, keyPair, pemOf, pushSimple, simpleSignature, statement, statementType } from '../../support/signing.ts';
import { programOfFile } from './program.ts';

const program = programOfFile();

/** The user's policy of the program's home. */
function writePolicy(text: string): void {
  const folder = join(program().home, '.config', 'wharf');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'policy.yaml'), text);
}

test('wharf image inspect shows who signed an image, what is attested, and what the policy says', async (t) => {
  const registry = await startRegistry(t);
  if (registry === undefined) {
    return;
  }
  const [key, stranger] = [keyPair(), keyPair()];
  const path = 'team/server';
  const reference = `${registry.host}/${path}:1`;
  const image = await pushImage(registry, path, '1', 'content');
  const inspect = (...args: readonly string[]) => program().run(['image', 'inspect', reference, ...args]);

  const unsigned = await inspect();
  assert.deepEqual([unsigned.code, unsigned.stderr], [0, '']);
  assert.match(unsigned.stdout, new RegExp(`^${registry.host}/${path}@${image.digest}\n`));
  assert.match(unsigned.stdout, /holds no signature and no attestation.*Allowed: there is no policy file\./s);

  const sbom = { spdxVersion: 'SPDX-2.3', packages: [{}, {}, {}] };
  await pushSimple(
    registry,
    path,
    image.digest,
    [key, stranger].map((pair) => simpleSignature(pair, `${registry.host}/${path}`, image.digest)),
  );
  await pushBundles(registry, path, image, [keyBundle(key, statement(image.digest, 'https://spdx.dev/Document', sbom))]);
  const pem = pemOf(key).replaceAll('\n', '\n      ');
  writePolicy(`version: 1\nimages:\n  - match: ${registry.host}/team/*\n    keys:\n    - |\n      ${pem.trimEnd()}\n`);
  const signed = await inspect();
  assert.equal(signed.code, 0, signed.stderr);
  assert.match(signed.stdout, /cosign signature +signature +verified: key at .*policy\.yaml:5 \(sha256 [0-9a-f]{16}\)/);
  assert.match(signed.stdout, /cosign signature +signature +no rule names its signer: a key that no rule names/);
  assert.match(signed.stdout, /sigstore bundle +SBOM: SPDX 2\.3, 3 packages +verified: key/);
  assert.match(signed.stdout, /Allowed:\n {2}.*policy\.yaml:3 \(127\.0\.0\.1:\d+\/team\/\*\) +a signature by one of 1 signer is required/);

  const report = JSON.parse((await inspect('--format', 'json')).stdout) as ImageReport;
  assert.equal(report.digest, image.digest);
  assert.deepEqual(
    report.testimonies.map(({ verdict }) => verdict.state),
    ['accepted', 'untrusted', 'accepted'],
  );

  writePolicy(`version: 1\nregistries: [docker.io/**]\n`);
  const refused = await inspect();
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /Refused: The image .* is in none of the registries.*\(WHARF_IMAGE_REFUSED\)/);
  assert.match(refused.stdout, /cosign signature/);

  writePolicy('version: 3\n');
  const broken = await inspect();
  assert.deepEqual([broken.code, broken.stdout], [2, '']);
  assert.match(broken.stderr, /policy\.yaml:1:10: .*WHARF_POLICY_BROKEN/);
});

test('what BuildKit puts into the index of an image is shown as part of it', async (t) => {
  const registry = await startRegistry(t);
  if (registry === undefined) {
    return;
  }
  const path = 'team/server';
  const image = await pushImage(registry, path, 'amd64', 'content');
  const provenance = statement(image.digest, 'https://slsa.dev/provenance/v0.2', {
    builder: { id: 'https://ci.example' },
    materials: [{}],
  });
  const attestations = await pushManifest(registry, path, {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: await emptyConfig(registry, path),
    layers: [await pushBlob(registry, path, provenance, statementType)],
  });
  const manifests = [
    { ...image, platform: { architecture: 'amd64', os: 'linux' } },
    { ...attestations, annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image.digest } },
  ];
  const index = await pushManifest(registry, path, { schemaVersion: 2, mediaType: ociIndex, manifests }, '1');
  const { code, stdout } = await program().run(['image', 'inspect', `${registry.host}/${path}:1`]);
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(index.digest));
  assert.match(stdout, /image index +provenance: built by https:\/\/ci\.example, 1 materials? +not signed by itself, part of this digest/);
});

test('an image that is not there, a text that names none, and a registry that does not answer are said', async (t) => {
  const registry = await startRegistry(t);
  if (registry === undefined) {
    return;
  }
  for (const [reference, words] of [
    [`${registry.host}/team/absent`, /WHARF_IMAGE_UNKNOWN/],
    ['Not an image', /"Not an image" is no reference of an image.*WHARF_IMAGE_REFERENCE/],
    ['127.0.0.1:2/x', /WHARF_REGISTRY_FAILED/],
  ] as const) {
    const { code, stdout, stderr } = await program().run(['image', 'inspect', reference]);
    assert.deepEqual([code, stdout], [2, ''], reference);
    assert.match(stderr, words);
  }
});
