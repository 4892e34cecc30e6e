import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { version } from '../../src/shared/version.ts';
import { shellOf, type Shell } from '../support/dockerCli.ts';
import { probeImage, probeProfile, untilNoneLeft } from '../support/dockerLane.ts';
import { until } from '../support/until.ts';
import { containersOf, demoProfile, isRunning, makeHome } from '../support/wharfHome.ts';

test('the Docker CLI finds the plugin, and has its help, its version, its completion and its refusals', async (t) => {
  const home = await makeHome(t);
  await home.writeProfile('dev', demoProfile);
  const path = join(home.home, '.docker', 'cli-plugins', 'docker-mcp');
  const dry = await home.wharf(['plugin', 'install', '--dry-run']);
  assert.match(dry.stdout, /docker-cli-plugin-metadata/);
  assert.equal(existsSync(path), false);
  const installed = await home.wharf(['plugin', 'install']);
  assert.deepEqual([installed.code, installed.stdout.includes(path)], [0, true], installed.stderr);
  const shell = shellOf(home);
  // An older Docker CLI does not ask its plugins.
  const completer = (await majorOf(shell)) < 24 ? path : 'docker';
  const [ofDocker, help, ofCommand, printed, unknown, completed, profiles] = await Promise.all([
    shell.run('docker --help'),
    shell.run('docker mcp --help'),
    shell.run('docker help mcp profile'),
    shell.run('docker mcp --version'),
    shell.run('docker mcp porfile list'),
    shell.run(`${completer} __complete mcp gateway run --pro`),
    shell.run(`${completer} __complete mcp client connect codex --profile ""`),
  ]);
  assert.match(ofDocker.stdout, /^ +mcp\* +\S/m);
  assert.match(help.stdout, /^Usage: docker mcp .*^ +gateway /ms);
  assert.match(ofCommand.stdout, /^Usage: docker mcp profile /);
  assert.equal(printed.stdout, `${version}\n`);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /Did you mean profile\?.*"docker mcp --help"/);
  assert.match(completed.stdout, /^--profile\t.*^--profile-file\t.*^:4$/ms);
  assert.match(profiles.stdout, /^dev\n:4$/m);
  assert.equal((await home.wharf(['plugin', 'remove'])).code, 0);
  assert.equal(existsSync(path), false);
  assert.notEqual((await shell.run('docker mcp version')).code, 0);
});

test('a project is served through "docker mcp"; a killed Docker CLI ends the thread with its containers, though its stdin is open', async (t) => {
  await probeImage();
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({ wharf: ['network: none', 'share: session'] }));
  assert.equal((await home.wharf(['plugin', 'install'])).code, 0);
  const connected = await home.wharf(['client', 'connect', 'codex', '--profile', 'dev', '--dry-run']);
  assert.match(connected.stdout, /^command = "docker"\nargs = \["mcp", "gateway", "run", "--profile", "dev"\]$/m);
  const client = shellOf(home).gateway(t, 'docker mcp gateway run --profile dev');
  await client.initialize();
  assert.equal(await client.callText('echo', { text: 'x' }), 'echo: x');
  const [shim, daemon] = [await childOf(client.pid), (await home.status()).pid];
  assert.equal((await containersOf(daemon)).length, 1);
  client.kill('SIGKILL');
  await until(() => !isRunning(shim), { what: 'the shim to end' });
  await untilNoneLeft(daemon);
});

async function majorOf(shell: Shell): Promise<number> {
  const { stdout } = await shell.run('docker --version');
  return Number(/version (\d+)/.exec(stdout)?.[1]);
}

/** The one process that another one started. */
async function childOf(pid: number): Promise<number> {
  const text = await new Promise<string>((resolve) =>
    execFile('ps', ['-o', 'pid=', '--ppid', String(pid)], (_error, stdout) => resolve(stdout)),
  );
  const [child = ''] = text.trim().split(/\s+/);
  assert.match(child, /^\d+$/);
  return Number(child);
}
