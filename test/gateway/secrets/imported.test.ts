import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { makeHome } from '../../support/wharfHome.ts';

test("the value of a secret in another program's file goes into the vault, never into the profile or a line, and never over another", async (t) => {
  const home = await makeHome(t);
  const made = await home.wharf(['secret', 'init', '--key-file', join(home.home, 'key')]);
  assert.equal(made.code, 0, made.stderr);
  await home.wharf(['secret', 'set', 'kept.API_TOKEN'], {}, 'older');
  const token = ['k9f8e7d6c5b', '4a39281706'].join('');
  const server = (name: string) => ({
    command: 'docker',
    args: ['run', '-i', '-e', 'API_TOKEN', `mcp/${name}:1`],
    env: { API_TOKEN: token },
  });
  await mkdir(home.project, { recursive: true });
  await writeFile(join(home.project, '.mcp.json'), JSON.stringify({ mcpServers: { fresh: server('fresh'), kept: server('kept') } }));
  const ended = await home.wharf(['client', 'import', '--profile', 'dev', '--yes']);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /The vault has kept\.API_TOKEN already, and keeps its value\.[^]*Stored fresh\.API_TOKEN in the vault\./);
  assert.ok(!ended.stdout.includes('wharf secret set'), ended.stdout);
  const profile = await readFile(join(home.locations.configFolder, 'profiles', 'dev.yaml'), 'utf8');
  const log = await readFile(join(home.locations.dataFolder, 'daemon.log'), 'utf8').catch(() => '');
  for (const text of [ended.stdout, ended.stderr, profile, log]) {
    assert.ok(!text.includes(token));
  }
  const listed = await home.wharf(['secret', 'ls', '--json']);
  assert.deepEqual(
    (JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name),
    ['fresh.API_TOKEN', 'kept.API_TOKEN'],
  );
  const json = await home.wharf(['client', 'import', '--profile', 'other', '--yes', '--format', 'json']);
  const report = JSON.parse(json.stdout) as { secrets: unknown };
  assert.deepEqual(report.secrets, [
    { name: 'fresh.API_TOKEN', inFile: true, stored: true },
    { name: 'kept.API_TOKEN', inFile: true, stored: true },
  ]);
});
