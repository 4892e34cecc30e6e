import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { installLauncher, launcherPath, launcherText } from '../../../src/node/launcher.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { temporaryFolder } from './folders.ts';

const onPosix = process.platform === 'win32' ? { skip: 'runs under sh' } : {};

/** Everything that a shell could take for its own. */
const hardName = `it's a "folder" $HOME \`x\` \\ ü %PATH% ; & (1)`;

const echo = `process.stdout.write(JSON.stringify([process.argv[1], process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE, process.pid]));`;

/** A launcher that was installed for a program in a folder with a hard name. */
async function installed(t: TestContext): Promise<{ locations: Locations; path: string; node: string; script: string }> {
  const base = join(temporaryFolder(t), hardName);
  mkdirSync(base);
  const node = join(base, 'node');
  const script = join(base, 'wharf.cjs');
  symlinkSync(process.execPath, node);
  writeFileSync(script, echo);
  const locations = { configFolder: base, dataFolder: join(base, 'data'), runtimeFolder: base, environment: {} };
  const launcher = await installLauncher(locations, { node, script });
  assert.ok(launcher.ok);
  return { locations, path: launcher.value, node, script };
}

function run(path: string, args: readonly string[], pathVariable: string): SpawnSyncReturns<string> {
  return spawnSync(path, args, { encoding: 'utf8', env: { PATH: pathVariable } });
}

test('the launcher runs the program with its arguments as they are, in the process that was started', onPosix, async (t) => {
  const { path, script } = await installed(t);
  const args = ['gateway', 'run', '--profile', hardName, '', '*', '--', '-n'];
  const result = run(path, args, '/usr/bin:/bin');
  assert.equal(result.stderr, '');
  assert.deepEqual(JSON.parse(result.stdout), [script, args, '1', result.pid]);
});

test('the launcher lies in the data folder, may be run, and is replaced as a whole', onPosix, async (t) => {
  const { locations, path, node, script } = await installed(t);
  assert.equal(path, launcherPath(locations));
  assert.equal(statSync(path).mode & 0o777, 0o755);
  const again = await installLauncher(locations, { node, script: `${script}2` });
  assert.deepEqual(again, { ok: true, value: path });
  assert.equal(readFileSync(path, 'utf8'), launcherText({ node, script: `${script}2` }, process.platform));
  assert.deepEqual(readdirSync(dirname(path)), ['wharf']);
});

test('when the recorded runtime is gone, a node on the path is used', onPosix, async (t) => {
  const { path, node, script } = await installed(t);
  rmSync(node);
  const result = run(path, ['x'], dirname(process.execPath));
  assert.deepEqual((JSON.parse(result.stdout) as unknown[]).slice(0, 2), [script, ['x']]);
});

test('when there is no node at all, what was tried is named', onPosix, async (t) => {
  const { path, node } = await installed(t);
  rmSync(node);
  const result = spawnSync('/bin/sh', [path], { encoding: 'utf8', env: { PATH: '/nowhere' } });
  assert.equal(result.status, 127);
  assert.ok(result.stderr.includes(node) && result.stderr.includes('node on the PATH'), result.stderr);
  assert.equal(result.stdout, '');
});

test('when the program is gone, where it was is named', onPosix, async (t) => {
  const { path, script } = await installed(t);
  rmSync(script);
  const result = run(path, [], '/usr/bin:/bin');
  assert.equal(result.status, 127);
  assert.ok(result.stderr.includes(script) && result.stderr.includes('"npm run build"'), result.stderr);
});

test('a folder that cannot be written to gives a problem', onPosix, async (t) => {
  const { locations, node, script } = await installed(t);
  rmSync(locations.dataFolder, { recursive: true });
  writeFileSync(locations.dataFolder, 'a file');
  const result = await installLauncher(locations, { node, script });
  assert.equal(result.ok ? '' : result.problem.code, 'WHARF_FILE_UNWRITABLE');
  assert.ok(existsSync(locations.dataFolder));
});

test('the launcher for Windows', () => {
  const program = { node: 'C:\\Program Files\\Code (x86)\\Code.exe', script: 'C:\\Users\\100% me\\wharf.cjs' };
  assert.equal(
    launcherText(program, 'win32'),
    '@echo off\r\n' +
      'rem Written by Wharf; rewritten at each start of its extension.\r\n' +
      'set ELECTRON_RUN_AS_NODE=1\r\n' +
      'if exist "C:\\Program Files\\Code (x86)\\Code.exe" ("C:\\Program Files\\Code (x86)\\Code.exe" "C:\\Users\\100%% me\\wharf.cjs" %*)' +
      ' else (node "C:\\Users\\100%% me\\wharf.cjs" %*)\r\n',
  );
  assert.match(launcherPath({ configFolder: 'c', dataFolder: 'd', runtimeFolder: 'r', environment: {} }, 'win32'), /wharf\.cmd$/);
});
