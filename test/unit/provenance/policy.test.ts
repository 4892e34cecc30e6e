import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { judgeName, type ImageWish } from '../../../src/core/provenance/decision.ts';
import { parseImageName } from '../../../src/core/provenance/imageName.ts';
import type { Policy, PolicyOwner } from '../../../src/core/provenance/policy.ts';
import { readPolicy } from '../../../src/core/provenance/policyReader.ts';
import { root } from '../../support/sharedData.ts';

function policy(lines: string, owner: PolicyOwner = 'user'): Policy {
  const read = readPolicy(`version: 1\n${lines}`, `/etc/${owner}.yaml`, owner);
  assert.ok(read.ok, read.ok ? '' : `${read.problem.message} ${JSON.stringify(read.problem.place)}`);
  return read.value;
}

const nothing: ImageWish = { requireDigest: false, verify: false };
const digest = `sha256:${'a'.repeat(64)}`;

/** `ok N` with the number of signatures that are asked for, or the message of the refusal. */
function judge(reference: string, policies: readonly Policy[], wish: Partial<ImageWish> = {}): string {
  const image = parseImageName(reference);
  assert.ok(image !== undefined);
  const judged = judgeName(policies, image, reference, { ...nothing, ...wish });
  return judged.ok ? `ok ${judged.value.signatures.length}` : judged.problem.message;
}

test('an image has one name, however it is written', () => {
  for (const [reference, repository, tag] of [
    ['postgres', 'docker.io/library/postgres', null],
    ['mcp/github:1', 'docker.io/mcp/github', '1'],
    ['docker.io/mcp/github', 'docker.io/mcp/github', null],
    ['index.docker.io/mcp/github', 'docker.io/mcp/github', null],
    ['registry-1.docker.io/mcp/github', 'docker.io/mcp/github', null],
    ['docker.io/postgres', 'docker.io/library/postgres', null],
    ['GHCR.io/team/server:V1', 'ghcr.io/team/server', 'V1'],
    ['ghcr.io:443/team/server', 'ghcr.io/team/server', null],
    ['localhost:5000/x', 'localhost:5000/x', null],
    ['localhost/x', 'localhost/x', null],
    ['server:5000', 'docker.io/library/server', '5000'],
  ] as const) {
    assert.deepEqual([parseImageName(reference)?.repository, parseImageName(reference)?.tag], [repository, tag], reference);
  }
  assert.equal(parseImageName(`x:1@${digest}`)?.digest, digest);
  for (const bad of ['', 'X', 'a b', `x@sha512:${'a'.repeat(128)}`, `x@sha256:${'a'.repeat(63)}`, 'x:', '-x/y']) {
    assert.equal(parseImageName(bad), undefined, bad);
  }
});

test('patterns match parts of a path, and never beyond a registry that looks alike', () => {
  const only = (pattern: string): readonly Policy[] => [policy(`registries: ["${pattern}"]`)];
  for (const [pattern, reference, isAllowed] of [
    ['docker.io/mcp/*', 'mcp/github', true],
    ['docker.io/mcp/*', 'mcp/a/b', false],
    ['docker.io/mcp/*', 'mcpx/github', false],
    ['docker.io/mcp/git*', 'mcp/github', true],
    ['docker.io/mcp/*hub', 'mcp/github', true],
    ['docker.io/mcp/gi*ub', 'mcp/giub', true],
    ['docker.io/mcp/gib*bub', 'mcp/gibub', false],
    ['ghcr.io/acme/**', 'ghcr.io/acme/a/b/c', true],
    ['ghcr.io/acme/**', 'ghcr.io/acme', false],
    ['ghcr.io/acme/**', 'ghcr.io.evil.example/acme/x', false],
    ['ghcr.io/acme/**', 'evil.example/ghcr.io/acme/x', false],
    ['ghcr.io/**/server', 'ghcr.io/a/b/server', true],
    ['*.example.com/**', 'registry.example.com/x', true],
    ['*.example.com/**', 'example.com/x', false],
    ['localhost:5000/**', 'localhost:5000/x', true],
    ['localhost:5000/**', 'localhost:5001/x', false],
    ['**', 'anything.example/x', true],
  ] as const) {
    assert.equal(judge(reference, only(pattern)).startsWith('ok'), isAllowed, `${pattern} and ${reference}`);
  }
  assert.match(judge('x', [policy('registries: []')]), /is in none of the registries that are allowed/);
});

test('a refusal names the image, the reason, the rule and the file', () => {
  const rule = 'images:\n  - match: docker.io/mcp/*\n    requireDigest: true';
  assert.match(
    judge('mcp/github:1', [policy(rule)]),
    /mcp\/github:1 is refused: .*no digest.*decided by the rule in \/etc\/user\.yaml:3 \(docker\.io\/mcp\/\*\)/,
  );
  assert.equal(judge(`mcp/github@${digest}`, [policy(rule)]), 'ok 0');
  assert.match(judge('x', [policy('requireDigest: true')]), /"requireDigest" in \/etc\/user\.yaml/);
  assert.match(judge('x', [], { requireDigest: true }), /requireDigest of the profile/);
  assert.match(judge('x', [policy('registries:\n  - ghcr.io/**')]), /"registries" in \/etc\/user\.yaml:3/);
});

test('where signatures are asked for, an image that no rule names is refused', () => {
  const signed = 'images:\n  - match: docker.io/mcp/*\n    keys: [mcp.pub]';
  assert.equal(judge('mcp/github', [policy(signed)]), 'ok 1');
  assert.equal(judge('postgres', [policy(signed)]), 'ok 0');
  assert.match(
    judge('postgres', [policy(signed)], { verify: true }),
    /no rule says who may sign it.*--verify-signatures with \/etc\/user\.yaml/,
  );
  assert.match(judge('postgres', [policy(`requireSignature: true\n${signed}`)]), /no rule says who may sign it.*"requireSignature"/);
  assert.match(judge('postgres', [], { verify: true }), /there is no policy file/);
});

test('the first rule of a file counts, and every file must agree: the user can only narrow', () => {
  const signed = (key: string): string => `images:\n  - match: docker.io/mcp/*\n    keys: [${key}]`;
  const machine = policy(signed('machine.pub'), 'machine');
  const loose = policy('registries: ["**"]\nimages:\n  - match: "**"');
  assert.equal(judge('mcp/github', [machine, loose]), 'ok 1');
  assert.equal(judge('mcp/github', [machine, policy(signed('mine.pub'))]), 'ok 2');
  assert.match(judge('ghcr.io/x/y', [policy('registries: [docker.io/**]', 'machine'), loose]), /none of the registries/);
  assert.match(judge('mcp/github', [machine, policy('registries: []')]), /none of the registries/);
  const strict = policy('requireSignature: true', 'machine');
  assert.match(judge('mcp/github', [strict, policy(signed('mine.pub'))]), /decided by "requireSignature" in \/etc\/machine\.yaml/);
  const exception = policy(`images:\n  - match: docker.io/mcp/legacy\n  - match: docker.io/mcp/*\n    keys: [a.pub]`);
  assert.deepEqual([judge('mcp/legacy', [exception]), judge('mcp/new', [exception])], ['ok 0', 'ok 1']);
});

test('the example of the documentation is understood, and says what it shows', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(readFileSync(join(root, 'docs', 'policy.md'), 'utf8')) ?? [];
  const read = readPolicy(example, 'policy.yaml', 'machine');
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  assert.match(judge('mcp/github:1', [read.value]), /no digest/);
  assert.equal(judge(`mcp/github@${digest}`, [read.value]), 'ok 1');
  assert.equal(judge('ghcr.io/acme/tools/search:2', [read.value]), 'ok 1');
  assert.match(judge('quay.io/acme/x', [read.value]), /none of the registries/);
});

test('what is not understood is an error with its line and column', () => {
  const identity = (lines: string): string => `images:\n  - match: "**"\n    identities:\n      - ${lines}`;
  for (const [text, line, words] of [
    ['', 1, /not a map/],
    ['[]', 1, /not a map/],
    ['version: 2', 1, /"version: 1"/],
    ['version: 1\nregistry: [x]', 2, /no setting "registry" in this version/],
    ['version: 1\nregistries:', 2, /"registries" is empty/],
    ['version: 1\nrequireSignature: ~', 2, /"requireSignature" is empty/],
    ['version: 1\nregistries: [~]', 2, /a pattern is not a text/],
    ['version: 1\nregistries: ghcr.io', 2, /not a list/],
    ['version: 1\nregistries: [ghcr.io/acme, "acme/*"]', 2, /does not begin with a registry/],
    ['version: 1\nregistries: [ghcr.io]', 2, /does not begin with a registry/],
    ['version: 1\nregistries: ["ghcr.io/a*b*c/x"]', 2, /one \*/],
    ['version: 1\nregistries: ["ghcr.io/x:1"]', 2, /names a tag/],
    ['version: 1\nregistries: ["GHCR.io/x"]', 2, /lower-case/],
    ['version: 1\nregistries: ["index.docker.io/mcp/*"]', 2, /another name of "docker\.io"/],
    ['version: 1\nregistries: ["ghcr.io/**/**/**/**"]', 2, /at most 3 times/],
    ['version: 1\nrequireDigest: yes please', 2, /not true or false/],
    ['version: 1\nrequireDigest: true\nrequireDigest: false', 3, /unique/],
    ['version: 1\nimages:\n  - keys: [x]', 3, /no "match"/],
    ['version: 1\nimages:\n  - match: "**"\n    key: x', 4, /no setting "key"/],
    ['version: 1\nimages:\n  - match: "**"\n    keys: []', 3, /"keys" is empty/],
    ['version: 1\nimages:\n  - match: "**"\n    keys:', 4, /"keys" is empty/],
    ['version: 1\nimages:\n  - match: "**"\n    keys: [{ pem: a, file: b }]', 4, /either "pem" or "file"/],
    ['version: 1\nimages:\n  - match: "**"\n    keys: [{ file: b, notAfter: soon }]', 4, /no date/],
    ['version: 1\nimages:\n  - match: "**"\n    requireAttestation: true', 4, /needs "keys" or "identities"/],
    ['version: 1\nimages:\n  - match: "**"\n    keys: [a]\n    requireAttestation: [vuln]', 5, /provenance and sbom/],
    [`version: 1\n${identity('{ issuer: a }')}`, 5, /"subject" or "subjectPattern"/],
    [`version: 1\n${identity('{ issuer: a, subject: b, subjectPattern: c }')}`, 5, /"subject" or "subjectPattern"/],
    [`version: 1\n${identity('{ issuer: a, subjectPattern: "(" }')}`, 5, /[Uu]nterminated group/],
    ['version: 1\nimages:\n  - <<: { match: "**" }', 3, /merge key/],
    ['version: 1\nplainHttp: [http://x]', 2, /no registry/],
    ['version: 1\n  images: []', 1, /./],
    ['version: 1\nimages: *rules', 2, /./],
    ['a: [', 1, /./],
  ] as const) {
    const read = readPolicy(text, 'policy.yaml', 'machine');
    assert.ok(!read.ok, text);
    assert.equal(read.problem.code, 'WHARF_POLICY_BROKEN', text);
    assert.equal(read.problem.place?.line, line, `${text}: ${read.problem.message}`);
    assert.match(read.problem.message, words, text);
  }
});
