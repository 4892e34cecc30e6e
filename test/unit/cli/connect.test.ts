import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';

import { programOfFile, type Program } from './program.ts';

const program = programOfFile();
let wharf: Program;
beforeEach(() => {
  wharf = program();
  mkdirSync(join(wharf.project, '.codex', 'profiles'), { recursive: true });
});

const profile = 'version: 1\nservers:\n  - image: mcp/x:1\n    tools: [a]\n    wharf: { network: none, cpus: 0.5 }\n';
const config = '# Kept.\nmodel = "x"   # as it is\n';

function put(path: string, text: string): string {
  const full = join(wharf.project, path);
  writeFileSync(full, text);
  return full;
}

test('connect says that the profile is not allowed yet and that the entry is for this computer; disconnect gives the old bytes back', async () => {
  put('.codex/profiles/dev.yaml', profile);
  const file = put('.codex/config.toml', config);
  const connected = await wharf.run(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev', '--approve', 'all']);
  assert.equal(connected.code, 0, connected.stderr);
  assert.match(connected.stderr, /not allowed .* "wharf profile allow dev"/s);
  assert.match(connected.stdout + connected.stderr, /--global/);
  assert.ok(readFileSync(file, 'utf8').startsWith(config));
  const dry = await wharf.run(['client', 'disconnect', 'codex', '--dry-run']);
  assert.equal(dry.stdout, config);
  assert.notEqual(readFileSync(file, 'utf8'), config);
  const disconnected = await wharf.run(['client', 'disconnect', 'codex']);
  assert.equal(disconnected.code, 0, disconnected.stderr);
  assert.equal(readFileSync(file, 'utf8'), config);
});

test("an entry with docker mcp can be committed with the project's profile, and not with one's own; without the plugin it is named", async () => {
  put('.codex/profiles/dev.yaml', profile);
  const own = join(wharf.home, '.config', 'wharf', 'profiles');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'mine.yaml'), profile);
  const connect = (id: string) => wharf.run(['client', 'connect', 'codex', '--no-discover', '--profile', id]);
  assert.equal((await wharf.run(['plugin', 'install'])).code, 0);
  assert.match((await connect('dev')).stdout, /it can be committed with the profile/);
  const { stdout } = await connect('mine');
  assert.match(stdout, /the profile "mine" is your own: where it is committed, everybody needs/);
  assert.doesNotMatch(stdout, /can be committed/);
  const home = join(wharf.home, '.codex');
  mkdirSync(home);
  writeFileSync(join(home, 'config.toml'), '[mcp_servers.far]\ncommand = "docker"\nargs = ["mcp", "gateway", "run"]\n');
  for (const options of [['--dry-run'], []]) {
    const removed = await wharf.run(['plugin', 'remove', ...options]);
    assert.equal(removed.code, 0, removed.stderr);
    assert.match(removed.stdout, /\[mcp_servers\.far\] in .*config\.toml starts "docker mcp"/);
    assert.match(removed.stdout, /\[mcp_servers\.MCP_DOCKER\] in .*project.*config\.toml starts "docker mcp"/);
  }
});

test('a configuration that a repository linked to elsewhere is not written', async () => {
  put('.codex/profiles/dev.yaml', profile);
  const own = join(wharf.home, 'own.toml');
  writeFileSync(own, config);
  symlinkSync(own, join(wharf.project, '.codex', 'config.toml'));
  for (const args of [
    ['client', 'connect', 'codex', '--no-discover', '--profile', 'dev'],
    ['client', 'disconnect', 'codex'],
  ]) {
    const { code, stderr } = await wharf.run(args);
    assert.equal(code, 2);
    assert.match(stderr, /WHARF_LINK_LEAVES_PROJECT/);
    assert.equal(readFileSync(own, 'utf8'), config);
  }
});

test('a configuration that does not parse is left as it is, with its line', async () => {
  put('.codex/profiles/dev.yaml', profile);
  const file = put('.codex/config.toml', 'a = 1\ncommand: x\n');
  const { code, stderr } = await wharf.run(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev']);
  assert.equal(code, 2);
  assert.match(stderr, /config\.toml:2:\d+: .*WHARF_CONFIG_SYNTAX/);
  assert.equal(readFileSync(file, 'utf8'), 'a = 1\ncommand: x\n');
});

test('allow shows what starts before it grants, takes a path, and keeps what it knows to the user', async () => {
  put('team.yaml', profile);
  const allowed = await wharf.run(['profile', 'allow', './team.yaml', '--yes', '--no-discover']);
  assert.equal(allowed.code, 0, allowed.stderr);
  assert.ok(allowed.stdout.indexOf('mcp/x:1') < allowed.stdout.indexOf('Allowed'), allowed.stdout);
  for (const part of ['network: none', '0.5 CPU', 'tools: a']) {
    assert.ok(allowed.stdout.includes(part), part);
  }
  const data = join(wharf.home, '.local', 'share', 'wharf');
  assert.equal(statSync(data).mode & 0o777, 0o700);
  assert.equal(statSync(join(data, 'allowed.json')).mode & 0o777, 0o600);
});

test('status names the data folder and the log, also when nothing runs; values that are not understood are refused', async () => {
  const status = await wharf.run(['daemon', 'status']);
  assert.match(status.stdout, /not running/);
  assert.match(status.stdout, /daemon\.log/);
  for (const args of [
    ['profile', 'list', '--format', 'xml'],
    ['calls', 'ls', '--limit', 'abc'],
    ['calls', 'ls', '--limit', '-5'],
  ]) {
    const { code, stderr } = await wharf.run(args);
    assert.deepEqual([code, /WHARF_USAGE/.test(stderr)], [2, true], args.join(' '));
  }
});
