import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { pushBlob, pushBundles, pushImage, pushManifest, emptyConfig, ociManifest } from '../../support/registryContent.ts';
import {
  keyBundle,
  keyPair,
  pemOf,
  preAuthEncoding,
  pushSimple,
  signBytes,
  simplePayload,
  simpleSignature,
  statement,
  statementType,
} from '../../support/signing.ts';
import { benchTest, keyPolicy, outcome } from './bench.ts';

for (const kind of ['p256', 'rsa', 'ed25519'] as const) {
  benchTest(`an image that cosign signed with a key (${kind}) is accepted, and pinned to what was signed`, async (bench) => {
    const key = keyPair(kind);
    bench.policy(keyPolicy(pemOf(key)));
    assert.match(outcome(await bench.check()), /^WHARF_IMAGE_UNSIGNED: .*user\.yaml:3 .*The registry holds no signature of it/s);
    await pushSimple(bench.registry, bench.path, bench.image.digest, [simpleSignature(key, bench.repository, bench.image.digest)]);
    const checked = await bench.check();
    assert.ok(checked.ok, outcome(checked));
    assert.equal(checked.value.pinned, `${bench.repository}@${bench.image.digest}`);
    assert.match(checked.value.signers[0]?.signer ?? '', /^key at .*user\.yaml:4 \(sha256 [0-9a-f]{16}\)$/);
  });
}

benchTest('of several keys and several signatures one pair is enough; keys may be in files beside the policy', async (bench) => {
  const [wanted, stranger] = [keyPair(), keyPair()];
  bench.file('team.pub', pemOf(wanted));
  bench.policy(keyPolicy(pemOf(keyPair('rsa')), 'team.pub'));
  const { digest } = bench.image;
  await pushSimple(bench.registry, bench.path, digest, [simpleSignature(stranger, bench.repository, digest)]);
  assert.match(outcome(await bench.check()), /^WHARF_IMAGE_UNSIGNED: .*signed by a key that no rule names, which the rule does not name/s);
  const both = [stranger, wanted].map((key) => simpleSignature(key, bench.repository, digest));
  await pushSimple(bench.registry, bench.path, digest, both);
  assert.equal(outcome(await bench.check()), 'ok');
});

benchTest('a signature that was taken from elsewhere, or changed, does not count, and its fault is named', async (bench) => {
  const { registry, path, repository, image } = bench;
  const key = keyPair();
  bench.policy(keyPolicy(pemOf(key)));
  const other = await pushImage(registry, path, '2', 'another image');
  const good = simpleSignature(key, repository, image.digest);
  const payload = (change: (text: string) => string): string => change(simplePayload(repository, image.digest));
  for (const [what, signature, words] of [
    ['of another digest', simpleSignature(key, repository, other.digest), /signs another image/],
    [
      'of another repository',
      simpleSignature(key, `${registry.host}/team/other`, image.digest),
      /of another repository \(docker-reference/,
    ],
    ['with a changed payload', { ...good, payload: payload((text) => `${text} `) }, /signed by a key that no rule names/],
    ['with the digest of this image put in', { ...simpleSignature(key, repository, other.digest), payload: good.payload }, /no rule names/],
    ['without an annotation', { ...good, annotations: {} }, /the annotation with the signature is missing/],
    ['with an annotation that is no base64', { ...good, annotations: { 'dev.cosignproject.cosign/signature': '!' } }, /no base64/],
    ['with an empty annotation', { ...good, annotations: { 'dev.cosignproject.cosign/signature': '' } }, /WHARF_IMAGE_UNSIGNED/],
    ['without a payload in the right form', { ...good, payload: '{"critical":null}' }, /not in the form of simple signing/],
    ['with a payload that is no JSON', { ...good, payload: 'x' }, /is no JSON/],
    ['with a payload that nests deeply', { ...good, payload: '['.repeat(100_000) }, /nested too deeply/],
    ['of another type', { ...good, payload: payload((text) => text.replace('container image', 'blob')) }, /no signature of an image/],
  ] as const) {
    await pushSimple(registry, path, image.digest, [signature]);
    const refused = outcome(await bench.check());
    assert.match(refused, /^WHARF_IMAGE_UNSIGNED/, what);
    assert.match(refused, words, what);
  }
  // What else stands beside it proves at most when it was made.
  await pushSimple(registry, path, image.digest, [{ ...good, annotations: { ...good.annotations, 'dev.sigstore.cosign/bundle': '{' } }]);
  assert.equal(outcome(await bench.check()), 'ok');
});

benchTest(
  'a tag that moved to an unsigned image after it was verified is refused: the digest that the engine has counts',
  async (bench) => {
    const key = keyPair();
    bench.policy(keyPolicy(pemOf(key)));
    const { registry, path, repository, image } = bench;
    await pushSimple(registry, path, image.digest, [simpleSignature(key, repository, image.digest)]);
    const provenance = bench.provenance();
    const wish = { requireDigest: false, verify: true };
    assert.equal(outcome(await provenance.check(`${repository}:1`, wish)), 'ok');
    const moved = await pushImage(registry, path, '1', 'what the attacker put there');
    // As long as the engine has the verified one, the registry's new tag changes nothing.
    assert.equal(outcome(await provenance.check(`${repository}:1`, wish)), 'ok');
    bench.engine = [moved.digest];
    assert.match(outcome(await provenance.check(`${repository}:1`, wish)), /^WHARF_IMAGE_UNSIGNED/);
    bench.engine = [moved.digest, image.digest];
    const checked = await provenance.check(`${repository}:1`, wish);
    assert.equal(checked.ok && checked.value.digest, image.digest);
    bench.engine = [];
    assert.match(outcome(await provenance.check(`${repository}:1`, wish)), /^WHARF_IMAGE_LOCAL: .*nothing can prove its origin/);
  },
);

benchTest(
  'what was verified once starts without the registry, also in a new process; another key, rule or digest asks again',
  async (bench) => {
    const [key, second] = [keyPair(), keyPair()];
    const { registry, path, repository, image } = bench;
    bench.policy(keyPolicy(pemOf(key)));
    await pushSimple(registry, path, image.digest, [simpleSignature(key, repository, image.digest)]);
    assert.equal(outcome(await bench.check()), 'ok');
    rmSync(join(registry.folder, 'docker'), { recursive: true });
    assert.equal(outcome(await bench.check()), 'ok', 'the registry has lost everything');
    bench.policy(`# moved by a line\n${keyPolicy(pemOf(key))}`);
    const moved = await bench.check();
    assert.match(moved.ok ? (moved.value.signers[0]?.rule ?? '') : '', /user\.yaml:4 /, 'the same rule in another line');
    bench.policy(keyPolicy(pemOf(second)));
    assert.match(outcome(await bench.check()), /^WHARF_IMAGE_UNKNOWN/, 'another key');
    bench.policy(keyPolicy(pemOf(key)).replace('keys:', 'requireAttestation: [sbom]\n    keys:'));
    assert.match(outcome(await bench.check()), /^WHARF_IMAGE_UNKNOWN/, 'more is asked for');
    const remembered = join(bench.folder, 'data', 'provenance');
    for (const name of readdirSync(remembered)) {
      assert.equal(statSync(join(remembered, name)).mode & 0o077, 0);
      assert.doesNotMatch(readFileSync(join(remembered, name), 'utf8'), /PRIVATE/);
    }
  },
);

benchTest('a registry that cannot be asked is no proof that there is no signature', async (bench) => {
  bench.policy(keyPolicy(pemOf(keyPair())));
  const gone = bench.repository.replace(/:\d+/, ':1');
  assert.match(outcome(await bench.check(`${gone}@${bench.image.digest}`)), /^WHARF_REGISTRY_FAILED/);
});

benchTest('a key whose time is over counts no more, not even for what it was remembered for', async (bench) => {
  const key = keyPair();
  const { registry, path, repository, image } = bench;
  await pushSimple(registry, path, image.digest, [simpleSignature(key, repository, image.digest)]);
  const policy = (notAfter: string): string =>
    `version: 1\nimages:\n  - match: "**"\n    keys: [{ pem: ${JSON.stringify(pemOf(key))}, notAfter: "${notAfter}" }]\n`;
  bench.policy(policy('2001-02-03'));
  assert.match(outcome(await bench.check()), /was to be used until 2001-02-03.*nothing proves that it signed before/s);
  bench.policy(policy(new Date(Date.now() + 86_400_000).toISOString()));
  assert.equal(outcome(await bench.check()), 'ok');
});

benchTest('a bundle that a key signed counts as a signature when it says so, and not when it says anything else', async (bench) => {
  const { registry, path, image } = bench;
  const key = keyPair();
  bench.policy(keyPolicy(pemOf(key)));
  const other = await pushImage(registry, path, '2', 'another image');
  const wrongSubject = keyBundle(key, statement(other.digest));
  const vulnerable = keyBundle(key, statement(image.digest, 'https://cosign.sigstore.dev/attestation/vuln/v1'));
  const changed = { ...keyBundle(key, statement(image.digest)), ...pickEnvelope(keyBundle(keyPair(), statement(image.digest))) };
  for (const [what, bundle, words] of [
    ['about another image', wrongSubject, /speaks of another image/],
    ['that says that the image is bad', vulnerable, /WHARF_IMAGE_UNSIGNED/],
    ['by another key', changed, /a key that no rule names/],
    ['that is none', { mediaType: 'x' }, /invalid/],
    ['with nothing in it', {}, /WHARF_IMAGE_UNSIGNED/],
  ] as const) {
    await pushBundles(registry, path, image, [bundle]);
    const refused = outcome(await bench.check());
    assert.match(refused, /^WHARF_IMAGE_UNSIGNED/, what);
    assert.match(refused, words, what);
  }
  await pushBundles(registry, path, image, [wrongSubject, keyBundle(key, statement(image.digest))]);
  assert.equal(outcome(await bench.check()), 'ok');
});

function pickEnvelope(bundle: object): object {
  return { dsseEnvelope: (bundle as { readonly dsseEnvelope: object }).dsseEnvelope };
}

benchTest('a bundle whose manifest was signed itself counts, and not with the digest of something else', async (bench) => {
  const { registry, path, image } = bench;
  const key = keyPair();
  bench.policy(keyPolicy(pemOf(key)));
  const manifest = Buffer.from(
    await (await fetch(`http://${registry.host}/v2/${path}/manifests/1`, { headers: { accept: ociManifest } })).arrayBuffer(),
  );
  const bundle = (digest: string): object => ({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [] },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: Buffer.from(digest.replace('sha256:', ''), 'hex').toString('base64') },
      signature: signBytes(key, manifest).toString('base64'),
    },
  });
  await pushBundles(registry, path, image, [bundle(`sha256:${'0'.repeat(64)}`)]);
  assert.match(outcome(await bench.check()), /signs other bytes/);
  await pushBundles(registry, path, image, [bundle(image.digest)]);
  assert.equal(outcome(await bench.check()), 'ok');
});

benchTest('a bundle that was removed takes the image with it, even when a signature by another key stays', async (bench) => {
  const { registry, path, repository, image } = bench;
  const [key, weak] = [keyPair(), keyPair()];
  bench.policy(keyPolicy(pemOf(key)));
  await pushSimple(registry, path, image.digest, [simpleSignature(weak, repository, image.digest)]);
  await pushBundles(registry, path, image, []);
  assert.match(outcome(await bench.check()), /^WHARF_IMAGE_UNSIGNED/);
  await pushBundles(registry, path, image, [keyBundle(key, statement(image.digest))]);
  assert.equal(outcome(await bench.check()), 'ok');
});

benchTest('attestations can be required: signed by a signer of the rule, in both of their layouts', async (bench) => {
  const { registry, path, repository, image } = bench;
  const [key, stranger] = [keyPair(), keyPair()];
  bench.policy(keyPolicy(pemOf(key)).replace('keys:', 'requireAttestation: [provenance, sbom]\n    keys:'));
  await pushSimple(registry, path, image.digest, [simpleSignature(key, repository, image.digest)]);
  assert.match(outcome(await bench.check()), /required and none counts: provenance, sbom/);
  const provenance = statement(image.digest, 'https://slsa.dev/provenance/v1', { buildDefinition: {} });
  const sbom = statement(image.digest, 'https://spdx.dev/Document', { spdxVersion: 'SPDX-2.3', packages: [{}, {}] });
  await pushBundles(registry, path, image, [keyBundle(stranger, provenance)]);
  assert.match(outcome(await bench.check()), /none counts: provenance, sbom/);
  await pushBundles(registry, path, image, [keyBundle(key, provenance)]);
  assert.match(outcome(await bench.check()), /none counts: sbom/);
  const envelope = {
    payloadType: statementType,
    payload: Buffer.from(sbom).toString('base64'),
    signatures: [{ sig: signBytes(key, preAuthEncoding(statementType, sbom)).toString('base64') }],
  };
  const layer = await pushBlob(registry, path, JSON.stringify(envelope), 'application/vnd.dsse.envelope.v1+json');
  const manifest = { schemaVersion: 2, mediaType: ociManifest, config: await emptyConfig(registry, path), layers: [layer] };
  await pushManifest(registry, path, manifest, `${image.digest.replace(':', '-')}.att`);
  assert.equal(outcome(await bench.check()), 'ok');
});

benchTest('a mirror keeps the signatures of where it copies from, when the rule says so', async (bench) => {
  const { registry, path, image } = bench;
  const key = keyPair();
  await pushSimple(registry, path, image.digest, [simpleSignature(key, 'docker.io/team/server', image.digest)]);
  const rule = (pattern: string): string => keyPolicy(pemOf(key)).replace('keys:', `signedAs: [${pattern}]\n    keys:`);
  bench.policy(rule('docker.io/other/*'));
  assert.match(outcome(await bench.check()), /of another repository/);
  bench.policy(rule('docker.io/team/*'));
  assert.equal(outcome(await bench.check()), 'ok');
});

benchTest("signatures may be in another repository, as Docker's own are", async (bench) => {
  const { registry, repository, image } = bench;
  const key = keyPair();
  bench.policy(keyPolicy(pemOf(key)).replace('keys:', `signaturesIn: ${registry.host}/team/signatures\n    keys:`));
  await pushSimple(registry, 'team/signatures', image.digest, [simpleSignature(key, repository, image.digest)]);
  assert.equal(outcome(await bench.check()), 'ok');
});

benchTest('ten starts at the same time look once', async (bench, t) => {
  const { registry, path, repository, image } = bench;
  const key = keyPair();
  bench.policy(keyPolicy(pemOf(key)));
  await pushSimple(registry, path, image.digest, [simpleSignature(key, repository, image.digest)]);
  const provenance = bench.provenance();
  const real = globalThis.fetch;
  let requests = 0;
  t.mock.method(globalThis, 'fetch', (...args: Parameters<typeof fetch>) => {
    requests++;
    return real(...args);
  });
  const all = await Promise.all(
    Array.from({ length: 10 }, () => provenance.check(`${repository}:1`, { requireDigest: false, verify: true })),
  );
  assert.deepEqual(new Set(all.map(outcome)), new Set(['ok']));
  assert.ok(requests <= 6, `${requests} requests`);
  requests = 0;
  assert.equal(outcome(await provenance.check(`${repository}:1`, { requireDigest: false, verify: true })), 'ok');
  assert.equal(requests, 0);
});
