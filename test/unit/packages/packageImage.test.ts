import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  engineName,
  isBuiltFor,
  packageDockerfile,
  packageImageReference,
  packageOfLabels,
  packageOrigins,
} from '../../../src/core/packages/packageImage.ts';
import { packageReferenceText, parsePackageReference } from '../../../src/core/packages/packageReference.ts';
import { packageRecord, resolvedPackage } from '../../../src/core/packages/packageServer.ts';
import { profilePackages } from '../../../src/core/packages/profilePackages.ts';
import { isRegistryAddress, registryEnv, registryHosts } from '../../../src/core/packages/registryHosts.ts';
import { isImageReference } from '../../../src/core/profile/imageReference.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { parseImageName, pinnedName } from '../../../src/core/provenance/imageName.ts';

const tree = `sha256:${'ab'.repeat(32)}`;
const image = { kind: 'npx', name: '@team/~My.server', version: '1.2.3+build', tree } as const;
const reference = packageImageReference(image);

test('the image of a package is named by what was installed, also where only its digest is left', () => {
  assert.equal(reference, `wharf.local/npx/team/my-server:1.2.3_build@${tree}`);
  assert.ok(isImageReference(reference));
  const name = parseImageName(reference) ?? assert.fail();
  const tag = `wharf.local/npx/team/my-server:${tree.replace(':', '-')}`;
  assert.deepEqual([engineName(reference), engineName(pinnedName(name, tree))], [tag, tag]);
  assert.equal(engineName('ghcr.io/team/server:1@sha256:00'), 'ghcr.io/team/server:1@sha256:00');
  const labels = { 'wharf.package': 'npx://@team/server@1.2.3', 'wharf.package.tree': tree };
  assert.ok(isBuiltFor(reference, labels));
  assert.ok(!isBuiltFor(reference, {}) && !isBuiltFor(reference, { 'wharf.package.tree': `sha256:${'cd'.repeat(32)}` }));
  assert.deepEqual(packageOrigins(reference, labels), [`wharf.local/npx/team/my-server@${tree}`]);
  // An image from elsewhere can carry the label; it gets no digest by it.
  assert.deepEqual(packageOrigins('ghcr.io/team/server:1', labels), []);
  assert.equal(packageOfLabels(labels)?.reference.package, '@team/server');
  assert.equal(packageOfLabels({ 'wharf.package': 'npx://x' }), undefined);
});

test('the lines that make it hold no word that a builder would take for its own', () => {
  const file = packageDockerfile(image, { base: tree, program: '/app/x', integrity: 'sha512-a$HOME"\nRUN rm', archive: 'a.tgz' });
  assert.ok(file.includes('"wharf.package.integrity"="sha512-a\\$HOME\\"\\nRUN rm"'), file);
  assert.ok(!/^RUN/m.test(file));
  assert.match(file, /\nENTRYPOINT \["\/app\/x"\]\nADD a\.tgz \/app\/\n$/);
});

test('an entry of a package says how to build it again, and a profile with it is read', () => {
  const parsed = parsePackageReference('npx://@team/server@1.2.3') ?? assert.fail();
  const record = {
    reference: parsed,
    integrity: 'sha512-AA',
    resolvedAt: '2026-01-02T03:04:05.678Z',
    base: 'node:22-slim',
    scripts: false,
  };
  const { entry } = resolvedPackage({ image: reference, description: 'Words', record });
  assert.ok(entry.kind === 'image' && entry.name === 'server');
  const yaml = `version: 1\nid: dev\nname: dev\nservers:\n  - ${JSON.stringify({ type: 'image', image: reference, snapshot: { server: entry.server } })}\n`;
  const profile = readProfile(yaml, 'dev.yaml');
  assert.ok(profile.ok, profile.ok ? '' : profile.problem.message);
  // Each thread has its own: nobody knows what the server holds.
  assert.equal(profile.value.servers[0]?.share, 'session');
  assert.deepEqual(profilePackages(yaml), [{ image: reference, record: { ...record, tree } }]);
  for (const broken of [{ resolvedAt: '$(id)' }, { reference: 'npx://server' }, { integrity: 1 }]) {
    const written: object = { ...(entry.server['package'] as object), ...broken };
    assert.equal(packageRecord(reference, { package: written }), undefined);
  }
  assert.equal(packageRecord('ghcr.io/team/server', entry.server), undefined);
});

test('a reference of a package is one argument of its installer, and has one spelling', () => {
  const texts = ['npx://x', 'npx://@a/b@latest', 'uvx://Some_Server==1.0', 'uvx://x@latest'];
  assert.deepEqual(
    texts.map((text) => packageReferenceText(parsePackageReference(text) ?? assert.fail(text))),
    ['npx://x', 'npx://@a/b', 'uvx://some-server@1.0', 'uvx://x'],
  );
  for (const bad of [
    'npx://',
    'npx://--help',
    'npx://../x',
    'npx://x@file:y',
    'npx://x;y',
    'npx://git+ssh://h/x',
    'uvx://-r',
    'docker://x',
    'uvx://x[y]',
  ]) {
    assert.equal(parsePackageReference(bad), undefined, bad);
  }
});

test('the hosts of a registry are those of its addresses', () => {
  assert.deepEqual(registryHosts(['https://Registry.example/npm/', 'http://files.example:8080']), [
    { host: 'registry.example', port: 443 },
    { host: 'files.example', port: 8080 },
  ]);
  assert.equal(registryHosts(['https://ok.example', 'file:///etc/passwd']), undefined);
  assert.equal(registryHosts([]), undefined);
  assert.deepEqual(['https://r.example/', 'https://me:word@r.example/', 'r.example'].map(isRegistryAddress), [true, false, false]);
  assert.deepEqual(registryEnv('uvx', 'http://r.example/simple'), {
    PIP_INDEX_URL: 'http://r.example/simple',
    PIP_TRUSTED_HOST: 'r.example',
  });
});
