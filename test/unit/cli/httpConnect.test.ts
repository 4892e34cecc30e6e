import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { bundledProgram, type Outcome, type Program } from './program.ts';
import { askStandIn, fakeSystemctl, standInGateway, type FakeSystemctl } from './standIns.ts';

const onLinux = { skip: process.platform !== 'linux' && 'systemd is for Linux' };

let wharf: Program;
let folder: string;
let systemctl: FakeSystemctl;
let port: number;

before(async () => {
  wharf = await bundledProgram();
  standInGateway(wharf.dist);
});
after(() => wharf.remove());
beforeEach(async () => {
  for (const place of [wharf.home, wharf.project]) {
    rmSync(place, { recursive: true });
    mkdirSync(place);
  }
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'wharf-http-')));
  systemctl = fakeSystemctl(folder, wharf.home);
  port = await freePort();
  putProfile(join(wharf.project, '.codex'), 'dev');
  putProfile(join(wharf.home, '.config', 'wharf'), 'mine');
});
afterEach(() => {
  systemctl.stop();
  rmSync(folder, { recursive: true, force: true });
});

const config = '# Kept.\nmodel = "x"   # as it is\n';
const tokenFile = (): string => join(wharf.home, '.local', 'share', 'wharf', 'http-token.env');
const stateFile = (): string => join(wharf.home, '.local', 'share', 'wharf', 'http-service.json');
const unitFile = (): string => join(wharf.home, '.config', 'systemd', 'user', 'wharf-gateway.service');
const projectConfig = (): string => join(wharf.project, '.codex', 'config.toml');

function putProfile(base: string, id: string): void {
  mkdirSync(join(base, 'profiles'), { recursive: true });
  writeFileSync(join(base, 'profiles', `${id}.yaml`), 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: found } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return found;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return wharf.run(['client', ...args], { env: { PATH: `${systemctl.bin}:${process.env['PATH'] ?? ''}`, ...env } });
}

async function done(args: readonly string[]): Promise<Outcome> {
  const outcome = await run(args);
  assert.equal(outcome.code, 0, outcome.stderr);
  return outcome;
}

function token(): string {
  return readFileSync(tokenFile(), 'utf8').trim().split('=')[1] ?? '';
}

const http = (): readonly string[] => ['connect', 'codex', '--no-discover', '--launcher', 'http', '--port', String(port)];

test(
  'connecting over HTTP starts a service, keeps the token out of everything but its file, and says where it must be set',
  onLinux,
  async () => {
    writeFileSync(projectConfig(), config);
    const { stdout, stderr } = await done([...http(), '--profile', 'dev']);
    const profile = join(realpathSync(wharf.project), '.codex', 'profiles', 'dev.yaml');
    const handle = `dev-${createHash('sha256').update(profile).digest('hex').slice(0, 8)}`;
    assert.equal(
      readFileSync(projectConfig(), 'utf8'),
      `${config}\n[mcp_servers.MCP_DOCKER]\nurl = "http://127.0.0.1:${port}/p/${handle}/mcp"\nbearer_token_env_var = "WHARF_HTTP_TOKEN"\n` +
        'startup_timeout_sec = 60\ntool_timeout_sec = 300\ndefault_tools_approval_mode = "writes"\n',
    );
    assert.match(readFileSync(tokenFile(), 'utf8'), /^MCP_GATEWAY_AUTH_TOKEN=[\w-]{43}\n$/);
    assert.equal(statSync(tokenFile()).mode & 0o777, 0o600);
    assert.deepEqual(systemctl.calls().slice(-4), [
      'daemon-reload',
      'enable wharf-gateway.service',
      'reset-failed wharf-gateway.service',
      'restart wharf-gateway.service',
    ]);
    const seen = await askStandIn(port, token());
    assert.equal(seen.authorized, true);
    assert.deepEqual(seen.profiles, [{ by: 'file', path: profile }]);
    assert.ok(seen.path.startsWith(systemctl.bin), 'the service finds programs as the user does');
    assert.ok(stdout.includes(`export WHARF_HTTP_TOKEN="$(cut -d= -f2- ${tokenFile()})"`), stdout);
    assert.match(stdout, /systemctl --user import-environment WHARF_HTTP_TOKEN/);
    for (const text of [stdout, stderr, readFileSync(unitFile(), 'utf8'), readFileSync(stateFile(), 'utf8'), seen.argv.join(' ')]) {
      assert.ok(!text.includes(token()));
    }
  },
);

test('HTTP, then the launcher, then disconnecting leaves the old bytes and no service', onLinux, async () => {
  writeFileSync(projectConfig(), config);
  await done([...http(), '--profile', 'dev']);
  const { stdout } = await done(['connect', 'codex', '--no-discover', '--profile', 'dev']);
  assert.match(stdout, /Stopped the service/);
  assert.match(readFileSync(projectConfig(), 'utf8'), /\ncommand = ".*wharf"\nargs = /);
  for (const path of [tokenFile(), stateFile(), unitFile()]) {
    assert.ok(!existsSync(path), path);
  }
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
  await done(['disconnect', 'codex']);
  assert.equal(readFileSync(projectConfig(), 'utf8'), config);
});

test('a second profile joins the service, and the service ends with the last of them', onLinux, async () => {
  await done([...http(), '--profile', 'dev']);
  const first = token();
  await done(['connect', 'codex', '--no-discover', '--launcher', 'http', '--profile', 'mine', '--global']);
  const userConfig = join(wharf.home, '.codex', 'config.toml');
  assert.ok(readFileSync(userConfig, 'utf8').includes(`url = "http://127.0.0.1:${port}/p/mine/mcp"`));
  assert.equal(token(), first, 'shells that have the token keep it');
  const both = await askStandIn(port, first);
  assert.equal(both.profiles.length, 2);
  assert.deepEqual(both.profiles[1], { by: 'id', id: 'mine' });

  const wrongPort = await run([...http().slice(0, -1), '1', '--profile', 'mine', '--global']);
  assert.match(wrongPort.stderr, /WHARF_SERVICE_PORT/);
  const again = await done(['connect', 'codex', '--no-discover', '--launcher', 'http', '--profile', 'mine', '--global']);
  assert.match(again.stdout, /nothing was written/);
  assert.equal((await askStandIn(port, first)).pid, both.pid, 'what is as it should be is not started again');

  const gone = await done(['disconnect', 'codex']);
  assert.match(gone.stdout, /serves "mine"/);
  assert.deepEqual((await askStandIn(port, first)).profiles, [{ by: 'id', id: 'mine' }]);
  await done(['disconnect', 'codex', '--global']);
  for (const path of [tokenFile(), stateFile(), unitFile()]) {
    assert.ok(!existsSync(path), path);
  }
  assert.ok(systemctl.calls().includes('disable --now wharf-gateway.service'));
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
});

test('a configuration that was deleted is forgotten with the next change', onLinux, async () => {
  await done([...http(), '--profile', 'dev']);
  rmSync(projectConfig());
  const { stderr } = await done(['connect', 'codex', '--no-discover', '--launcher', 'http', '--profile', 'mine', '--global']);
  assert.match(stderr, /does not serve .*project.* that file is gone/);
  assert.equal((await askStandIn(port, token())).profiles.length, 1);
});

test('without a systemd that answers HTTP is refused with the way out, and nothing is written', onLinux, async () => {
  const outcome = await run([...http(), '--profile', 'dev'], { NO_SYSTEMD: '1' });
  assert.equal(outcome.code, 2);
  assert.match(outcome.stderr, /WHARF_SERVICE_UNAVAILABLE.*--launcher wharf.*No medium found/s);
  assert.ok(!existsSync(projectConfig()) && !existsSync(unitFile()) && !existsSync(tokenFile()));
});

test('a port that another program has is refused before anything is written', onLinux, async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { code, stderr } = await run([...http(), '--profile', 'dev']);
  assert.equal(code, 2);
  assert.match(stderr, /another program listens there.*WHARF_SERVICE_PORT/);
  assert.ok(!existsSync(projectConfig()) && !existsSync(unitFile()) && !existsSync(tokenFile()));
});

test('a unit that somebody else wrote is left alone', onLinux, async () => {
  mkdirSync(join(unitFile(), '..'), { recursive: true });
  writeFileSync(unitFile(), '[Service]\nExecStart=/bin/true\n');
  const { code, stderr } = await run([...http(), '--profile', 'dev']);
  assert.equal(code, 2);
  assert.match(stderr, /was not written by Wharf.*WHARF_SERVICE_UNAVAILABLE/);
  assert.equal(readFileSync(unitFile(), 'utf8'), '[Service]\nExecStart=/bin/true\n');
  assert.ok(!existsSync(tokenFile()) && !existsSync(stateFile()));
});

test('a dry run shows the entry and starts nothing', onLinux, async () => {
  const { stdout } = await done([...http(), '--profile', 'mine', '--dry-run']);
  assert.ok(stdout.startsWith(`[mcp_servers.MCP_DOCKER]\nurl = "http://127.0.0.1:${port}/p/mine/mcp"\n`), stdout);
  assert.deepEqual(systemctl.calls(), ['show-environment']);
  assert.ok(!existsSync(unitFile()) && !existsSync(tokenFile()));
});

test('launchers and ports that make no sense are refused in words', async () => {
  for (const [args, words] of [
    [['--launcher', 'docker'], /plugin of the Docker CLI/],
    [['--launcher', 'ftp'], /WHARF_USAGE/],
    [['--port', '1'], /--port needs --launcher http/],
    [['--launcher', 'http', '--port', '70000'], /WHARF_USAGE/],
  ] as const) {
    const { code, stderr } = await run(['connect', 'codex', '--no-discover', '--profile', 'dev', ...args]);
    assert.equal(code, 2);
    assert.match(stderr, words);
  }
});
