import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { knownValues } from '../../../src/cli/doctor/knownValues.ts';
import { localRedaction, redactTexts } from '../../../src/cli/doctor/redaction.ts';
import { lastLines, sinceStart } from '../../../src/cli/doctor/logTail.ts';
import * as problems from '../../../src/core/problems.ts';
import { allRules } from '../../../src/core/scan/rules/all.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { addressParts } from '../../../src/core/profile/writtenValues.ts';
import type { ControlClient } from '../../../src/node/controlClient.ts';
import { fail, ok } from '../../../src/shared/result.ts';
import { seeded } from '../../support/patternSamples.ts';
import { secretOf } from '../../support/secretSamples.ts';

const value = (): string => `v-${randomBytes(12).toString('hex')}`;

test('a value is left out as it is, encoded, and where a line was cut within it', () => {
  const secret = value();
  const forms = [
    secret,
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
    `…${secret.slice(-14)}`,
    `${secret.slice(0, 12)}…`,
    JSON.stringify({ deep: JSON.stringify({ secret }) }),
  ];
  const [shown = ''] = localRedaction([forms.join('\n')], [secret]);
  for (let at = 0; at + 8 <= secret.length; at++) {
    assert.ok(!shown.includes(secret.slice(at, at + 8)), shown);
  }
});

test('what looks like a secret goes by rule, and names of secrets go, too', () => {
  const rule = allRules.find(({ id }) => id === 'github-pat') ?? assert.fail();
  const token = secretOf(rule, seeded(9)).text;
  const [shown = ''] = localRedaction(
    [`Said ${token}; [wharf:secret customer.token]; the secret "customer.token"; secret://customer.token.`],
    [],
  );
  assert.ok(!shown.includes(token) && !shown.includes('customer'), shown);
});

test('a person who asks for themselves reads the names', () => {
  assert.deepEqual(localRedaction(['the secret "a.token"'], [], { keepsNames: true }), ['the secret "a.token"']);
});

test('values are those of variables, headers, addresses and arguments, and no references', () => {
  const [plain, header, password, query, argument, config] = Array.from({ length: 6 }, value) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const yaml = `version: 1
servers:
  - image: x/a:1
    name: a
    env: [{ name: MODE, value: ${plain} }, { name: TOKEN, value: "secret://a" }]
  - endpoint: https://a.test/mcp?key=${query}
    name: b
    headers: { Authorization: "Bearer ${header}" }
  - name: c
    wharf: { native: { command: /bin/c, args: ["--token", "${argument}"], env: { URL: "postgres://app:${password}@db.test/x" } } }
`;
  const profile = readProfile(yaml, 'dev.yaml');
  assert.ok(profile.ok, profile.ok ? '' : profile.problem.message);
  const file = {
    id: 'dev',
    path: 'dev.yaml',
    scope: 'user',
    text: yaml,
    content: yaml,
    profile,
    allowed: true,
    catalogFiles: [],
    changedImages: [],
    isPulled: false,
  } as const;
  const toml = `[mcp_servers.x]\ncommand = "x"\nenv = { KEY = "${config}" }\n`;
  const values = knownValues([file], [{ path: 'config.toml', scope: 'user', text: toml }]);
  for (const one of [plain, header, password, query, argument, config]) {
    assert.ok(values.includes(one), one);
  }
  assert.ok(!values.includes('secret://a') && !values.includes('x'));
});

test('a daemon that runs and does not look through the texts is told apart from none', async () => {
  const control = (answer: unknown): ControlClient => ({ request: () => Promise.resolve(answer) }) as unknown as ControlClient;
  assert.equal((await redactTexts(['a'], [], [])).by.kind, 'rules');
  assert.equal((await redactTexts(['a'], [control(fail(problems.daemonLost()))], [])).by.kind, 'refused');
  const done = await redactTexts(['a'], [control(ok({ texts: ['b'], looksIntoVault: false }))], []);
  assert.deepEqual(done, { texts: ['b'], by: { kind: 'daemon', vault: false } });
});

test('of a log the last lines are shown, and of a line its beginning', () => {
  const shown = lastLines(Array.from({ length: 400 }, (_, index) => `${index} ${'x'.repeat(5_000)}`).join('\n')).split('\n');
  assert.equal(shown.length, 150);
  assert.ok(shown.every((line) => line.length < 2_100) && shown.at(-1)?.startsWith('399 '));
});

test('of a log only what the last daemon wrote is shown, and how the one before ended', () => {
  const start = (at: string): string => `${at} Wharf 1.0.0 serves at /s.sock, Docker is at unix:///x.`;
  const ended = sinceStart([start('1'), '1 words', '1 Wharf stopped.', start('2'), '2 words'].join('\n'));
  assert.deepEqual(ended.split('\n'), ['(left out: what an earlier daemon wrote; it stopped)', start('2'), '2 words']);
  assert.match(sinceStart([start('1'), '1 words', start('2')].join('\n')), /it ended without a word\)/);
  for (const whole of [[start('1'), '1 words'].join('\n'), '1 words', '']) {
    assert.equal(sinceStart(whole), whole);
  }
});

test('parts of addresses count by themselves, however the password is written', () => {
  assert.deepEqual(addressParts(['postgres://app', 'pa%2Fss@db.test/x?key=a%20b#c'].join(':')), [
    'app',
    'app',
    'pa%2Fss',
    'pa/ss',
    'a%20b',
    'a b',
  ]);
  assert.ok(addressParts(['redis://', 'p/a?s@db.test'].join(':')).includes('p/a?s'));
  assert.deepEqual(addressParts('https://a.test/x'), []);
  assert.deepEqual(addressParts('no address'), []);
});
