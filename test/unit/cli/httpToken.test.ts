import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { parse } from 'yaml';

import { expiryOf } from '../../../src/cli/expiry.ts';
import { readTokensFile } from '../../../src/node/httpTokens.ts';
import { programOfFile } from './program.ts';

const program = programOfFile();

function token(...args: readonly string[]): ReturnType<ReturnType<typeof program>['run']> {
  return program().run(['http', 'token', ...args]);
}

test('a token is printed once, and its file keeps only what proves it', async () => {
  const made = await token('create', 'alice', '--profile', 'dev', '--profile', 'ops', '--tools', 'read, web:*', '--expires', '30d');
  assert.equal(made.code, 0, made.stderr);
  const secret = made.stdout.trim();
  assert.match(secret, /^wharf_[\w-]{43}$/);
  assert.doesNotMatch(made.stderr, new RegExp(secret), 'stdout alone carries it, so that it can be piped');
  const file = join(program().home, '.config', 'wharf', 'http-tokens.yaml');
  const text = readFileSync(file, 'utf8');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.doesNotMatch(text, new RegExp(secret));
  const read = await readTokensFile(file);
  assert.ok(read.ok);
  const [entry] = read.value.tokens;
  assert.deepEqual([entry?.name, entry?.profiles, entry?.tools], ['alice', ['dev', 'ops'], ['read', 'web:*']]);
  assert.equal(entry?.sha256, createHash('sha256').update(secret).digest('hex'));
});

test('tokens are listed without what proves them, and revoked by name', async () => {
  const file = join(program().project, 'tokens.yaml');
  assert.match((await token('ls', '--file', file)).stdout, /No token yet/);
  await token('create', 'alice', '--profile', 'dev', '--file', file);
  await token('create', 'bob', '--profile', 'ops', '--expires', '2h', '--file', file);
  const [listed, asJson] = [await token('ls', '--file', file), await token('ls', '--file', file, '--format', 'json')];
  assert.match(listed.stdout, /^NAME +PROFILES +TOOLS +EXPIRES\nalice +dev +all +never\nbob +ops +all +2\d{3}-/);
  assert.doesNotMatch(listed.stdout + asJson.stdout, /[0-9a-f]{64}/);
  assert.deepEqual(
    (JSON.parse(asJson.stdout) as { readonly tokens: readonly { readonly name: string; readonly expired: boolean }[] }).tokens.map(
      ({ name, expired }) => [name, expired],
    ),
    [
      ['alice', false],
      ['bob', false],
    ],
  );
  assert.deepEqual(parse((await token('ls', '--file', file, '--format', 'yaml')).stdout), JSON.parse(asJson.stdout));
  const revoked = await token('revoke', 'alice', '--file', file);
  assert.equal(revoked.code, 0, revoked.stderr);
  assert.doesNotMatch((await token('ls', '--file', file)).stdout, /alice/);
  assert.match((await token('revoke', 'alice', '--file', file)).stderr, /WHARF_HTTP_TOKEN_UNKNOWN/);
});

test('a wish that cannot be kept changes nothing', async () => {
  const file = join(program().project, 'tokens.yaml');
  await token('create', 'alice', '--profile', 'dev', '--file', file);
  const before = readFileSync(file, 'utf8');
  for (const [args, words] of [
    [['create', 'alice', '--profile', 'dev'], /WHARF_HTTP_TOKEN_EXISTS/],
    [['create', 'bob'], /--profile/],
    [['create', 'main', '--profile', 'dev'], /"main" is none/],
    [['create', 'b b', '--profile', 'dev'], /"b b" is none/],
    [['create', 'bob', '--profile', ''], /--profile/],
    [['create', 'bob', '--profile', 'dev', '--tools', 'a,,b'], /--tools takes names/],
    [['create', 'bob', '--profile', 'dev', '--expires', 'soon'], /--expires takes a time.*"soon"/],
    [['create', 'bob', '--profile', 'dev', '--expires', '2001-01-01'], /--expires/],
    [['revoke', 'nobody'], /WHARF_HTTP_TOKEN_UNKNOWN/],
  ] as const) {
    const ended = await token(...args, '--file', file);
    assert.deepEqual([ended.code, ended.stdout], [2, ''], args.join(' '));
    assert.match(ended.stderr, words);
  }
  assert.equal(readFileSync(file, 'utf8'), before);
  chmodSync(file, 0o660);
  for (const args of [['ls'], ['revoke', 'alice'], ['create', 'bob', '--profile', 'dev']]) {
    assert.match((await token(...args, '--file', file)).stderr, /WHARF_FILE_NOT_PRIVATE/, 'others may have put in a token of their own');
  }
});

test('an end is a time from now or a date to come', () => {
  const now = Date.UTC(2026, 0, 1);
  assert.deepEqual(
    ['30m', '12h', '30d', '2w', '2026-01-02', '2026-01-02T00:00:00+01:00'].map((text) => (expiryOf(text, now) ?? NaN) - now),
    [1_800_000, 43_200_000, 2_592_000_000, 1_209_600_000, 86_400_000, 82_800_000],
  );
  for (const bad of ['', '30', '30x', '-1d', '0d', '2025-12-31', '2026-02-30x', '9999-01-01', '99999d', 'never']) {
    assert.equal(expiryOf(bad, now), undefined, bad);
  }
});
