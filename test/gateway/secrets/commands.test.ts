import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';

import { parse } from 'yaml';

import { Vault } from '../../../src/node/vault/vault.ts';
import { VaultTokens } from '../../../src/node/vault/vaultTokens.ts';
import { builtPrograms } from '../../support/programs.ts';
import { until } from '../../support/until.ts';
import { makeHome, type WharfHome } from '../../support/wharfHome.ts';

/** A home whose vault has its key in a file. */
async function openHome(t: TestContext): Promise<{ readonly home: WharfHome; readonly vault: string }> {
  const home = await makeHome(t);
  const made = await home.wharf(['secret', 'init', '--key-file', join(home.home, 'key')]);
  assert.equal(made.code, 0, made.stderr);
  return { home, vault: join(home.locations.dataFolder, 'vault.json') };
}

/** The output of a command that works. */
async function works(home: WharfHome, args: readonly string[], input?: string): Promise<string> {
  const ended = await home.wharf(['secret', ...args], {}, input ?? '');
  assert.equal(ended.code, 0, ended.stderr);
  return ended.stdout;
}

test("secrets are set, listed and removed with Docker's words", async (t) => {
  const { home } = await openHome(t);
  assert.match(await works(home, ['ls']), /no secrets yet/);
  assert.equal(await works(home, ['set', 'github.token'], 'x\n'), 'Stored github.token. A profile names it secret://github.token.\n');
  const onCommandLine = await home.wharf(['secret', 'set', 'a/b=x=y']);
  assert.match(onCommandLine.stderr, /the shell's history keeps it/);
  assert.match(onCommandLine.stdout, /Stored a\/b\./);
  const all = [
    { name: 'a/b', provider: 'wharf' },
    { name: 'github.token', provider: 'wharf' },
  ];
  assert.deepEqual(JSON.parse(await works(home, ['ls', '--json'])), all);
  assert.deepEqual(JSON.parse(await works(home, ['ls', '--format', 'json'])), all);
  assert.deepEqual(parse(await works(home, ['ls', '--format', 'yaml'])), all);
  assert.match(await works(home, ['ls']), /^NAME +PROVIDER +CHANGED\na\/b +wharf +\d{4}-\d\d-\d\d \d\d:\d\d\n/);
  assert.equal(await works(home, ['export-names']), 'a/b\ngithub.token\n');
  const removed = await home.wharf(['secret', 'rm', 'a/b', 'nope']);
  assert.deepEqual([removed.code, removed.stdout], [2, 'Removed a/b.\n']);
  assert.match(removed.stderr, /WHARF_SECRET_UNKNOWN.*nope/);
  const unasked = await home.wharf(['secret', 'rm', '--all'], {}, '');
  assert.equal(unasked.code, 2);
  assert.match(unasked.stderr, /no secret was removed.*WHARF_SECRET_CONSENT.*rm --all --yes/);
  assert.equal(await works(home, ['rm', '--all', '--yes']), 'Removed github.token.\n');
  assert.deepEqual(JSON.parse(await works(home, ['ls', '--json'])), []);
  for (const args of [
    ['rm'],
    ['rm', '--all', 'a'],
    ['set', '../a'],
    ['set', 'a='],
    ['init', '--keyring', '--passphrase'],
    ['unlock', '--for', '2d'],
    ['rotate', '--passphrase', '--for', '2d'],
    ['rotate', '--for', '1h'],
    ['import', '.env', '--as', 'q'],
  ]) {
    assert.equal((await home.wharf(['secret', ...args], {}, '')).code, 2, args.join(' '));
  }
});

test(
  'a value that was given on the command line is gone from it while the command waits for the daemon',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const { home } = await openHome(t);
    const { pid } = await home.status();
    const value = ['only', 'here'].join('-');
    const script = join(await builtPrograms(), 'wharf.cjs');
    process.kill(pid, 'SIGSTOP');
    const child = spawn(process.execPath, [script, 'secret', 'set', `a=${value}`], { cwd: home.project, env: home.env, stdio: 'pipe' });
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    try {
      const commandLine = (): string => readFileSync(`/proc/${child.pid}/cmdline`, 'latin1');
      await until(() => commandLine().startsWith('wharf secret'), { what: 'the command to hide its arguments' });
      assert.doesNotMatch(commandLine(), new RegExp(value));
      assert.equal(child.exitCode, null, 'it waits for the daemon');
      process.kill(pid, 'SIGCONT');
      const [output, errors] = await said;
      assert.match(output, /Stored a\./);
      assert.match(errors, /was part of the command/);
    } finally {
      process.kill(pid, 'SIGCONT');
      child.kill('SIGKILL');
    }
  },
);

test('a command that is used in a wrong way names its own help', async (t) => {
  const home = await makeHome(t);
  for (const [args, command] of [
    [['secret', 'rm'], 'wharf secret rm'],
    [['secret', 'set'], 'wharf secret set'],
    [['secret', 'import', '.env', '--as', 'q'], 'wharf secret import'],
    [['secret', 'ls', '--frob'], 'wharf secret ls'],
    [['frob'], 'wharf'],
  ] as const) {
    const { code, stderr } = await home.wharf(args, {}, '');
    assert.equal(code, 2);
    assert.ok(stderr.includes(`Run "${command} --help"`), stderr);
  }
});

test('a rotation to a passphrase tells how long the daemon holds it', async (t) => {
  const { home } = await openHome(t);
  await works(home, ['set', 'a'], 'x');
  const told = await works(home, ['rotate', '--passphrase', '--for', '30m'], 'correct horse\n');
  assert.match(told, /encrypted anew: 1\.\nThe vault .* is open until \d{4}-\d\d-\d\d \d\d:\d\d\.\n/);
});

test('a damaged entry is named by what it blocks, and removing it frees the others', async (t) => {
  const { home, vault } = await openHome(t);
  await works(home, ['set', 'a'], 'x');
  await works(home, ['set', 'b'], 'y');
  const file = JSON.parse(readFileSync(vault, 'utf8')) as { readonly secrets: Record<string, { data: string }> };
  assert.ok(file.secrets['a'] && file.secrets['b']);
  file.secrets['a'].data = file.secrets['b'].data;
  writeFileSync(vault, JSON.stringify(file));
  const blocked = await home.wharf(['secret', 'rotate'], {}, '');
  assert.equal(blocked.code, 2);
  assert.match(blocked.stderr, /The vault .* cannot be read: the entry "a" was changed .*WHARF_VAULT_DAMAGED.*wharf secret rm a"/);
  assert.equal(await works(home, ['rm', 'a']), 'Removed a.\n');
  assert.match(await works(home, ['rotate']), /encrypted anew: 1\./);
});

test('entries of another form are listed as damaged and can be removed, those of logins too, and no sound login can', async (t) => {
  const { home, vault } = await openHome(t);
  await works(home, ['set', 'b'], 'y');
  assert.ok((await new VaultTokens(new Vault(home.locations.dataFolder, () => ({}))).set('https://mcp.example', 'token')).ok);
  const file = JSON.parse(readFileSync(vault, 'utf8')) as { readonly secrets: Record<string, unknown> };
  const sound = Object.keys(file.secrets).find((name) => name.startsWith('oauth/')) ?? '';
  const damaged = `oauth/${'ab'.repeat(32)}`;
  Object.assign(file.secrets, { a: 'x', [damaged]: {} });
  writeFileSync(vault, JSON.stringify(file));
  assert.match(await works(home, ['ls']), /^a +wharf +damaged: "wharf secret rm a" removes it\nb +wharf +\d{4}-/m);
  assert.equal(await works(home, ['rm', 'a', damaged]), `Removed a.\nRemoved ${damaged}.\n`);
  assert.match((await home.wharf(['secret', 'rm', sound])).stderr, /WHARF_SECRET_NAME/);
  assert.deepEqual((await works(home, ['ls', '--hidden', '--json'])).match(/"name": "[^"]+"/g), ['"name": "b"', `"name": "${sound}"`]);
});

test('a first secret that is given up leaves no vault', async (t) => {
  const home = await makeHome(t);
  const env = { WHARF_VAULT_KEY_FILE: join(home.home, 'key') };
  const given = await home.wharf(['secret', 'set', 'a'], env, '');
  assert.equal(given.code, 2);
  assert.match(given.stderr, /WHARF_SECRET_VALUE/);
  assert.match((await home.wharf(['secret', 'status'])).stdout, /There is no vault yet/);
  assert.equal((await home.wharf(['secret', 'set', 'a'], {}, 'x')).code, 0);
});

test('where nothing can keep a key that is told before the value is asked for', async (t) => {
  if ((await (await makeHome(t)).wharf(['secret', 'init'])).code === 0) {
    t.skip('something here keeps a key');
    return;
  }
  const home = await makeHome(t);
  // Whoever waits for a value would not end: this stdin stays open.
  const { code, stderr } = await home.wharf(['secret', 'set', 'a']);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /WHARF_VAULT_NO_KEEPER.*wharf secret init --passphrase/s);
});

test('a dry run changes nothing and says what it would', async (t) => {
  const { home, vault } = await openHome(t);
  await works(home, ['set', 'a'], 'x');
  const file = join(home.project, 'some.env');
  writeFileSync(file, 'a=1\nb=2\n');
  const before = readFileSync(vault);
  assert.equal(await works(home, ['set', 'a', '--dry-run']), 'a would be replaced.\n');
  assert.equal(await works(home, ['set', 'b', '--dry-run']), 'b would be stored.\n');
  assert.equal(await works(home, ['rm', '--all', '--dry-run']), 'a would be removed.\n');
  assert.match(await works(home, ['rotate', '--dry-run']), /would be encrypted anew; its key would be kept by the key file/);
  assert.match(await works(home, ['rotate', '--passphrase', '--dry-run']), /its key would be kept by a passphrase/);
  assert.match(
    await works(home, ['import', file, '--dry-run']),
    /line 1 +a +would be replaced\nline 2 +b +would be stored\nNothing was changed/,
  );
  assert.deepEqual(readFileSync(vault), before);
  const other = await makeHome(t);
  assert.match(await works(other, ['init', '--dry-run']), /would be made; its key would be kept by the first of Docker's/);
  assert.ok(!existsSync(join(other.locations.dataFolder, 'vault.json')));
});

test('an import tells what became of each line, and takes all or nothing of a file with a line that is none', async (t) => {
  const { home } = await openHome(t);
  const file = join(home.project, '.env');
  writeFileSync(file, '# team\nexport A="b c"\nB=\nC=1\nC=2\n');
  const told = await works(home, ['import', file]);
  assert.match(told, /line 2 +A +stored, without its quotes or its export\n/);
  assert.match(told, /line 3 +B +not taken: it has no value\n/);
  assert.match(told, /line 4 +C +not taken: line 5 says it again\nline 5 +C +stored\n/);
  assert.match(told, /still holds these values in clear/);
  assert.equal(await works(home, ['export-names']), 'A\nC\n');
  writeFileSync(file, 'D=1\nhunter2\n');
  const refused = await home.wharf(['secret', 'import', file]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /\.env:2:1: .*WHARF_SECRETS_FILE/);
  assert.doesNotMatch(refused.stderr + refused.stdout, /hunter2/);
  assert.equal(await works(home, ['export-names']), 'A\nC\n');
});

const onTerminal = spawnSync('script', ['--version']).status === 0 ? {} : { skip: 'there is no script(1) for a terminal' };

/** What a person at a terminal sees of a command, who types `answer` when `question` is shown. */
async function typed(
  t: TestContext,
  home: WharfHome,
  args: string,
  question: string,
  answer: string,
): Promise<{ readonly code: unknown; readonly shown: string }> {
  const command = `${process.execPath} ${join(await builtPrograms(), 'wharf.cjs')} secret ${args}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env: { ...home.env, TERM: 'xterm' } });
  t.after(() => child.kill('SIGKILL'));
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  await until(() => shown.includes(question), { what: 'the question' });
  child.stdin.write(answer);
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, shown: `${shown} ${await text(child.stderr)}` };
}

test('on a terminal a value is asked for and not shown', onTerminal, async (t) => {
  const { home } = await openHome(t);
  for (const answer of ['hunter2\r', '\u001B[200~hunter2\r\u001B[201~', '\u001B[200~hunter2\u001B[201~\r']) {
    const { code, shown } = await typed(t, home, 'set a', 'it is not shown', answer);
    assert.equal(code, 0, shown);
    assert.match(shown, /(Stored|Replaced) a\./);
    assert.doesNotMatch(shown, /hunter2/);
  }
});

test('a value of several lines that is pasted at the prompt is refused, and nothing of it is kept', onTerminal, async (t) => {
  const { home } = await openHome(t);
  for (const answer of [
    'hunter1\rhunter2\rhunter3\r',
    'hunter1\nhunter2',
    '\u001B[200~hunter1\rhunter2\r\u001B[201~',
    '\u001B[200~hunter1\r\rhunter2\u001B[201~',
  ]) {
    const { code, shown } = await typed(t, home, 'set a', 'it is not shown', answer);
    assert.equal(code, 2, shown);
    assert.match(shown, /the value has several lines.*Give it on stdin: "wharf secret set a < file"/s);
    assert.doesNotMatch(shown, /hunter/);
  }
  assert.equal(await works(home, ['export-names']), '');
});

test('on a terminal all secrets are removed only when a person says yes', onTerminal, async (t) => {
  const { home } = await openHome(t);
  await works(home, ['set', 'a'], 'x');
  const kept = await typed(t, home, 'rm --all', '[y/N]', '\r');
  assert.match(kept.shown, /All secrets are removed, .*: a\. Go on\?.*Nothing was removed\./s);
  assert.equal(await works(home, ['export-names']), 'a\n');
  const removed = await typed(t, home, 'rm --all', '[y/N]', 'y\r');
  assert.match(removed.shown, /Removed a\./);
  assert.equal(await works(home, ['export-names']), '');
});
