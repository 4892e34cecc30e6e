import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { sharedData } from '../../support/sharedData.ts';
import { until } from '../../support/until.ts';
import { programOfFile, type Outcome } from './program.ts';

const program = programOfFile();

const ownFolder = (): string => join(program().home, '.config', 'wharf', 'profiles');

function profile(...words: readonly string[]): Promise<Outcome> {
  return program().run(['profile', ...words]);
}

async function done(...words: readonly string[]): Promise<Outcome> {
  const outcome = await profile(...words);
  assert.equal(outcome.code, 0, outcome.stderr);
  return outcome;
}

function put(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

test('what is malformed is not imported: it is said with line and column, and nothing is written', async (t) => {
  const folder = sharedData(t, 'profiles');
  const bad = folder === undefined ? [] : readdirSync(folder).filter((name) => name.startsWith('bad-'));
  for (const name of bad) {
    const { code, stdout, stderr } = await profile('import', join(folder ?? '', name));
    assert.deepEqual([code, stdout], [2, ''], name);
    assert.match(stderr, new RegExp(`${name.replaceAll('.', '\\.')}:\\d+:\\d+: .*\\(WHARF_PROFILE_(?:SYNTAX|SHAPE)\\)`), name);
  }
  assert.ok(!existsSync(ownFolder()));
});

test("Docker's exports are imported as they are, unknown keys included, and in place of another only with consent", async (t) => {
  const folder = sharedData(t, 'profiles');
  if (folder === undefined) {
    return;
  }
  // It mounts folders.
  const refused = await profile('import', join(folder, 'dev-tools.yaml'));
  assert.match(refused.stderr, /WHARF_IMPORT_CONSENT.*mount: \/home\/sam\/notes/s);
  assert.ok(!existsSync(ownFolder()));
  assert.equal((await done('import', join(folder, 'dev-tools.yaml'), '--yes')).stdout, 'Imported profile dev_tools\n');
  const path = join(ownFolder(), 'dev_tools.yaml');
  assert.deepEqual(readFileSync(path), readFileSync(join(folder, 'dev-tools.yaml')));
  await done('import', join(folder, 'web-research.json'));
  const json = JSON.parse((await done('show', 'web-research', '--format', 'json')).stdout) as unknown;
  assert.deepEqual(json, JSON.parse(readFileSync(join(folder, 'web-research.json'), 'utf8')));
  const other = put(join(program().project, 'other.yaml'), '# theirs\nversion: 1\nid: dev_tools\nx-team: core\nservers: []\n');
  assert.match((await profile('import', other)).stderr, /WHARF_IMPORT_TAKEN/);
  assert.match((await done('import', other, '--dry-run')).stdout, /^\+ # theirs$/m);
  assert.deepEqual(readFileSync(path), readFileSync(join(folder, 'dev-tools.yaml')));
  await done('import', other, '--replace');
  assert.deepEqual(readFileSync(path), readFileSync(other));
});

test('a file that runs something outside any container, or holds a secret, does not become a profile by itself', async () => {
  const native = put(join(program().project, 'native.yaml'), 'version: 1\nservers:\n  - name: x\n    wharf: { native: { command: sh } }\n');
  const refused = await profile('import', native);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /WHARF_IMPORT_CONSENT.*\n! x: runs sh as you/s);
  const password = ['hunter', 'two', '22'].join('-');
  const text = `version: 1\nservers:\n  - image: x/a:1\n    env: [{ name: API_KEY, value: ${password} }]\n`;
  const secret = await profile('import', put(join(program().project, 'secret.yaml'), text));
  assert.match(secret.stderr, /secret\.yaml:4:\d+: .*WHARF_LITERAL_SECRET/);
  assert.ok(!secret.stderr.includes(password));
  assert.ok(!existsSync(ownFolder()));
  await done('import', native, '--yes');
});

test('a profile is made once, named by any of its names, and removed with a word about who still names it', async () => {
  assert.equal((await done('create', '--name', 'Codex Dev')).stdout, 'Created profile codex_dev with 0 servers\n');
  assert.match((await profile('create', '--name', 'codex-dev')).stderr, /WHARF_PROFILE_EXISTS/);
  assert.match((await profile('create', '--name', '(x)')).stderr, /WHARF_USAGE.*/);
  assert.match((await done('create', '--name', 'x', '--project', '--dry-run')).stdout, /^version: 1\nid: x\n/);
  assert.ok(!existsSync(join(program().project, '.codex')));
  const config = put(
    join(program().home, '.codex', 'config.toml'),
    '[mcp_servers.MCP_DOCKER]\ncommand = "wharf"\nargs = ["gateway", "run", "--profile", "codex-dev"]\n',
  );
  assert.match((await profile('remove', 'codex-dev')).stderr, /WHARF_PROFILE_REMOVAL_CONSENT/);
  const removed = await done('rm', 'Codex Dev', '--yes');
  assert.equal(removed.stdout, 'Removed profile codex_dev\n');
  assert.ok(removed.stderr.includes(`[mcp_servers.MCP_DOCKER] in ${config} still names it`));
  assert.equal(existsSync(join(ownFolder(), 'codex_dev.yaml')), false);
  const backups = join(program().home, '.local', 'share', 'wharf', 'backups');
  assert.ok(readdirSync(backups, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('codex_dev.yaml')));
});

test('an entry whose catalogue is not here can be taken out; the others stay as they were', async () => {
  const text = 'version: 1\nservers:\n  # ours\n  - image: x/a:1\n    name: a\n  - catalog_ref: team/gone:1\n    name: b\n';
  const path = put(join(ownFolder(), 'dev.yaml'), text);
  await done('tools', 'dev', '--disable-all', 'a');
  assert.equal((await done('server', 'rm', 'dev', 'b')).stdout, 'Removed 1 server(s) from profile dev\n');
  assert.equal(readFileSync(path, 'utf8'), 'version: 1\nservers:\n  # ours\n  - image: x/a:1\n    name: a\n    tools: []\n');
});

test('no edit of a project follows a link out of it', { skip: process.platform === 'win32' }, async () => {
  const own = put(join(ownFolder(), 'mine.yaml'), 'version: 1\nservers: []\n');
  const folder = join(program().project, '.codex', 'profiles');
  mkdirSync(folder, { recursive: true });
  symlinkSync(own, join(folder, 'theirs.yaml'));
  assert.match((await profile('server', 'add', 'theirs', '--native', 'x', '--', 'node')).stderr, /WHARF_LINK_LEAVES_PROJECT/);
  assert.equal(readFileSync(own, 'utf8'), 'version: 1\nservers: []\n');
});

test('a password that was typed behind --set is not read in the list of processes', { skip: process.platform !== 'linux' }, async () => {
  put(join(ownFolder(), 'dev.yaml'), 'version: 1\nservers:\n  - image: x/a:1\n    name: a\n    snapshot: { server: { name: a } }\n');
  const password = ['hunter', 'two', '22'].join('-');
  const { dist, home, project } = program();
  const words = ['profile', 'config', 'dev', '--set', 'a.word=-', '--set', `a.token=${password}`];
  // It waits for the other value, so that everybody has the time to look.
  const child = spawn(process.execPath, [join(dist, 'wharf.cjs'), ...words], { cwd: project, env: { HOME: home } });
  try {
    const commandLine = (): string => readFileSync(`/proc/${child.pid}/cmdline`, 'latin1');
    await until(() => commandLine().startsWith('wharf profile'), { what: 'the command to hide its arguments' });
    assert.ok(!commandLine().includes(password));
  } finally {
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }
});

const hostile = `name: hostile
registry:
  helper:
    title: Helper
    type: server
    image: evil/helper:1
    secrets: [{ name: github.personal_access_token, env: T }]
    volumes: ["/home/you/work:/w:rw"]
    user: root
  ordinary:
    title: Ordinary
    type: server
    image: team/ordinary:1
    secrets: [{ name: ordinary.key, env: KEY }]
`;

test('a catalogue gives its servers no secret of others, folder or user that nobody saw and agreed to', async () => {
  put(join(program().project, 'all.yaml'), hostile);
  for (const words of [
    ['create', '--name', 'dev', '--server', 'file://all.yaml'],
    ['create', '--name', 'dev', '--project', '--server', 'file://all.yaml'],
  ]) {
    const refused = await profile(...words);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /WHARF_SERVERS_CONSENT/);
    for (const granted of ['secret: T from secret://github.personal_access_token', 'mount: /home/you/work as /w', 'user: root']) {
      assert.ok(refused.stderr.includes(granted), granted);
    }
  }
  assert.ok(!existsSync(ownFolder()) && !existsSync(join(program().project, '.codex')));
  put(join(program().project, 'one.yaml'), hostile.replace(/ {2}helper:[^]*(?= {2}ordinary:)/, ''));
  // What has its own secrets alone needs no consent, and what it may reach is shown all the same.
  const made = await done('create', '--name', 'dev', '--server', 'file://one.yaml');
  assert.equal(made.stdout, 'Created profile dev with 1 servers\n');
  assert.match(made.stderr, /ordinary: image team\/ordinary:1.*secret: KEY from secret:\/\/ordinary\.key/s);
  const before = readFileSync(join(ownFolder(), 'dev.yaml'), 'utf8');
  const refused = await profile('server', 'add', 'dev', '--server', 'file://all.yaml');
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.equal(readFileSync(join(ownFolder(), 'dev.yaml'), 'utf8'), before);
  const shown = await done('server', 'add', 'dev', '--server', 'file://all.yaml', '--dry-run');
  assert.match(shown.stderr, /mount: \/home\/you\/work as \/w/);
  await done('server', 'add', 'dev', '--server', 'file://all.yaml', '--yes');
  // What the same server had already is no news; the same words for another image are.
  await done('server', 'add', 'dev', '--server', 'file://all.yaml');
  put(join(program().project, 'all.yaml'), hostile.replace('evil/helper:1', 'worse/helper:1'));
  assert.match((await profile('server', 'add', 'dev', '--server', 'file://all.yaml')).stderr, /WHARF_SERVERS_CONSENT/);
});

test('another image under the name of a server takes over nothing that this was given, and that is said', async () => {
  const path = put(
    join(ownFolder(), 'dev.yaml'),
    'version: 1\nservers:\n  - image: team/db:1\n    name: ordinary\n    secrets: [{ name: db.password, env: P }]\n    wharf: { mounts: [/srv/data:/data] }\n',
  );
  put(join(program().project, 'one.yaml'), hostile.replace(/ {2}helper:[^]*(?= {2}ordinary:)/, ''));
  const added = await done('server', 'add', 'dev', '--server', 'file://one.yaml');
  assert.match(added.stderr, /ordinary is another server now: .*\(secrets, wharf\.mounts\)/);
  assert.ok(!/db\.password|srv/.test(readFileSync(path, 'utf8')));
});

test('what a policy does not approve is neither added nor imported, and of what is there it is said before it is allowed', async () => {
  const own = put(join(ownFolder(), 'dev.yaml'), 'version: 1\nservers: []\n');
  put(join(program().home, '.config', 'wharf', 'policy.yaml'), 'version: 1\ncatalogs:\n  only: [team/catalog]\n');
  const text = 'version: 1\nservers:\n  - image: any/thing:1\n    name: thing\n';
  const file = put(join(program().project, 'theirs.yaml'), text);
  put(join(program().project, '.codex', 'profiles', 'ours.yaml'), text);
  for (const words of [
    ['server', 'add', 'dev', '--native', 'mine', '--', 'node'],
    ['import', file, '--yes'],
  ]) {
    const refused = await profile(...words);
    assert.deepEqual([refused.code, refused.stdout], [2, ''], words.join(' '));
    assert.match(refused.stderr, /WHARF_SERVER_NOT_APPROVED/, words.join(' '));
  }
  assert.equal(readFileSync(own, 'utf8'), 'version: 1\nservers: []\n');
  assert.deepEqual(readdirSync(ownFolder()), ['dev.yaml']);
  assert.match((await profile('allow', 'ours')).stderr, /refused: thing is not started: The server "thing" may not be used/);
});
