import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';

import { parseToml } from '../../../src/core/toml/document.ts';
import { gatewayOptions } from '../../../src/shared/gatewayOptions.ts';
import { version } from '../../../src/shared/version.ts';
import { programOfFile, type Program } from './program.ts';

const program = programOfFile();
let wharf: Program;
beforeEach(() => {
  wharf = program();
});

function put(path: string, text: string): string {
  mkdirSync(join(wharf.project, '.codex', 'profiles'), { recursive: true });
  const full = join(wharf.project, '.codex', path);
  writeFileSync(full, text);
  return full;
}

const demo = 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n';

test('the help names every command and the version is printed, each with exit code 0', async () => {
  const [help, own, short, ofRun, ofDaemon] = await Promise.all([
    wharf.run(['--help']),
    wharf.run(['version']),
    wharf.run(['--version']),
    wharf.run(['gateway', 'run', '-h']),
    wharf.run(['daemon', 'run', '--help']),
  ]);
  assert.deepEqual([help.code, help.stderr], [0, '']);
  for (const command of ['profile', 'tools', 'calls', 'client', 'daemon', 'check', 'gateway']) {
    assert.match(help.stdout, new RegExp(`^  ${command}`, 'm'));
  }
  assert.deepEqual(
    [own, short],
    [
      { code: 0, stdout: `${version}\n`, stderr: '' },
      { code: 0, stdout: `${version}\n`, stderr: '' },
    ],
  );
  assert.deepEqual([ofRun.code, ofDaemon.code], [0, 0]);
  for (const { name } of gatewayOptions) {
    assert.match(ofRun.stdout, new RegExp(`^ +--${name}\\b`, 'm'));
  }
});

const misused: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown command', ['frobnicate'], /Unknown command 'frobnicate'.*WHARF_USAGE/],
  ["a command of Docker's that is called otherwise here", ['config', 'read'], /"wharf profile config ID.*WHARF_USAGE/],
  ['an unknown flag', ['profile', 'list', '--frob'], /Unknown option '--frob'.*WHARF_USAGE/],
  ['a missing argument', ['calls', 'show'], /Missing required argument 'id'.*WHARF_USAGE/],
  ['a missing profile', ['tools', 'ls'], /--profile.*Run "wharf tools ls --help"/],
  ['a gateway without a profile', ['gateway', 'run'], /needs --profile/],
  ['a gateway with two profiles', ['gateway', 'run', '--profile', 'a', '--profile-file', 'b'], /needs --profile/],
  ['a setting of the gateway that is none', ['gateway', 'run', '--profile', 'a', '--memory', 'lots'], /"lots".*WHARF_USAGE/],
  ['an unknown flag of the gateway', ['gateway', 'run', '--frob'], /--frob/],
  ['an argument that is no pair', ['tools', 'call', 'x', '--profile', 'a', 'novalue'], /key=value.*"wharf tools call --help"/],
  ['an export to a file of another kind', ['profile', 'export', 'a', 'x.txt'], /x\.txt.*"wharf profile export --help"/],
  ['an unknown client', ['client', 'connect', 'emacs', '--profile', 'a'], /"emacs" is not known.*"wharf client connect --help"/],
  [
    'an unknown approval',
    ['client', 'connect', 'codex', '--no-discover', '--profile', 'a', '--approve', 'maybe'],
    /read-only, all, prompt.*"wharf client connect --help"/,
  ],
  ['a profile that is not there', ['client', 'connect', 'codex', '--no-discover', '--profile', 'a'], /WHARF_PROFILE_NOT_FOUND/],
];
for (const [what, args, words] of misused) {
  test(`${what} is said on stderr with exit code 2`, async () => {
    const { code, stdout, stderr } = await wharf.run(args);
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, words);
  });
}

test('gateway run hands the profile and the settings to the shim, and serves by itself where that is asked for or nobody else can', async () => {
  const said = (name: string): string => `process.stdout.write(JSON.stringify({ ${name}: args }) + "\\n")`;
  writeFileSync(
    join(wharf.dist, 'shim.cjs'),
    `exports.runShim = async (...args) => { ${said('shim')}; return args[0].id === 'alone' ? undefined : 7; };`,
  );
  writeFileSync(join(wharf.dist, 'gateway.cjs'), `exports.foregroundMain = async (...args) => { ${said('gateway')}; return 5; };`);
  const outcomes = await Promise.all(
    [
      ['--profile', 'dev', '--cpus', '2'],
      ['--profile', 'alone'],
      ['--profile', 'dev', '--no-daemon', '--verbose'],
      ['--profile', 'dev', '--profile', 'ops', '--transport', 'http', '--port', '0', '--log-calls'],
    ].map((args) => wharf.run(['gateway', 'run', ...args])),
  );
  const run = {
    profiles: [{ by: 'id', id: 'dev' }],
    settings: {},
    transport: { kind: 'stdio' },
    dryRun: false,
    logCalls: false,
    verbose: false,
  };
  const alone = { by: 'id', id: 'alone' };
  const streaming = { kind: 'streaming', host: '127.0.0.1', port: 0, allowedHosts: [] };
  assert.deepEqual(
    outcomes.map(({ code, stdout }) => [
      code,
      ...stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ]),
    [
      [7, { shim: [{ by: 'id', id: 'dev' }, { cpus: 2 }] }],
      [5, { shim: [alone, {}] }, { gateway: [{ ...run, profiles: [alone] }] }],
      [5, { gateway: [{ ...run, verbose: true }] }],
      [5, { gateway: [{ ...run, profiles: [...run.profiles, { by: 'id', id: 'ops' }], transport: streaming, logCalls: true }] }],
    ],
  );
});

test('profiles are listed with their problems, and a list of megabytes is printed to its end', async () => {
  put('profiles/good.yaml', demo);
  put('profiles/bad.yml', 'version: 1\nservers: [\n');
  for (let number = 0; number < 40; number++) {
    put(`profiles/p${number}.yaml`, `${demo}name: ${'n'.repeat(50_000)}\n`);
  }
  const { code, stdout } = await wharf.run(['profile', 'list', '--format', 'json']);
  const rows = JSON.parse(stdout) as { id: string; problem: { code: string; place: { line: number } } | null; allowed: boolean }[];
  assert.deepEqual([code, rows.length, rows[0]?.problem?.code, rows[0]?.problem?.place.line], [0, 42, 'WHARF_PROFILE_SYNTAX', 3]);
});

test('a profile is found and allowed from a folder below', async () => {
  put('profiles/dev.yaml', demo);
  const cwd = join(wharf.project, 'src');
  mkdirSync(cwd);
  assert.match((await wharf.run(['profile', 'list'], { cwd })).stdout, /^dev +project +no +demo$/m);
  assert.equal((await wharf.run(['profile', 'allow', 'dev', '--yes', '--no-discover'], { cwd })).code, 0);
  assert.match((await wharf.run(['profile', 'list'], { cwd })).stdout, /^dev +project +yes +demo$/m);
});

test('a dry run of connect prints the file and writes neither it nor the launcher', async () => {
  put('profiles/dev.yaml', demo);
  const config = '# mine\r\nmodel = "x"\r\n';
  const path = put('config.toml', config);
  const { code, stdout } = await wharf.run(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev', '--dry-run']);
  assert.equal(code, 0);
  assert.ok(stdout.startsWith(config));
  assert.deepEqual(parseToml(stdout, { version: '1.0' }).errors, []);
  assert.match(stdout, /\[mcp_servers\.MCP_DOCKER\]/);
  assert.equal(readFileSync(path, 'utf8'), config);
  assert.deepEqual(readdirSync(wharf.home), ['.config']);
});

test('connect adds its table, keeps every other byte, and has nothing to do the second time', async () => {
  put('profiles/dev.yaml', demo);
  const config = '# mine\r\nmodel = "x"\r\n';
  const path = put('config.toml', config);
  const env = { WHARF_HOME: '../state' };
  assert.equal((await wharf.run(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev'], { env })).code, 0);
  const written = readFileSync(path, 'utf8');
  assert.ok(written.startsWith(config));
  // Codex starts the launcher in another working folder.
  const state = join(wharf.project, '..', 'state');
  assert.ok(written.includes(`"${state}"`) && written.includes(`"${join(state, 'data', 'bin', 'wharf')}"`), written);
  assert.ok(existsSync(join(state, 'data', 'bin', 'wharf')));
  assert.match(
    (await wharf.run(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev'], { env })).stdout,
    /nothing was written/,
  );
  assert.equal(readFileSync(path, 'utf8'), written);
});

test('connect leaves a file that does not parse as it is', async () => {
  put('profiles/dev.yaml', demo);
  const path = put('config.toml', 'model = \n');
  const { code, stderr } = await wharf.run(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev']);
  assert.equal(code, 2);
  assert.match(stderr, /config\.toml:1:\d+: .*WHARF_CONFIG_SYNTAX/);
  assert.equal(readFileSync(path, 'utf8'), 'model = \n');
});

test('check gives 0 for a clean file, 1 with file, line and column for a bad one, 2 when it could not run', async () => {
  const clean = put('config.toml', 'model = "x"\n');
  const good = await wharf.run(['check']);
  assert.deepEqual(good, { code: 0, stdout: '', stderr: '' });
  writeFileSync(clean, 'model = "x"\n[mcpServers.a]\ncommand = "x"\n');
  const bad = await wharf.run(['check', clean]);
  assert.equal(bad.code, 1, bad.stderr);
  assert.ok(bad.stdout.startsWith(`${clean}:2:`), bad.stdout);
  assert.equal((await wharf.run(['check', 'none.toml'])).code, 2);
});
