import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { Locations } from '../../../src/node/locations.ts';
import { summarizeProfiles } from '../../../src/node/profileSummaries.ts';
import { temporaryFolder } from './folders.ts';

function place(t: TestContext): { readonly locations: Locations; readonly profiles: string; readonly memory: string } {
  const base = temporaryFolder(t);
  const locations = { configFolder: join(base, 'c'), dataFolder: join(base, 'd'), runtimeFolder: join(base, 'r'), environment: {} };
  const profiles = join(base, 'c', 'profiles');
  mkdirSync(profiles, { recursive: true });
  return { locations, profiles, memory: join(base, 'd', 'profiles.json') };
}

const text = (...images: readonly string[]): string => `version: 1\nservers:\n${images.map((image) => `  - image: ${image}\n`).join('')}`;

async function shown(locations: Locations, cwd: string): Promise<readonly string[]> {
  const all = await summarizeProfiles(locations, cwd);
  return all.map(({ id, servers, problem }) => `${id}: ${problem?.code ?? servers.map(({ name }) => name).join(' ')}`);
}

test('a list shows what the files say now, also where nothing but the time of a file tells that it changed', async (t) => {
  const { locations, profiles, memory } = place(t);
  const path = join(profiles, 'a.yaml');
  writeFileSync(path, text('one'));
  assert.deepEqual(await shown(locations, profiles), ['a: one']);
  assert.ok(existsSync(memory) && (statSync(memory).mode & 0o077) === 0);
  assert.deepEqual(await shown(locations, profiles), ['a: one']);
  const before = statSync(path);
  writeFileSync(path, text('two'));
  assert.deepEqual(await shown(locations, profiles), ['a: two']);
  writeFileSync(join(profiles, 'draft'), text('six'));
  utimesSync(join(profiles, 'draft'), before.atime, before.mtime);
  renameSync(join(profiles, 'draft'), path);
  assert.deepEqual(await shown(locations, profiles), ['a: six']);
});

test('a profile that cannot be read is read again each time, and what is gone is forgotten', async (t) => {
  const { locations, profiles, memory } = place(t);
  writeFileSync(join(profiles, 'a.yaml'), text('one'));
  writeFileSync(join(profiles, 'b.yaml'), 'version: 2\n');
  assert.deepEqual(await shown(locations, profiles), ['a: one', 'b: WHARF_PROFILE_SHAPE']);
  assert.ok(!readFileSync(memory, 'utf8').includes('b.yaml'));
  renameSync(join(profiles, 'a.yaml'), join(profiles, 'c.yaml'));
  assert.deepEqual(await shown(locations, profiles), ['b: WHARF_PROFILE_SHAPE', 'c: one']);
  assert.ok(!readFileSync(memory, 'utf8').includes('a.yaml'));
});

test('a memory that is damaged, or of another version, is passed over', async (t) => {
  const { locations, profiles, memory } = place(t);
  writeFileSync(join(profiles, 'a.yaml'), text('one'));
  await shown(locations, profiles);
  const sound = JSON.parse(readFileSync(memory, 'utf8')) as { profiles: Record<string, { servers: unknown }> };
  for (const profile of Object.values(sound.profiles)) {
    profile.servers = [{ name: 'invented', isOpen: false }];
  }
  for (const damaged of ['{', '[]', 'null', JSON.stringify({ ...sound, version: '0.0.0-other' })]) {
    writeFileSync(memory, damaged);
    assert.deepEqual(await shown(locations, profiles), ['a: one'], damaged);
  }
});

test("a project's profile is judged by its content each time", async (t) => {
  const { locations, profiles } = place(t);
  const project = join(profiles, '..', 'project');
  mkdirSync(join(project, '.codex', 'profiles'), { recursive: true });
  writeFileSync(join(project, '.codex', 'profiles', 'dev.yaml'), text('one'));
  const [summary] = await summarizeProfiles(locations, project);
  assert.deepEqual([summary?.scope, summary?.allowed], ['project', false]);
});

test('a server whose tools are containers is open where those may reach every host', async (t) => {
  const { locations, profiles } = place(t);
  const entry = (name: string, more: object): string => {
    const tools = [{ name: 'run', container: { image: 'team/run:1' } }];
    return `  - ${JSON.stringify({ type: 'image', snapshot: { server: { name, type: 'poci', tools } }, ...more })}\n`;
  };
  writeFileSync(join(profiles, 'a.yaml'), `version: 1\nservers:\n${entry('one', {})}${entry('two', { wharf: { network: 'none' } })}`);
  for (const look of ['first', 'from memory']) {
    const [summary] = await summarizeProfiles(locations, profiles);
    assert.deepEqual(
      summary?.servers.map(({ name, isOpen }) => [name, isOpen]),
      [
        ['one', true],
        ['two', false],
      ],
      look,
    );
  }
});
