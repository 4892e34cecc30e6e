import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { literalSecrets } from '../../../src/core/profile/literalSecrets.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';
import { sharedData } from '../../support/sharedData.ts';
import { hasAssignedSecret } from '../../../src/core/profile/literalValue.ts';

test('a value where a reference belongs is told with its place, and not repeated', () => {
  const value = ['AKIA', 'IOSFODNN7', 'QWERTYZ'].join('');
  const text = `version: 1\n# für alle\nservers:\n  - image: a\n    env: [{ name: KEY, value: ${value} }]\n`;
  const [problem, ...more] = literalSecrets(text, 'dev.yaml', nodeScanner());
  assert.deepEqual(more, []);
  assert.deepEqual([problem?.code, problem?.place], ['WHARF_LITERAL_SECRET', { file: 'dev.yaml', line: 5, column: 31 }]);
  assert.ok(!JSON.stringify(problem).includes(value));
});

test('references, digests and ordinary values are no secrets', () => {
  const text = `version: 1\nservers:\n  - image: mcp/x@sha256:${'0f'.repeat(32)}\n    secrets: [{ name: github.token, env: GITHUB_TOKEN }]\n    env: [{ name: MODE, value: fast }, { name: K, value: secret://other.key }]\n`;
  assert.deepEqual(literalSecrets(text, 'dev.yaml', nodeScanner()), []);
});

const password = ['realPassw', '0rd99'].join('');

test('the password in an address and the value of a variable that is named like a secret are told as well, each once', () => {
  const token = ['AKIA', 'IOSFODNN7', 'QWERTYZ'].join('');
  const text = `version: 1
servers:
  - image: a
    env:
      - { name: PGURL, value: "postgres://u:${password}@db.acme.net:5432/x" }
      - { name: DB_PASSWORD, value: tulip-garden }
      - { name: GITHUB_TOKEN, value: ${token} }
  - name: n
    wharf: { native: { command: x, env: { OPENWEATHER_API_KEY: q7q7q7q7 } } }
`;
  const found = literalSecrets(text, 'dev.yaml', nodeScanner());
  assert.deepEqual(
    found.map(({ place }) => place?.line),
    [5, 6, 7, 9],
    JSON.stringify(found),
  );
  assert.match(found[1]?.message ?? '', /the value of DB_PASSWORD/);
  for (const value of [password, 'tulip-garden', token, 'q7q7q7q7']) {
    assert.ok(!JSON.stringify(found).includes(value));
  }
});

test('a name like a secret with a reference, a placeholder, a switch, a number or a path is none', () => {
  for (const value of ['secret://db', '${DB}', '<password>', 'changeme', 'true', '4096', '/run/secrets/db', 'your_token_here', '""']) {
    const text = `version: 1\nservers:\n  - image: a\n    env: [{ name: DB_PASSWORD, value: "${value.replaceAll('"', '')}" }]\n`;
    assert.deepEqual(literalSecrets(text, 'dev.yaml', nodeScanner()), [], value);
  }
  assert.deepEqual(literalSecrets('env: { TOKENIZER: llama-three, PWD: somewhere }', 'dev.yaml', nodeScanner()), []);
});

test("a secret behind YAML's escapes, or folded over lines, is told: it is sent as what it is", () => {
  const token = ['AKIA', 'IOSFODNN7', 'QWERTYZ'].join('');
  const escaped = Buffer.from(token).toString('hex').replace(/../g, '\\x$&');
  for (const [value, what] of [
    [`"${escaped}"`, 'escapes'],
    [`"${token.slice(0, 8)}\\\n      ${token.slice(8)}"`, 'a folded line'],
  ] as const) {
    const text = `version: 1\nservers:\n  - image: a\n    env: [{ name: MODE, value: ${value} }]\n`;
    const found = literalSecrets(text, 'dev.yaml', nodeScanner());
    assert.deepEqual(
      found.map(({ place }) => place),
      [{ file: 'dev.yaml', line: 4, column: 32 }],
      what,
    );
    assert.ok(!JSON.stringify(found).includes(token), what);
  }
});

test('a password in a connection string, in the query of an address, or behind an option is told, each once', () => {
  for (const entry of [
    `config: { dsn: "host=db user=u password=${password}" }`,
    `env: [{ name: DSN, value: "Server=db;Pwd=${password};" }]`,
    `env: [{ name: DSN, value: "jdbc:x://h/d?user=u&password=${password}" }]`,
    `config: { deep: { url: "https://x.example/a?api_key=${password}" } }`,
    `endpoint: "https://x.example/mcp?token=${password}"`,
    `wharf: { native: { command: x, args: [--password, ${password}] } }`,
    `wharf: { native: { command: x, args: ["--api-key=${password}"] } }`,
    `headers: { X-Api-Token: "${password}" }`,
    `env: [{ name: DB_PASSWORD, value: "\${X}${password}" }]`,
  ]) {
    const found = literalSecrets(`version: 1\nservers:\n  - name: a\n    ${entry}\n`, 'dev.yaml', nodeScanner());
    assert.deepEqual(
      found.map(({ code, place }) => [code, place?.line]),
      [['WHARF_LITERAL_SECRET', 4]],
      entry,
    );
    assert.ok(!JSON.stringify(found).includes(password), entry);
  }
});

test('what only says where a password belongs is none, and neither are the words of a catalogue', (t) => {
  for (const entry of [
    'config: { dsn: "host=db password=${PASSWORD}" }',
    'config: { dsn: "host=db password=<password>" }',
    'env: [{ name: URL, value: "https://x.example/a?token=secret://x&page=12345" }]',
    'wharf: { native: { command: x, args: [--token, env://TOKEN, --password-file, /run/pw] } }',
    'snapshot: { server: { name: a, config: [{ description: "such as password=hunter2abc", properties: { a: { default: "pwd=hunter2abc" } } }] } }',
  ]) {
    const text = `version: 1\nservers:\n  - name: a\n    ${entry}\n`;
    assert.deepEqual(literalSecrets(text, 'dev.yaml', nodeScanner()), [], entry);
  }
  const folder = sharedData(t, 'profiles');
  for (const name of folder === undefined ? [] : readdirSync(folder)) {
    assert.deepEqual(literalSecrets(readFileSync(join(folder ?? '', name), 'utf8'), name, nodeScanner()), [], name);
  }
});

test('a variable of a shell behind the name of a secret is none, and a word is one', () => {
  const option = ['--pass', 'word'].join('');
  for (const value of ['$PGPASSWORD', '$(cat /run/x)', '%PW%']) {
    assert.equal(hasAssignedSecret(`psql ${option} ${value} -h db`), false, value);
    assert.equal(hasAssignedSecret(`psql ${option}=${value}`), false, value);
  }
  assert.equal(hasAssignedSecret(`psql ${option} ${['hunter', 'two'].join('-')} -h db`), true);
});
