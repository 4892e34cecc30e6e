import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, test } from 'node:test';

import { programOfFile, type Program } from './program.ts';

const program = programOfFile();
let wharf: Program;
beforeEach(() => {
  wharf = program();
});

function put(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const servers = (value: unknown): string => JSON.stringify({ mcpServers: value });
const notes = { command: 'docker', args: ['run', '-i', '--rm', '-e', 'NOTES_TOKEN', 'mcp/notes:1'] };
const userProfile = (): string => join(wharf.home, '.config', 'wharf', 'profiles', 'dev.yaml');

test('import shows what would start, writes only with consent, and names what is left to do', async () => {
  put(join(wharf.project, '.mcp.json'), servers({ notes, tool: { command: '/opt/tool' } }));
  put(join(wharf.home, '.cursor', 'mcp.json'), servers({ docs: { url: 'https://docs.example/mcp' } }));
  put(join(wharf.project, '.vscode', 'mcp.json'), '{ "servers": { // broken\n "x": } }');
  const asked = await wharf.run(['client', 'import', '--profile', 'dev']);
  assert.equal(asked.code, 2);
  assert.match(asked.stderr, /WHARF_SERVERS_CONSENT[^]*notes: image mcp\/notes:1[^]*docs: sends what its tools are given to docs\.example/);
  assert.match(
    asked.stderr,
    /\.vscode.mcp\.json:2:\d+: .*WHARF_IMPORT_SYNTAX\) Correct the line; nothing of this file was imported, and it was not changed\.$/m,
  );
  assert.ok(!existsSync(userProfile()));
  const dry = await wharf.run(['client', 'import', '--profile', 'dev', '--dry-run']);
  assert.equal(dry.code, 0);
  assert.match(dry.stdout, /^# Imported from \.mcp\.json, mcp\.json\nversion: 1\nid: dev\n/);
  assert.match(dry.stderr, /tool: is left where it is: no container is known/);
  assert.ok(!existsSync(userProfile()));
  const written = await wharf.run(['client', 'import', '--profile', 'dev', '--yes']);
  assert.equal(written.code, 0, written.stderr);
  assert.equal(readFileSync(userProfile(), 'utf8'), dry.stdout);
  assert.match(written.stdout, /^ {2}wharf secret set notes\.NOTES_TOKEN$/m);
  assert.match(written.stdout, /wharf client connect codex --profile dev/);
});

test('a profile that is there gets more servers behind its own, and no other byte of it changes', async () => {
  const before = '# Mine.\nversion: 1\nid: dev\nservers:\n  - image: mcp/mine   # as it is\n    wharf: { network: none }\n';
  const file = put(userProfile(), before);
  const from = put(
    join(wharf.project, 'other.json'),
    servers({ notes, mine: { url: 'https://x.example/mcp' }, far: { url: 'https://y.example/mcp' } }),
  );
  const unknown = await wharf.run(['client', 'import', from, '--profile', 'dev', '--yes']);
  assert.match(unknown.stderr, /name its program with --from/);
  const missing = await wharf.run(['client', 'import', 'nope.json', '--profile', 'dev', '--yes']);
  assert.match(missing.stderr, /nope\.json cannot be read\.[^]*there is no such file/);
  const { code, stdout, stderr } = await wharf.run([
    'client',
    'import',
    from,
    '--from',
    'cursor',
    '--profile',
    'dev',
    '--server',
    'notes',
    '--server',
    'mine',
    '--yes',
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /mine: is left where it is: the profile has a server "mine" already/);
  const after = readFileSync(file, 'utf8');
  assert.ok(after.startsWith(before), after);
  assert.match(after, /mcp\/notes:1/);
  assert.ok(!after.includes('y.example'));
});

test('what a policy does not approve stays where it is, a command of the user as well', async () => {
  put(join(wharf.home, '.config', 'wharf', 'policy.yaml'), 'version: 1\ncatalogs:\n  only: [team/catalog]\n');
  put(join(wharf.project, '.mcp.json'), servers({ notes, tool: { command: '/opt/tool' }, docs: { url: 'https://docs.example/mcp' } }));
  const { code, stdout } = await wharf.run(['client', 'import', '--profile', 'dev', '--native', '--yes']);
  assert.equal(code, 1);
  for (const name of ['notes', 'tool', 'docs']) {
    assert.match(stdout, new RegExp(`${name}: is left where it is: The server "${name}" may not be used on this computer`));
  }
  assert.ok(!existsSync(userProfile()));
});

test('for programs: what became of each server in one object, written only with --yes', async () => {
  put(
    join(wharf.project, '.mcp.json'),
    servers({ notes, tool: { command: '/opt/tool' }, odd: 1, pkg: { command: 'npx', args: ['some-mcp@1.2.3'] } }),
  );
  const asked = await wharf.run(['client', 'import', '--profile', 'dev', '--format', 'json']);
  assert.deepEqual([asked.code, asked.stdout], [2, '']);
  const { code, stdout } = await wharf.run(['client', 'import', '--profile', 'dev', '--format', 'json', '--dry-run']);
  assert.equal(code, 0);
  const report = JSON.parse(stdout) as Record<string, unknown> & { servers: Record<string, unknown>[] };
  assert.deepEqual(Object.keys(report), ['profile', 'servers', 'secrets', 'unusable']);
  assert.deepEqual(report['profile'], { id: 'dev', path: userProfile(), written: false });
  assert.deepEqual(Object.keys(report.servers[0] ?? {}), [
    'name',
    'client',
    'file',
    'as',
    'result',
    'why',
    'image',
    'endpoint',
    'reference',
    'catalogue',
    'carried',
    'leftOut',
    'next',
  ]);
  assert.deepEqual(
    report.servers.map((server) => [server['name'], server['result'], server['image'], server['reference']]),
    [
      ['notes', 'container', 'mcp/notes:1', null],
      ['tool', 'left', null, null],
      ['pkg', 'package', null, 'npx://some-mcp@1.2.3'],
    ],
  );
  assert.deepEqual(report['secrets'], [{ name: 'notes.NOTES_TOKEN', inFile: false, stored: false }]);
  assert.deepEqual(report['unusable'], [{ name: 'odd', file: join(wharf.project, '.mcp.json'), why: 'it is no object' }]);
  const yaml = await wharf.run(['client', 'import', '--profile', 'dev', '--format', 'yaml', '--dry-run']);
  assert.match(yaml.stdout, /^profile:\n {2}id: dev\n/);
});

test("a project's profile is written in the project alone, and is allowed as what its user makes", async () => {
  put(join(wharf.project, '.mcp.json'), servers({ notes }));
  const written = await wharf.run(['client', 'import', '--profile', 'dev', '--project', '--yes']);
  assert.equal(written.code, 0, written.stderr);
  const listed = await wharf.run(['profile', 'list', '--format', 'json']);
  assert.match(listed.stdout, /"scope": "project"[^]*"allowed": true/);
  const away = join(wharf.home, 'away');
  mkdirSync(join(away), { recursive: true });
  const linked = join(wharf.home, 'linked');
  mkdirSync(join(linked, '.codex'), { recursive: true });
  symlinkSync(away, join(linked, '.codex', 'profiles'));
  put(join(linked, '.mcp.json'), servers({ notes }));
  const refused = await wharf.run(['client', 'import', '--profile', 'dev', '--project', '--yes'], { cwd: linked });
  assert.match(refused.stderr, /WHARF_LINK_LEAVES_PROJECT/);
  assert.ok(!existsSync(join(away, 'dev.yaml')));
});

test('nothing is written where there is nothing, where the id is none, or where no entry could be made', async () => {
  for (const [args, code] of [
    [['--profile', 'dev'], 'WHARF_IMPORT_NOTHING'],
    [['--profile', '../dev'], 'WHARF_USAGE'],
    [['--profile', 'dev', 'nowhere/.mcp.json'], 'WHARF_FILE_UNREADABLE'],
    [['--profile', 'dev', '--from', 'docker'], 'WHARF_IMPORT_NOTHING'],
    [['--profile', 'dev', '--from', 'docker-mcp'], 'WHARF_DOCKER_MCP_MISSING'],
    [['--profile', 'dev', '--from', 'emacs'], 'WHARF_USAGE'],
    [[], 'WHARF_USAGE'],
  ] as const) {
    const ended = await wharf.run(['client', 'import', ...args, '--yes']);
    assert.deepEqual([ended.code, ended.stderr.includes(code)], [2, true], `${args.join(' ')}: ${ended.stderr}`);
  }
  put(join(wharf.project, '.mcp.json'), servers({ tool: { command: '/opt/tool' } }));
  const none = await wharf.run(['client', 'import', '--profile', 'dev', '--yes']);
  assert.deepEqual([none.code, existsSync(userProfile())], [1, false]);
  const native = await wharf.run(['client', 'import', '--profile', 'dev', '--yes', '--native']);
  assert.equal(native.code, 0, native.stderr);
  assert.match(native.stdout, /^! tool: runs \/opt\/tool as you, outside any container/m);
});

test("profiles of an installed docker mcp are read by its own list; Wharf's plugin is not asked for its own", async () => {
  // A stand-in: Docker's own plugin needs Docker Desktop or a download.
  const plugin = (vendor: string): void => {
    const list = JSON.stringify([
      {
        id: 'one',
        name: 'one',
        servers: [
          {
            type: 'image',
            image: 'mcp/duck:1',
            secrets: 'default',
            snapshot: { server: { name: 'duck', type: 'server', image: 'mcp/duck:1' } },
          },
        ],
      },
      { id: 'two', name: 'two', servers: [] },
    ]);
    const lines = [
      `#!${process.execPath}`,
      'const args = process.argv.slice(2).join(" ");',
      `if (args === "docker-cli-plugin-metadata") console.log(${JSON.stringify(JSON.stringify({ SchemaVersion: '0.1.0', Vendor: vendor }))});`,
      `else if (args === "mcp profile list --format json") console.log(${JSON.stringify(list)});`,
      'else process.exit(3);',
    ];
    chmodSync(put(join(wharf.home, '.docker', 'cli-plugins', 'docker-mcp'), lines.join('\n')), 0o755);
  };
  plugin('Wharf');
  const own = await wharf.run(['client', 'import', '--from', 'docker-mcp', '--profile', 'dev', '--yes']);
  assert.match(own.stderr, /WHARF_DOCKER_MCP_MISSING/);
  plugin('Docker Inc.');
  const several = await wharf.run(['client', 'import', '--from', 'docker-mcp', '--profile', 'dev', '--yes']);
  assert.match(several.stderr, /Name one of Docker's profiles: one, two\./);
  const imported = await wharf.run(['client', 'import', 'one', '--from', 'docker-mcp', '--profile', 'dev', '--yes']);
  assert.equal(imported.code, 0, imported.stderr);
  assert.match(readFileSync(userProfile(), 'utf8'), /image: mcp\/duck:1/);
});

test('advise prints one line of advice for each server, and for programs one object for each file', async () => {
  const file = put(join(wharf.project, '.codex', 'config.toml'), '[mcp_servers.a]\ncommand = "npx"\nargs = ["some-mcp"]\n');
  const said = await wharf.run(['advise']);
  assert.equal(said.code, 0, said.stderr);
  assert.match(
    said.stdout,
    /a: move it to a profile\n {4}- .*\(unpinned-package\)\n {4}wharf client import \.codex\/config\.toml --server a --profile dev/,
  );
  const json = await wharf.run(['advise', file, '--format', 'json']);
  const [first] = JSON.parse(json.stdout) as { file: string; servers: Record<string, unknown>[] }[];
  assert.equal(first?.file, join('.codex', 'config.toml'));
  assert.deepEqual(Object.keys(first?.servers[0] ?? {}), ['server', 'verdict', 'reasons', 'command']);
  writeFileSync(file, 'a = \n');
  const broken = await wharf.run(['advise']);
  assert.deepEqual([broken.code, /WHARF_CONFIG_SYNTAX/.test(broken.stderr)], [2, true]);
});
