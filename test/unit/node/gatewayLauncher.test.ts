import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { dockerPluginText } from '../../../src/node/dockerPlugin.ts';
import { chooseLauncher, type LauncherWish } from '../../../src/node/gatewayLauncher.ts';
import { launcherPath } from '../../../src/node/launcher.ts';

const locations = { configFolder: '/c', dataFolder: '/d', runtimeFolder: '/r', environment: {} };
const own = launcherPath(locations);
let home = '';
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'wharf-launcher-'))));
afterEach(() => rmSync(home, { recursive: true }));

function install(folder: string, wharfHome?: string): void {
  mkdirSync(join(folder, 'cli-plugins'), { recursive: true });
  writeFileSync(join(folder, 'cli-plugins', 'docker-mcp'), dockerPluginText({ launcher: own, wharfHome }));
}

/** The command, its variables, and whether it is portable; or the code of the refusal. */
async function chosen(wish: Partial<LauncherWish> = {}): Promise<readonly unknown[] | string> {
  const found = await chooseLauncher(locations, { wanted: undefined, isProject: true, env: {}, home, ...wish });
  return found.ok ? [found.value.launcher.command, found.value.launcher.env, found.value.isPortable] : found.problem.code;
}

test("a project gets docker mcp where that is Wharf's, and the user's own configuration the launcher", async () => {
  assert.deepEqual(await chosen(), [own, {}, false]);
  assert.equal(await chosen({ wanted: 'docker' }), 'WHARF_PLUGIN_MISSING');
  install(join(home, '.docker'));
  assert.deepEqual(await chosen(), ['docker', {}, true]);
  assert.deepEqual(await chosen({ isProject: false }), [own, {}, false]);
  assert.deepEqual(await chosen({ wanted: 'wharf' }), [own, {}, false]);
  assert.deepEqual(await chosen({ wanted: 'docker', isProject: false }), ['docker', {}, true]);
  const foreign = join(home, '.docker', 'cli-plugins', 'docker-mcp');
  writeFileSync(foreign, '#!/bin/sh\n');
  assert.deepEqual(await chosen(), [own, {}, false]);
});

test('what would need a variable of this computer is not portable, and is written only where docker is asked for', async () => {
  install(join(home, '.docker'));
  const env = { WHARF_HOME: '/srv/w' };
  assert.deepEqual(await chosen({ env }), [own, env, false]);
  assert.deepEqual(await chosen({ env, wanted: 'docker' }), ['docker', env, false]);
  install(join(home, '.docker'), '/srv/w');
  assert.deepEqual(await chosen({ env }), ['docker', {}, true]);
  const folder = join(home, 'other');
  install(folder);
  const elsewhere = { DOCKER_CONFIG: folder };
  assert.deepEqual(await chosen({ env: elsewhere }), [own, {}, false]);
  assert.deepEqual(await chosen({ env: elsewhere, wanted: 'docker' }), ['docker', elsewhere, false]);
});
