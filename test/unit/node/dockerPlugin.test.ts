import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { dockerFolder, dockerPluginText, findDockerPlugin, findsSameState, otherDockerPlugin } from '../../../src/node/dockerPlugin.ts';
import { removeDockerPlugin, writeDockerPlugin } from '../../../src/node/dockerPluginFile.ts';
import { version } from '../../../src/shared/version.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wharf-plugin-'));
  path = join(folder, 'cli-plugins', 'docker-mcp');
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(at: string, text: string, mode = 0o755): string {
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, text, { mode });
  return at;
}

test('the plugin says what it is without Node, passes its words on, and sets WHARF_HOME only where the caller has none', () => {
  const launcher = put(join(folder, "it's here", 'wharf'), '#!/bin/sh\necho "$WHARF_HOME" "$@"\n');
  const plugin = put(path, dockerPluginText({ launcher, wharfHome: "/srv/it's" }));
  const run = (args: readonly string[], env = {}): string => execFileSync(plugin, args, { env, encoding: 'utf8' });
  const metadata = JSON.parse(run(['docker-cli-plugin-metadata'])) as Record<string, string>;
  assert.deepEqual([metadata['SchemaVersion'], metadata['Vendor'], metadata['Version']], ['0.1.0', 'Wharf', version]);
  assert.ok((metadata['ShortDescription'] ?? '').length > 0);
  assert.equal(run(['mcp', 'a b']), "/srv/it's docker-plugin mcp a b\n");
  assert.equal(run(['mcp'], { WHARF_HOME: '/other' }), '/other docker-plugin mcp\n');
  rmSync(launcher);
  const gone = (): string => execFileSync(plugin, ['mcp'], { env: {}, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  assert.throws(gone, { status: 127, message: /Wharf is not at .*take its plugin away: rm '.*docker-mcp'/ });
});

test('a plugin is written for all to run, only where there is none or an older one of Wharf, and removed again', async () => {
  const none = await findDockerPlugin(folder);
  assert.deepEqual(none, { kind: 'none', path });
  const text = dockerPluginText({ launcher: '/x/wharf', wharfHome: undefined });
  assert.ok(none.kind === 'none' && (await writeDockerPlugin(none, text)).ok);
  assert.equal(statSync(path).mode & 0o777, 0o755);
  const ours = await findDockerPlugin(folder);
  assert.deepEqual(ours, { kind: 'ours', path, text });
  // Somebody was quicker: what is there now is theirs.
  const late = await writeDockerPlugin(none, 'late');
  assert.ok(!late.ok && late.problem.code === 'WHARF_PLUGIN_FOREIGN');
  assert.equal(readFileSync(path, 'utf8'), text);
  const next = dockerPluginText({ launcher: '/y/wharf', wharfHome: '/srv/w' });
  assert.ok(ours.kind === 'ours' && (await writeDockerPlugin(ours, next)).ok);
  assert.equal(readFileSync(path, 'utf8'), next);
  assert.deepEqual([findsSameState(next, '/srv/w'), findsSameState(next, undefined), findsSameState(text, undefined)], [true, false, true]);
  assert.ok((await removeDockerPlugin(path)).ok);
  assert.equal((await findDockerPlugin(folder)).kind, 'none');
});

test("what Wharf did not write is somebody else's: a program, a link to Docker Desktop's, a link to nothing, a folder", async () => {
  put(path, '#!/bin/sh\n# somebody wrote this\n');
  assert.equal((await findDockerPlugin(folder)).kind, 'foreign');
  rmSync(path);
  const ours = put(join(folder, 'elsewhere'), dockerPluginText({ launcher: '/x', wharfHome: undefined }));
  for (const target of [ours, '/Applications/Docker.app/Contents/Resources/cli-plugins/docker-mcp']) {
    symlinkSync(target, path);
    const found = await findDockerPlugin(folder);
    assert.ok(found.kind === 'foreign' && found.what.includes(target));
    rmSync(path);
  }
  mkdirSync(path);
  assert.equal((await findDockerPlugin(folder)).kind, 'foreign');
});

test('another "docker mcp" is found where the Docker CLI looks: in the folders of its configuration, and in those of the system', async () => {
  const system = join(folder, 'system');
  assert.equal(await otherDockerPlugin(folder, [system]), undefined);
  const ofSystem = put(join(system, 'docker-mcp'), 'x');
  assert.equal(await otherDockerPlugin(folder, [system]), ofSystem);
  const extra = put(join(folder, 'extra', 'docker-mcp'), 'x');
  put(join(folder, 'config.json'), JSON.stringify({ cliPluginsExtraDirs: [dirname(extra), 3] }));
  assert.equal(await otherDockerPlugin(folder, [system]), extra);
  put(join(folder, 'config.json'), '{ broken');
  assert.equal(await otherDockerPlugin(folder, []), undefined);
  assert.equal(dockerFolder({ DOCKER_CONFIG: '/d' }, '/home/you'), '/d');
  assert.equal(dockerFolder({ DOCKER_CONFIG: '' }, '/home/you'), '/home/you/.docker');
});
