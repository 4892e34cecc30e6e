import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isTokenName, readTokens, withoutToken, withToken, type TokenEntry } from '../../../src/core/http/tokens.ts';

const hash = 'ab'.repeat(32);
const file = 'tokens.yaml';
const alice: TokenEntry = { name: 'alice', proof: { kind: 'sha256', sha256: hash }, profiles: ['dev'], tools: null, expiresAt: null };

function read(text: string): readonly TokenEntry[] {
  const tokens = readTokens(text, file);
  assert.ok(tokens.ok, tokens.ok ? '' : tokens.problem.message);
  return tokens.value;
}

test('every part of a token is read', () => {
  const text = `
version: 1
tokens:
  - { name: alice, sha256: '${hash.toUpperCase()}', profiles: [dev] }
  - name: ci@example
    tokenFile: ci.token
    profiles: [dev, ops]
    tools: [read, web:search, db:*]
    expires: 2027-01-31T18:00:00+01:00
  - { name: day, sha256: '${hash}', profiles: [dev], expires: 2027-01-31, tools: [] }
`;
  assert.deepEqual(read(text), [
    alice,
    {
      name: 'ci@example',
      proof: { kind: 'file', path: 'ci.token' },
      profiles: ['dev', 'ops'],
      tools: ['read', 'web:search', 'db:*'],
      expiresAt: Date.UTC(2027, 0, 31, 17),
    },
    { ...alice, name: 'day', tools: [], expiresAt: Date.UTC(2027, 0, 31) },
  ]);
  for (const empty of ['', '# nothing\n', 'version: 1\n', 'tokens: []\n', 'tokens:\n']) {
    assert.deepEqual(read(empty), [], JSON.stringify(empty));
  }
});

test('what is not understood is refused with its place: it could have been meant as a limit', () => {
  const entry = (more: string): string => `tokens:\n  - { name: a, sha256: '${hash}', profiles: [dev], ${more} }\n`;
  for (const [text, words] of [
    ['tokens: {', /./],
    ['- a', /the file is not a map/],
    ['version: 2', /only "version: 1"/],
    ['token: []', /"token" is not known here/],
    ['tokens: all', /"tokens" is not a list/],
    ['tokens: [a]', /a token is not a map/],
    [entry('tool: [read]'), /"tool" is not known here/],
    [entry('expire: 2027-01-31'), /"expire" is not known here/],
    [entry('tools: read'), /"tools" is not a list/],
    [entry("tools: ['read ']"), /not "read "/],
    [entry("tools: ['db:']"), /not "db:"/],
    [entry('expires: soon'), /"expires" is not a date/],
    [entry('expires: 2027-13-01'), /"expires" is not a date/],
    [entry('expires: 1800000000'), /"expires" is not a text/],
    [entry('tokenFile: x'), /needs one of "sha256" and "tokenFile"/],
    [`tokens: [{ name: a, profiles: [dev] }]`, /needs one of/],
    [`tokens: [{ name: a, sha256: '${hash}' }]`, /needs "profiles"/],
    [`tokens: [{ name: a, sha256: '${hash}', profiles: [] }]`, /needs "profiles"/],
    [`tokens: [{ name: a, sha256: abc, profiles: [dev] }]`, /"sha256" is not 64/],
    [`tokens: [{ name: main, sha256: '${hash}', profiles: [dev] }]`, /a token needs a "name"/],
    [`tokens: [{ name: "a\\nb", sha256: '${hash}', profiles: [dev] }]`, /a token needs a "name"/],
    [`tokens: [{ sha256: '${hash}', profiles: [dev] }]`, /a token needs a "name"/],
    [
      `tokens: [{ name: a, sha256: '${hash}', profiles: [dev] }, { name: a, sha256: '${hash}', profiles: [dev] }]`,
      /two tokens with the name "a"/,
    ],
    [`x: &x { name: a }\ntokens: [{ <<: *x, sha256: '${hash}', profiles: [dev] }]`, /./],
  ] as const) {
    const tokens = readTokens(text, file);
    assert.ok(!tokens.ok, text);
    assert.equal(tokens.problem.code, 'WHARF_HTTP_TOKENS');
    assert.match(tokens.problem.message, words);
    assert.equal(tokens.problem.place?.file, file);
  }
});

test('a token is added to a file and taken from it, and comments stay', () => {
  const before = `# ours\ntokens:\n  # the builder\n  - name: ci # until June\n    sha256: '${hash}'\n    profiles: [dev]\n`;
  const added = withToken(before, file, { ...alice, tools: ['read'], expiresAt: Date.UTC(2027, 0, 31) });
  assert.ok(added.ok);
  assert.match(added.value, /# ours[^]*# the builder[^]*# until June[^]*name: alice/);
  assert.deepEqual(
    read(added.value).map(({ name, tools, expiresAt }) => [name, tools, expiresAt]),
    [
      ['ci', null, null],
      ['alice', ['read'], Date.UTC(2027, 0, 31)],
    ],
  );
  const twice = withToken(added.value, file, alice);
  assert.equal(twice.ok ? '' : twice.problem.code, 'WHARF_HTTP_TOKEN_EXISTS');
  const removed = withoutToken(added.value, file, 'alice');
  assert.ok(removed.ok);
  assert.equal(removed.value, before);
  const gone = withoutToken(removed.value, file, 'alice');
  assert.equal(gone.ok ? '' : gone.problem.code, 'WHARF_HTTP_TOKEN_UNKNOWN');
  for (const empty of ['', '\n', 'tokens: []\n', 'version: 1\n', 'tokens:\n']) {
    const first = withToken(empty, file, alice);
    assert.ok(first.ok, empty);
    assert.deepEqual(read(first.value), [alice], JSON.stringify(empty));
  }
});

test('a name can stand in a log', () => {
  assert.deepEqual(['alice', 'ci@example.com', 'a-b_c.d', '7'].map(isTokenName), [true, true, true, true]);
  assert.deepEqual(
    ['', 'main', '-a', 'a b', 'a\n', 'é', 'x'.repeat(64)].map(isTokenName),
    Array.from({ length: 7 }, () => false),
  );
});
