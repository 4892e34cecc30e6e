import assert from 'node:assert/strict';

import { pushBundles } from '../../support/registryContent.ts';
import {
  keyPair,
  ownSigstore,
  pemOf,
  preAuthEncoding,
  signBytes,
  pushSimple,
  signPredicate,
  simplePayload,
  statement,
  statementType,
  type KeylessBundle,
} from '../../support/signing.ts';
import { benchTest, outcome, type Bench } from './bench.ts';

const identity = { subject: 'https://ci.example/team/server/release.yml@refs/tags/v1', issuer: 'https://token.example' };

/** A rule for this identity, with the root of a Sigstore of the test's own. */
function identityPolicy(lines: string, root = 'root.json'): string {
  return `version: 1\ntrustedRoot: ${root}\nimages:\n  - match: "**"\n    identities:\n      - ${lines}\n`;
}

const exact = `{ issuer: "${identity.issuer}", subject: "${identity.subject}" }`;

/** A Sigstore of the test's own, whose root the policy names. */
async function trusted(bench: Bench, policy = identityPolicy(exact)): ReturnType<typeof ownSigstore> {
  const sigstore = await ownSigstore();
  bench.file('root.json', JSON.stringify(sigstore.trustedRoot));
  bench.policy(policy);
  return sigstore;
}

async function afterPushing(bench: Bench, bundle: object): Promise<string> {
  await pushBundles(bench.registry, bench.path, bench.image, [bundle]);
  return outcome(await bench.check());
}

benchTest(
  'an image that an identity signed is accepted offline, with the root that the policy names, and says who and when',
  async (bench) => {
    const sigstore = await trusted(bench);
    await pushBundles(bench.registry, bench.path, bench.image, [await sigstore.bundle(statement(bench.image.digest), identity)]);
    const checked = await bench.check();
    assert.ok(checked.ok, outcome(checked));
    const [signer] = checked.value.signers;
    assert.equal(signer?.signer, `${identity.subject} (by ${identity.issuer})`);
    assert.ok(Math.abs(Date.parse(signer?.signedAt ?? '') - Date.now()) < 120_000);
  },
);

benchTest(
  'a log may record an envelope by the digest of what was signed, as Rekor 2 does, and not by that of anything else',
  async (bench) => {
    const sigstore = await trusted(bench);
    const payload = statement(bench.image.digest);
    const good = await sigstore.bundle(payload, identity, 'hashedrekord');
    const other = await sigstore.bundle(`${payload} `, identity, 'hashedrekord');
    const swapped = {
      ...good,
      verificationMaterial: { ...good.verificationMaterial, tlogEntries: other.verificationMaterial.tlogEntries },
    };
    assert.match(await afterPushing(bench, swapped), /^WHARF_IMAGE_UNSIGNED: .*mismatch/s);
    assert.equal(await afterPushing(bench, good), 'ok');
  },
);

benchTest('who signed is compared as a whole, and with who vouches for it', async (bench) => {
  const sigstore = await ownSigstore();
  bench.file('root.json', JSON.stringify(sigstore.trustedRoot));
  await pushBundles(bench.registry, bench.path, bench.image, [await sigstore.bundle(statement(bench.image.digest), identity)]);
  const rule = (issuer: string, subject: string): string => identityPolicy(`{ issuer: "${issuer}", ${subject} }`);
  for (const [policy, isGood] of [
    [rule(identity.issuer, String.raw`subjectPattern: 'https://ci\.example/team/.*@refs/tags/v\d+'`), true],
    [rule(identity.issuer, String.raw`subjectPattern: 'https://ci\.example/team/'`), false],
    [rule(identity.issuer, String.raw`subjectPattern: '.*/release\.yml'`), false],
    [rule(identity.issuer, String.raw`subjectPattern: 'a|.*v1'`), true],
    [rule(identity.issuer, 'subject: "https://ci.example/team/server"'), false],
    [rule('https://token.example.evil', `subject: "${identity.subject}"`), false],
    [rule('https://token', `subject: "${identity.subject}"`), false],
  ] as const) {
    bench.policy(policy);
    const result = outcome(await bench.check());
    assert.match(
      result,
      isGood ? /^ok$/ : /^WHARF_IMAGE_UNSIGNED: .*signed by https:\/\/ci\.example.*which the rule does not name/s,
      policy,
    );
  }
});

benchTest('a certificate, log or root of others, and a bundle that was changed, do not count', async (bench) => {
  const [own, others] = [await ownSigstore(), await ownSigstore()];
  bench.file('root.json', JSON.stringify(own.trustedRoot));
  bench.policy(identityPolicy(exact));
  const payload = statement(bench.image.digest);
  const good = await own.bundle(payload, identity);
  const foreign = await others.bundle(payload, identity);
  const { verificationMaterial: material, dsseEnvelope: envelope } = good;
  const [entry] = material.tlogEntries;
  const change = (changed: Partial<KeylessBundle>): object => ({ ...good, ...changed });
  const thief = keyPair();
  const stolen = signBytes(thief, preAuthEncoding(statementType, payload)).toString('base64');
  const { inclusionPromise: _none, ...withoutPromise } = entry ?? {};
  const checkpoint = entry?.inclusionProof.checkpoint.envelope ?? '';
  for (const [what, bundle] of [
    ['of another Sigstore', foreign],
    [
      'with the log of another Sigstore',
      change({ verificationMaterial: { ...material, tlogEntries: foreign.verificationMaterial.tlogEntries } }),
    ],
    [
      'with the certificate of another Sigstore',
      change({ verificationMaterial: { ...foreign.verificationMaterial, tlogEntries: material.tlogEntries } }),
    ],
    ['without a log', change({ verificationMaterial: { ...material, tlogEntries: [] } })],
    ['with another payload', change({ dsseEnvelope: { ...envelope, payload: Buffer.from(`${payload} `).toString('base64') } })],
    ['with the signature of a thief', change({ dsseEnvelope: { ...envelope, signatures: [{ sig: stolen }] } })],
    ['signed twice', change({ dsseEnvelope: { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] } })],
    [
      'with another time',
      change({
        verificationMaterial: {
          ...material,
          tlogEntries: material.tlogEntries.map((found) => ({ ...found, integratedTime: '1700000000' })),
        },
      }),
    ],
    ['without a proof of its time', change({ verificationMaterial: { ...material, tlogEntries: [withoutPromise as never] } })],
    [
      'with a log whose name is a regular expression',
      change({
        verificationMaterial: {
          ...material,
          tlogEntries: material.tlogEntries.map((found) => ({
            ...found,
            inclusionProof: { ...found.inclusionProof, checkpoint: { envelope: checkpoint.replace(/\u2014 \S+/, '\u2014 (.*.*)+!') } },
          })),
        },
      }),
    ],
    ['about another image', await own.bundle(statement(`sha256:${'1'.repeat(64)}`), identity)],
    ['with another type', await own.bundle('{"_type":"x"}', identity)],
  ] as const) {
    assert.match(await afterPushing(bench, bundle), /^WHARF_IMAGE_UNSIGNED: .*sigstore bundle: /s, what);
  }
  assert.equal(await afterPushing(bench, good), 'ok');
  bench.file('root.json', JSON.stringify(others.trustedRoot));
  assert.match(outcome(await bench.check()), /^WHARF_IMAGE_UNSIGNED/, 'with another root, what was remembered does not count');
});

benchTest('a certificate is judged by the time of the signature: it may be over today, and not have been over then', async (bench) => {
  const past = new Date(Date.now() - 86_400_000);
  const sigstore = await ownSigstore(past);
  const root = sigstore.trustedRoot as { readonly certificateAuthorities: readonly object[] };
  bench.file('root.json', JSON.stringify(root));
  bench.policy(identityPolicy(exact));
  const signed = await sigstore.bundle(statement(bench.image.digest), identity);
  const start = '2020-01-01T00:00:00Z';
  const ended = root.certificateAuthorities.map((authority) => ({ ...authority, validFor: { start, end: '2020-02-01T00:00:00Z' } }));
  // The root of the test's authority began today, so it cannot have vouched yesterday.
  assert.match(await afterPushing(bench, signed), /^WHARF_IMAGE_UNSIGNED/);
  const now = await ownSigstore();
  bench.file('root.json', JSON.stringify({ ...now.trustedRoot, certificateAuthorities: ended }));
  assert.match(await afterPushing(bench, await now.bundle(statement(bench.image.digest), identity)), /^WHARF_IMAGE_UNSIGNED/);
});

benchTest(
  'a signature of cosign 2 without a key counts by its certificate and its entry in the log, and not without one of them',
  async (bench) => {
    const sigstore = await trusted(bench);
    const { registry, path, repository, image } = bench;
    const good = await sigstore.simple(simplePayload(repository, image.digest), identity);
    const other = await sigstore.simple(simplePayload(repository, image.digest), { ...identity, subject: 'https://ci.example/evil' });
    const elsewhere = await sigstore.simple(simplePayload(`${registry.host}/team/other`, image.digest), identity);
    const [certificate, bundle] = ['dev.sigstore.cosign/certificate', 'dev.sigstore.cosign/bundle'];
    const without = (name: string) => Object.fromEntries(Object.entries(good.annotations).filter(([key]) => key !== name));
    for (const [what, signature, words] of [
      ['by another', other, /signed by https:\/\/ci\.example\/evil/],
      ['for another repository', elsewhere, /of another repository/],
      [
        'with the certificate of another',
        { ...other, annotations: { ...other.annotations, [certificate]: good.annotations[certificate] ?? '' } },
        /signature: (?!signed by)/,
      ],
      [
        'with the entry of another',
        { ...good, annotations: { ...good.annotations, [bundle]: other.annotations[bundle] ?? '' } },
        /signature mismatch/,
      ],
      ['without an entry', { ...good, annotations: without(bundle) }, /expected 1 timestamps, got 0/],
      ['without a certificate', { ...good, annotations: without(certificate) }, /a key that no rule names/],
      ['with a broken entry', { ...good, annotations: { ...good.annotations, [bundle]: '{' } }, /no JSON/],
    ] as const) {
      await pushSimple(registry, path, image.digest, [signature]);
      const refused = outcome(await bench.check());
      assert.match(refused, /^WHARF_IMAGE_UNSIGNED/, what);
      assert.match(refused, words, what);
    }
    await pushSimple(registry, path, image.digest, [good]);
    assert.equal(outcome(await bench.check()), 'ok');
  },
);

benchTest('the public root that ships with Wharf is used where the policy names none, and trusts no Sigstore of others', async (bench) => {
  const sigstore = await ownSigstore();
  bench.policy(identityPolicy(exact).replace('trustedRoot: root.json\n', ''));
  assert.match(await afterPushing(bench, await sigstore.bundle(statement(bench.image.digest), identity)), /^WHARF_IMAGE_UNSIGNED/);
});

benchTest('provenance that an identity signed counts as its signature, and names builder and source', async (bench) => {
  const sigstore = await trusted(bench, identityPolicy(exact).replace('identities:', 'requireAttestation: true\n    identities:'));
  const predicate = {
    buildDefinition: { externalParameters: { workflow: { repository: 'https://ci.example/team/server' } }, resolvedDependencies: [{}, {}] },
    runDetails: { builder: { id: 'https://ci.example/runner' } },
  };
  assert.match(
    await afterPushing(bench, await sigstore.bundle(statement(bench.image.digest, signPredicate), identity)),
    /none counts: provenance/,
  );
  const provenance = await sigstore.bundle(statement(bench.image.digest, 'https://slsa.dev/provenance/v1', predicate), identity);
  assert.equal(await afterPushing(bench, provenance), 'ok');
  const report = await bench.inspect();
  assert.ok(report.ok, outcome(report));
  assert.equal(report.value.policy.state, 'allowed');
  assert.deepEqual(report.value.testimonies[0]?.summary, {
    predicateType: 'https://slsa.dev/provenance/v1',
    kind: 'provenance',
    builder: 'https://ci.example/runner',
    source: 'https://ci.example/team/server',
    materials: 2,
    sbom: null,
  });
});

benchTest('a log proves when a key signed, so that what it signed while it was to be used still counts', async (bench) => {
  const hourAgo = new Date(Date.now() - 3_600_000);
  const sigstore = await ownSigstore(hourAgo);
  bench.file('root.json', JSON.stringify(sigstore.trustedRoot));
  const key = keyPair();
  const policy = (notAfter: Date): string =>
    `version: 1\ntrustedRoot: root.json\nimages:\n  - match: "**"\n    keys: [{ pem: ${JSON.stringify(pemOf(key))}, notAfter: "${notAfter.toISOString()}" }]\n`;
  const logged = await sigstore.logged(key, statement(bench.image.digest));
  bench.policy(policy(new Date(hourAgo.getTime() - 60_000)));
  assert.match(await afterPushing(bench, logged), /was to be used until .*, and it signed at /);
  bench.policy(policy(new Date(hourAgo.getTime() + 60_000)));
  assert.equal(await afterPushing(bench, logged), 'ok');
  assert.equal(outcome(await bench.check()), 'ok', 'remembered with its time');
});

benchTest('what an unknown signer made is shown as such where no rule asks', async (bench) => {
  const sigstore = await trusted(bench, identityPolicy(`{ issuer: "https://x.example", subject: "x" }`));
  await pushBundles(bench.registry, bench.path, bench.image, [await sigstore.bundle(statement(bench.image.digest), identity)]);
  const report = await bench.inspect();
  assert.ok(report.ok);
  assert.equal(report.value.policy.state, 'refused');
  assert.deepEqual(report.value.testimonies[0]?.verdict, { state: 'untrusted', signer: `${identity.subject} (by ${identity.issuer})` });
});
