import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';

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
  assert.match(await works(home, ['ls']), /^NAME +PROVIDER +CHANGED\na\/b +wharf +\d{4}-\d\d-\d\d \d\d:\d\d\n/);
  assert.equal(await works(home, ['export-names']), 'a/b\ngithub.token\n');
  const removed = await home.wharf(['secret', 'rm', 'a/b', 'nope']);
  assert.deepEqual([removed.code, removed.stdout], [2, 'Removed a/b.\n']);
  assert.match(removed.stderr, /WHARF_SECRET_UNKNOWN.*nope/);
  assert.equal(await works(home, ['rm', '--all']), 'Removed github.token.\n');
  assert.deepEqual(JSON.parse(await works(home, ['ls', '--json'])), []);
  for (const args of [
    ['rm'],
    ['rm', '--all', 'a'],
    ['set', '../a'],
    ['set', 'a='],
    ['init', '--keyring', '--passphrase'],
    ['unlock', '--for', '2d'],
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

test('on a terminal a value is asked for and not shown', async (t) => {
  if (spawnSync('script', ['--version']).status !== 0) {
    t.skip('there is no script(1) for a terminal');
    return;
  }
  const { home } = await openHome(t);
  const command = `${process.execPath} ${join(await builtPrograms(), 'wharf.cjs')} secret set a`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env: { ...home.env, TERM: 'dumb' } });
  t.after(() => child.kill('SIGKILL'));
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  await until(() => shown.includes('it is not shown'), { what: 'the question' });
  child.stdin.write('hunter2\r');
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 0, `${shown} ${await text(child.stderr)}`);
  assert.match(shown, /Stored a\./);
  assert.doesNotMatch(shown, /hunter2/);
});
