import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';

import { programOfFile, type Program } from './program.ts';

const program = programOfFile();
let wharf: Program;
beforeEach(() => {
  wharf = program();
});

function addProfile(): void {
  mkdirSync(join(wharf.project, '.codex', 'profiles'), { recursive: true });
  writeFileSync(join(wharf.project, '.codex', 'profiles', 'dev.yaml'), 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n');
}

test('a DOCKER_HOST of one command that is remembered is told once, with how to undo it, and shown in the status', async () => {
  const status = ['daemon', 'status'];
  const set = await wharf.run(status, { env: { DOCKER_HOST: 'tcp://far:1' } });
  assert.match(set.stderr, /^wharf: DOCKER_HOST=tcp:\/\/far:1 of this shell is remembered .*"DOCKER_HOST= wharf daemon status"\.\n$/);
  const later = await wharf.run(status);
  assert.equal(later.stderr, '');
  assert.match(later.stdout, /DOCKER_HOST=tcp:\/\/far:1, remembered in .*location\.json; "DOCKER_HOST= wharf daemon status" forgets it/);
  const other = await wharf.run(status, { env: { DOCKER_HOST: 'tcp://near:2' } });
  assert.match(other.stderr, /tcp:\/\/near:2 .*in place of tcp:\/\/far:1\. Undo it with "DOCKER_HOST=tcp:\/\/far:1 /);
  const cleared = await wharf.run(status, { env: { DOCKER_HOST: '' } });
  assert.match(cleared.stderr, /DOCKER_HOST is forgotten, which was tcp:\/\/near:2/);
  assert.match((await wharf.run(status)).stdout, /no DOCKER_HOST is remembered/);
});

test('a WHARF_IMAGE of one command that is remembered is told once, with how to undo it, and shown in the status', async () => {
  const status = ['daemon', 'status'];
  const set = await wharf.run(status, { env: { WHARF_IMAGE: 'own:1' } });
  assert.match(set.stderr, /^wharf: WHARF_IMAGE=own:1 of this shell is remembered .*"WHARF_IMAGE= wharf daemon status"\.\n$/);
  const later = await wharf.run(status);
  assert.equal(later.stderr, '');
  assert.match(later.stdout, /WHARF_IMAGE=own:1; "WHARF_IMAGE= wharf daemon status" forgets it/);
  const cleared = await wharf.run(status, { env: { WHARF_IMAGE: '' } });
  assert.match(cleared.stderr, /WHARF_IMAGE is forgotten, which was own:1/);
  assert.doesNotMatch((await wharf.run(status)).stdout, /WHARF_IMAGE/);
});

test('without a terminal a profile is allowed only with --yes, and the refusal shows what it starts', async () => {
  addProfile();
  const refused = await wharf.run(['profile', 'allow', 'dev', '--no-discover']);
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /WHARF_CONSENT_NEEDED.*"wharf profile allow dev --yes"\.\n {2}demo: built in, runs as a process/s);
  assert.match((await wharf.run(['profile', 'list'])).stdout, /^dev +project +no /m);
  assert.equal((await wharf.run(['profile', 'allow', 'dev', '--no-discover', '--yes'])).code, 0);
  assert.match((await wharf.run(['profile', 'list'])).stdout, /^dev +project +yes /m);
});

test('a mount that a start would refuse is told as refused where a profile is allowed', async () => {
  const folders = ['.ssh', 'notes', 'moved'].map((name) => join(wharf.home, name));
  folders.forEach((folder) => mkdirSync(folder));
  mkdirSync(join(wharf.project, '.codex', 'profiles'), { recursive: true });
  const mounts = "['~/.ssh:/a', '~/notes:/b', '~/none:/c', '~/moved:/d']";
  const text = `version: 1\nservers:\n  - { image: a/b:1, name: reads, wharf: { network: none, mounts: ${mounts} } }\n`;
  writeFileSync(join(wharf.project, '.codex', 'profiles', 'dev.yaml'), text);
  const env = { DOCKER_HOST: 'unix:///nonexistent/a.sock', GNUPGHOME: join(wharf.home, 'moved') };
  const { stderr } = await wharf.run(['profile', 'allow', 'dev', '--no-discover'], { env });
  assert.match(stderr, /^refused: ~\/\.ssh is not mounted .*a place for credentials\.$/m);
  assert.match(stderr, /^refused: ~\/none is not mounted .*there is no /m);
  assert.match(stderr, /^refused: ~\/moved is not mounted /m);
  assert.doesNotMatch(stderr, /^refused: ~\/notes/m);
});

test('a dry run of disconnect shows the lines that would go and the file that would be left', async () => {
  addProfile();
  await wharf.run(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev']);
  const path = join(wharf.project, '.codex', 'config.toml');
  const connected = readFileSync(path, 'utf8');
  const alone = await wharf.run(['client', 'disconnect', 'codex', '--dry-run']);
  assert.deepEqual([alone.code, alone.stdout], [0, '']);
  assert.match(alone.stderr, /file would be empty:\n- \[mcp_servers\.MCP_DOCKER\]\n- command = /);
  writeFileSync(path, `model = "x"\n\n${connected}`);
  const beside = await wharf.run(['client', 'disconnect', 'codex', '--dry-run']);
  assert.match(beside.stdout, /^model = "x"\n\s*$/);
  assert.match(beside.stderr, /- \[mcp_servers\.MCP_DOCKER\]/);
  assert.equal(readFileSync(path, 'utf8'), `model = "x"\n\n${connected}`);
  writeFileSync(path, 'model = "x"\n');
  assert.match((await wharf.run(['client', 'disconnect', 'codex', '--dry-run'])).stderr, /nothing would be written/);
});

test('--log-calls and --verbose beside the daemon say where the calls are seen', async () => {
  writeFileSync(join(wharf.dist, 'shim.cjs'), 'exports.runShim = async () => 0;');
  const run = ['gateway', 'run', '--profile', 'dev'];
  const said = await wharf.run([...run, '--log-calls', '--verbose']);
  assert.match(said.stderr, /^wharf: .*--log-calls and --verbose: "wharf calls ls".*--no-daemon.*\n$/);
  assert.equal((await wharf.run(run)).stderr, '');
});

test('a home in which nothing can be made is a problem at once', { skip: process.platform !== 'linux' && 'needs /proc' }, async () => {
  addProfile();
  const env = { HOME: '/proc/nothing' };
  const allowed = await wharf.run(['profile', 'allow', 'dev', '--no-discover', '--yes'], { env });
  assert.equal(allowed.code, 2);
  assert.match(allowed.stderr, /^wharf: The folder \/proc\/nothing\/\S+ cannot be made\. \(WHARF_FOLDER_MISSING\) Set HOME/);
  const calls = await wharf.run(['calls', 'ls'], { env });
  assert.match(calls.stderr, /WHARF_FOLDER_MISSING/);
});

test('the tools of a profile file can be asked for, and either that or a profile has to be named', async () => {
  const both = await wharf.run(['tools', 'ls', '--profile', 'a', '--profile-file', 'b.yaml']);
  assert.match(both.stderr, /either --profile or --profile-file/);
  assert.match((await wharf.run(['tools', 'call', 'x'])).stderr, /either --profile or --profile-file/);
});
