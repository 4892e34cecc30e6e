import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { version } from '../../src/shared/version.ts';
import { shellOf } from '../support/dockerCli.ts';
import { until } from '../support/until.ts';
import { demoProfile, isRunning, makeHome } from '../support/wharfHome.ts';

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
  const [ofDocker, help, ofCommand, printed, unknown, completed, profiles] = await Promise.all([
    shell.run('docker --help'),
    shell.run('docker mcp --help'),
    shell.run('docker help mcp profile'),
    shell.run('docker mcp --version'),
    shell.run('docker mcp porfile list'),
    shell.run('docker __complete mcp gateway run --pro'),
    shell.run('docker __complete mcp client connect codex --profile ""'),
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

test('what the project has is served through "docker mcp", and a killed Docker CLI ends the thread, though its stdin is open', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  assert.equal((await home.wharf(['plugin', 'install'])).code, 0);
  const connected = await home.wharf(['client', 'connect', 'codex', '--profile', 'dev', '--dry-run']);
  assert.match(connected.stdout, /^command = "docker"\nargs = \["mcp", "gateway", "run", "--profile", "dev"\]$/m);
  const client = shellOf(home).gateway(t, 'docker mcp gateway run --profile dev');
  await client.initialize();
  assert.equal(await client.callText('add', { a: 20, b: 22 }), '42');
  const shim = await childOf(client.pid);
  client.kill('SIGKILL');
  await until(() => !isRunning(shim), { what: 'the shim to end' });
});

/** The one process that another one started. */
async function childOf(pid: number): Promise<number> {
  const text = await new Promise<string>((resolve) =>
    execFile('ps', ['-o', 'pid=', '--ppid', String(pid)], (_error, stdout) => resolve(stdout)),
  );
  const [child = ''] = text.trim().split(/\s+/);
  assert.match(child, /^\d+$/);
  return Number(child);
}
