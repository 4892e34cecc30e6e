import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { ImageGate } from '../../../src/node/provenance/imageGate.ts';
import { policyFilesOf } from '../../../src/node/provenance/policyPlaces.ts';
import type { ImageFacts } from '../../../src/core/provenance/imageFacts.ts';
import { ok, type Result } from '../../../src/shared/result.ts';
import { keyPair, pemOf } from '../../support/signing.ts';
import { asOrdinaryUser, temporaryFolder } from '../node/folders.ts';
import { keyPolicy, outcome } from './bench.ts';

const digest = `sha256:${'a'.repeat(64)}`;

interface Place {
  readonly folder: string;
  readonly write: (owner: 'machine' | 'user', text: string) => void;
  readonly check: (
    reference: string,
    wish?: { readonly requireDigest?: boolean; readonly verify?: boolean },
  ) => Promise<Result<ImageFacts>>;
}

function place(t: TestContext): Place {
  const folder = temporaryFolder(t);
  const gate = new ImageGate({
    locations: { configFolder: folder, dataFolder: join(folder, 'data'), environment: {} },
    log: () => undefined,
    digestsOf: () => Promise.resolve(ok([])),
    policyFiles: (['machine', 'user'] as const).map((owner) => ({ owner, path: join(folder, `${owner}.yaml`) })),
  });
  return {
    folder,
    write: (owner, text) => writeFileSync(join(folder, `${owner}.yaml`), text),
    check: (reference, wish = {}) => gate.check(reference, { requireDigest: false, verify: false, ...wish }),
  };
}

test('where the files are, on each system', () => {
  const folders = (platform: NodeJS.Platform, env = {}): readonly string[] =>
    policyFilesOf('/config', env, platform).map(({ path }) => path);
  assert.deepEqual(folders('linux'), ['/etc/wharf/policy.yaml', '/config/policy.yaml']);
  assert.equal(folders('darwin')[0], '/Library/Application Support/wharf/policy.yaml');
  assert.match(folders('win32', { ProgramData: 'D:\\Data' })[0] ?? '', /^D:\\Data.wharf.policy\.yaml$/);
});

test('without a policy and without a wish an image passes; with a wish it needs what was wished for', async (t) => {
  const { check } = place(t);
  const passed = await check(`mcp/github@${digest}`);
  assert.equal(passed.ok && passed.value.pinned, `docker.io/mcp/github@${digest}`);
  assert.equal(outcome(await check('mcp/github')), 'ok');
  assert.match(outcome(await check('mcp/github', { verify: true })), /^WHARF_IMAGE_REFUSED: .*there is no policy file/);
  assert.match(outcome(await check('mcp/github', { requireDigest: true })), /^WHARF_IMAGE_REFUSED: .*names no digest/);
  assert.match(outcome(await check('Not An Image')), /^WHARF_IMAGE_REFERENCE/);
});

test('a broken file of either owner refuses everything until it is corrected, without a restart', async (t) => {
  const { write, check, folder } = place(t);
  write('user', 'version: 1\n');
  for (const owner of ['machine', 'user'] as const) {
    write(owner, 'version: 1\nregistrys: []\n');
    const refused = await check('mcp/github');
    assert.match(outcome(refused), /^WHARF_POLICY_BROKEN: .*no setting "registrys"/);
    assert.deepEqual(!refused.ok && refused.problem.place, { file: join(folder, `${owner}.yaml`), line: 2, column: 1 });
    write(owner, 'version: 1\n');
    assert.equal(outcome(await check('mcp/github')), 'ok');
  }
  write('machine', 'version: 1\nregistries: [ghcr.io/**]\n');
  assert.match(outcome(await check('mcp/github')), /^WHARF_IMAGE_REFUSED: .*machine\.yaml:2/);
  rmSync(join(folder, 'machine.yaml'));
  assert.equal(outcome(await check('mcp/github')), 'ok');
});

test('a policy that cannot be read, or is no file, refuses everything', async (t) => {
  const { check, folder, write } = place(t);
  mkdirSync(join(folder, 'machine.yaml'));
  assert.match(outcome(await check('mcp/github')), /^WHARF_POLICY_UNREADABLE/);
  rmSync(join(folder, 'machine.yaml'), { recursive: true });
  write('machine', 'version: 1\n');
  await asOrdinaryUser(async () => {
    // Belongs to root where the test does; else it is made unreadable.
    writeFileSync(join(folder, 'user.yaml'), 'version: 1\n', { mode: 0o000 });
    assert.match(outcome(await check('mcp/github')), /^WHARF_POLICY_UNREADABLE/);
  });
});

test('a key or a root that is none is an error of the policy, at its line', async (t) => {
  const { write, check, folder } = place(t);
  const reference = `ghcr.io/team/server@${digest}`;
  const { privateKey } = keyPair();
  const weak = ['-----BEGIN', 'PUBLIC KEY-----\nMCowBQYDK2VuAyEA\n-----END PUBLIC KEY-----'].join(' ');
  const secret = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  for (const [key, words] of [
    ['absent.pub', /absent\.pub is no public key in PEM.*ENOENT/],
    [weak, /no public key in PEM/],
    [secret, /it is a private key/],
  ] as const) {
    write('user', keyPolicy(key));
    const refused = await check(reference);
    assert.match(outcome(refused), /^WHARF_POLICY_BROKEN/);
    assert.match(outcome(refused), words);
    assert.equal(!refused.ok && refused.problem.place?.line, 4);
    assert.doesNotMatch(outcome(refused), /MIG/);
  }
  writeFileSync(join(folder, 'root.json'), '{"tlogs": 1}');
  write('user', `trustedRoot: root.json\n${keyPolicy(pemOf(keyPair()))}`);
  assert.match(outcome(await check(reference)), /^WHARF_POLICY_BROKEN: .*root\.json is no trusted_root\.json/);
});
