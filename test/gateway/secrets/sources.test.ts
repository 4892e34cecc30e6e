import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { secretHandlers } from '../../../src/gateway/secrets/control.ts';
import type { SecretScope } from '../../../src/gateway/secrets/secrets.ts';
import { Secrets } from '../../../src/gateway/secrets/secrets.ts';
import type { Result } from '../../../src/shared/result.ts';

const onPosix = process.platform === 'win32' ? { skip: 'POSIX permissions and scripts' } : {};

interface Place {
  readonly base: string;
  readonly project: string;
  readonly secrets: Secrets;
  readonly resolve: (reference: string, variable?: string, scope?: SecretScope) => Promise<Result<{ value: string; version: string }>>;
}

/** A gateway's secrets, with a vault whose key is in a file. */
async function place(t: TestContext): Promise<Place> {
  const base = mkdtempSync(join(tmpdir(), 'wharf-secrets-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const folders = { configFolder: join(base, 'config'), dataFolder: join(base, 'data'), runtimeFolder: join(base, 'run') };
  for (const folder of [...Object.values(folders), join(base, 'project')]) {
    mkdirSync(folder, { mode: 0o700 });
  }
  const secrets = new Secrets({ ...folders, environment: {} });
  t.after(() => secrets.close());
  const made = await secrets.vault.init({ kind: 'keyFile', path: join(base, 'data', 'key') }, null);
  assert.ok(made.ok);
  const project = join(base, 'project');
  return {
    base,
    project,
    secrets,
    resolve: (reference, variable, scope = { workspace: project }) => secrets.sourceFor(scope).resolve(reference, variable),
  };
}

async function valueOf(outcome: Promise<Result<{ value: string }>>): Promise<string> {
  const result = await outcome;
  assert.ok(result.ok, result.ok ? '' : result.problem.message);
  return result.value.value;
}

async function refusal(outcome: Promise<Result<unknown>>): Promise<string> {
  const result = await outcome;
  assert.ok(!result.ok, 'it was given');
  return `${result.problem.code} ${result.problem.message} ${result.problem.next}`;
}

/** For this test alone. */
function setVariable(t: TestContext, name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  t.after(() => (before === undefined ? delete process.env[name] : (process.env[name] = before)));
}

test("the vault gives a secret under its own reference and under Docker's", async (t) => {
  const { secrets, resolve } = await place(t);
  await secrets.vault.set('github.token', 'x');
  for (const reference of ['secret://github.token', 'se://docker/mcp/github.token', 'se://github.token']) {
    assert.equal(await valueOf(resolve(reference)), 'x');
  }
  assert.match(await refusal(resolve('secret://gitlab.token')), /WHARF_SECRET_UNKNOWN .*"wharf secret set gitlab.token"/);
});

test('no reference leads to the token of a login', async (t) => {
  const { secrets, resolve } = await place(t);
  await secrets.tokens.set('https://mcp.example.com/mcp', 'token');
  const listed = await secrets.vault.list();
  const name = listed.ok ? (listed.value[0]?.name ?? '') : '';
  assert.match(name, /^oauth\//);
  for (const reference of [`secret://${name}`, `se://docker/mcp/${name}`]) {
    assert.match(await refusal(resolve(reference)), /WHARF_SECRET_NAME/);
  }
});

test('a text that is no reference is not repeated: it may be a secret itself', async (t) => {
  const { resolve } = await place(t);
  for (const text of ['hunter2hunter2', ['https://user:hunter2', 'host/'].join('@'), 'secret://a b hunter2']) {
    assert.doesNotMatch(await refusal(resolve(text)), /hunter2/);
  }
});

test("a variable of the gateway's own environment is given, and one that is not there says why that is usual", async (t) => {
  const { resolve } = await place(t);
  setVariable(t, 'WHARF_TEST_SECRET', 'from the environment');
  assert.equal(await valueOf(resolve('env://WHARF_TEST_SECRET')), 'from the environment');
  assert.match(await refusal(resolve('env://WHARF_TEST_MISSING')), /WHARF_SECRET_UNREADABLE .*--no-daemon/);
});

test('a file gives its content without its last line end', async (t) => {
  const { base, resolve } = await place(t);
  const path = join(base, 'token');
  for (const [content, value] of [
    ['abc\n', 'abc'],
    ['abc\r\n', 'abc'],
    ['abc', 'abc'],
    ['a\nb\n\n', 'a\nb\n'],
  ] as const) {
    writeFileSync(path, content);
    assert.equal(await valueOf(resolve(`file://${path}`)), value);
  }
  setVariable(t, 'HOME', base);
  assert.equal(await valueOf(resolve('file://~/token')), 'a\nb\n');
  assert.equal(await valueOf(resolve('file://~/token', undefined, { workspace: base })), 'a\nb\n', 'a home is no project');
});

test('what is no plain private file of the user is refused', onPosix, async (t) => {
  const { base, project, resolve } = await place(t);
  const write = (path: string, content: string | Buffer = 'x', mode = 0o600): string => {
    writeFileSync(path, content);
    chmodSync(path, mode);
    return `file://${path}`;
  };
  symlinkSync(write(join(base, 'outside')).slice('file://'.length), join(project, 'link'));
  symlinkSync(project, join(base, 'way'));
  write(join(project, 'inside'));
  const cases: readonly (readonly [string, RegExp])[] = [
    [`file://${join(base, 'missing')}`, /ENOENT/],
    [`file://${base}`, /no regular file/],
    ['file:///dev/zero', /no regular file/],
    [write(join(base, 'empty'), ''), /empty/],
    [write(join(base, 'long'), 'x'.repeat(64 * 1024 + 1)), /more than 64 KB/],
    [write(join(base, 'binary'), Buffer.from([0xff, 0xfe])), /not valid/],
    [write(join(base, 'open'), 'x', 0o666), /everybody may write .*chmod 600/],
    [`file://${join(project, 'inside')}`, /lies in the project folder/],
    [`file://${join(project, 'link')}`, /lies in the project folder/],
    [`file://${join(base, 'way', 'inside')}`, /lies in the project folder/],
    [`file://${join(base, 'elsewhere', '..', 'project', 'inside')}`, /lies in the project folder|ENOENT/],
    [`file://${join(base, 'data', 'key')}`, /Wharf's own folder/],
    [`file://${join(base, 'data', 'vault.json')}`, /Wharf's own folder/],
  ];
  for (const [reference, words] of cases) {
    assert.match(await refusal(resolve(reference)), words, reference);
  }
});

test("1Password's own command gives what it keeps, and its failures are told without a value", onPosix, async (t) => {
  const { base, resolve } = await place(t);
  const bin = join(base, 'bin');
  mkdirSync(bin);
  const op = (script: string): void => writeFileSync(join(bin, 'op'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  setVariable(t, 'PATH', bin);
  assert.match(await refusal(resolve('op://Private/GitHub/token')), /no op on the PATH/);
  op(`[ "$*" = 'read --no-newline op://Private/GitHub/token; x' ] && printf %s 'of 1Password'`);
  assert.equal(await valueOf(resolve('op://Private/GitHub/token; x')), 'of 1Password');
  op(`echo '[ERROR] 2026/01/01 isn'"'"'t a vault in this account' >&2; exit 1`);
  assert.match(await refusal(resolve('op://Nope/GitHub/token')), /op said: \[ERROR\].*isn't a vault.* "op signin"/);
  op('exit 0');
  assert.match(await refusal(resolve('op://Private/GitHub/token')), /the field is empty/);
});

test(
  'whether a value of 1Password changed is asked once in some minutes, however many clients come, and no start gets an old one',
  onPosix,
  async (t) => {
    const { base, project, secrets, resolve } = await place(t);
    const [bin, count] = [join(base, 'bin'), join(base, 'asked')];
    mkdirSync(bin);
    const keep = (value: string): void =>
      writeFileSync(join(bin, 'op'), `#!/bin/sh\necho asked >> '${count}'\nprintf %s '${value}'\n`, { mode: 0o755 });
    setVariable(t, 'PATH', bin);
    const reference = 'op://Private/GitHub/token';
    const version = async (): Promise<string> => {
      const found = await secrets.sourceFor({ workspace: project }).versionOf(reference);
      return found.ok ? found.value : assert.fail(found.problem.message);
    };
    keep('old');
    const [first, ...others] = await Promise.all([version(), version(), version()]);
    assert.deepEqual(others, [first, first]);
    keep('new');
    assert.equal(await version(), first, 'what was seen lately counts');
    assert.equal(await valueOf(resolve(reference)), 'new');
    assert.notEqual(await version(), first);
    assert.equal(readFileSync(count, 'utf8'), 'asked\n'.repeat(2));
  },
);

test("a session's file of secrets goes first, by the name of a secret and by the variable, and holds for that session alone", async (t) => {
  const { base, secrets, resolve } = await place(t);
  await secrets.vault.set('github.token', 'of the vault');
  const secretsFile = join(base, '.env');
  writeFileSync(secretsFile, '# for CI\ngithub.token=of the file\nGITLAB_TOKEN=by variable\nOTHER=other\n');
  const scope = { secretsFile };
  assert.equal(await valueOf(resolve('secret://github.token', 'GITHUB_TOKEN', scope)), 'of the file');
  assert.equal(await valueOf(resolve('se://docker/mcp/github.token', undefined, scope)), 'of the file');
  assert.equal(await valueOf(resolve('op://Team/GitLab/token', 'GITLAB_TOKEN', scope)), 'by variable');
  assert.equal(await valueOf(resolve('env://OTHER', 'X', scope)), 'other');
  assert.equal(await valueOf(resolve('secret://github.token', 'GITHUB_TOKEN')), 'of the vault');
  assert.match(await refusal(resolve('secret://none', 'NONE', scope)), /WHARF_SECRET_UNKNOWN/);
  writeFileSync(secretsFile, 'A=1\nhunter2\n');
  const refused = await secrets.sourceFor(scope).resolve('secret://github.token');
  assert.ok(!refused.ok && refused.problem.code === 'WHARF_SECRETS_FILE' && refused.problem.place?.line === 2);
  assert.doesNotMatch(JSON.stringify(refused), /hunter2/);
  assert.match(await refusal(resolve('secret://github.token', undefined, { secretsFile: join(base, 'none') })), /WHARF_FILE_UNREADABLE/);
});

test('a version changes with the value, and another gateway makes another one of the same value', async (t) => {
  const [one, other] = [await place(t), await place(t)];
  setVariable(t, 'WHARF_TEST_SECRET', 'a');
  const version = async ({ resolve }: Place): Promise<string> => {
    const result = await resolve('env://WHARF_TEST_SECRET');
    assert.ok(result.ok);
    return result.value.version;
  };
  const first = await version(one);
  assert.equal(await version(one), first);
  assert.notEqual(await version(other), first);
  process.env['WHARF_TEST_SECRET'] = 'b';
  assert.notEqual(await version(one), first);
});

test('whoever uses a secret hears that it got another value or went, by its name alone', async (t) => {
  const { secrets } = await place(t);
  const heard: string[] = [];
  const stop = secrets.onChange((name) => heard.push(name));
  const handlers = secretHandlers(secrets);
  await handlers['secret/set']({ name: 'a', value: 'x' });
  await handlers['secret/set']({ name: 'a', value: 'y' });
  await handlers['secret/set']({ name: 'b', value: '' });
  await handlers['secret/remove']({ names: ['a', 'nope'] });
  await handlers['vault/rotate']({});
  assert.deepEqual(heard, ['a', 'a', 'a']);
  stop();
  await handlers['secret/set']({ name: 'a', value: 'z' });
  assert.equal(heard.length, 3);
});
