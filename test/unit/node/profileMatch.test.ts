import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { allowedContent, allowProfile, isAllowed, revokeAllowance } from '../../../src/node/allowances.ts';
import { writeEditedProfile } from '../../../src/node/editedProfile.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { findProfile } from '../../../src/node/profileFiles.ts';
import { temporaryFolder } from './folders.ts';

interface Place {
  readonly locations: Locations;
  readonly project: string;
  readonly own: string;
  readonly pulled: string;
}

function place(t: TestContext): Place {
  const base = temporaryFolder(t);
  const locations = { configFolder: join(base, 'c'), dataFolder: join(base, 'd'), runtimeFolder: join(base, 'r'), environment: {} };
  const project = join(base, 'project');
  mkdirSync(project);
  return { locations, project, own: join(base, 'c', 'profiles'), pulled: join(base, 'c', 'profiles', 'pulled') };
}

function put(path: string, name?: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `version: 1\n${name === undefined ? '' : `name: ${name}\n`}servers: []\n`);
  return path;
}

const inProject = ({ project }: Place, file: string): string => join(project, '.codex', 'profiles', file);

async function pathOf({ locations, project }: Place, given: string): Promise<string> {
  const found = await findProfile(locations, { by: 'id', id: given }, project);
  return found.ok ? found.value.path : found.problem.code;
}

test('a profile is found by its id, else by its name, else by the id that Docker would give it', async (t) => {
  const at = place(t);
  const a = put(join(at.own, 'codex_dev.yaml'), '"Dev: tools" # ours');
  const b = put(join(at.own, 'other.yaml'), 'codex_dev');
  const c = put(inProject(at, 'Team.x.yml'), 'team');
  const json = inProject(at, 'web.yaml');
  writeFileSync(json, '{"version":1,"servers":[],"name":"Web research"}');
  for (const [given, path] of [
    ['codex_dev', a],
    ['codex-dev', a],
    ['Codex Dev', a],
    ['Dev: tools', a],
    ['other', b],
    ['team', c],
    ['team-x', c],
    ['Web research', json],
    ['dev tools', 'WHARF_PROFILE_NOT_FOUND'],
    ['', 'WHARF_PROFILE_NOT_FOUND'],
    ['-', 'WHARF_PROFILE_NOT_FOUND'],
  ] as const) {
    assert.equal(await pathOf(at, given), path, given);
  }
});

test('more than one that can be meant is an error that names them, and says nothing of one id in two projects', async (t) => {
  const at = place(t);
  const paths = [put(join(at.own, 'a-b.yaml'), 'same'), put(join(at.own, 'a_b.yaml'), 'same')];
  for (const given of ['same', 'a b']) {
    const found = await findProfile(at.locations, { by: 'id', id: given }, at.project);
    assert.ok(!found.ok);
    assert.equal(found.problem.code, 'WHARF_PROFILE_AMBIGUOUS');
    paths.forEach((path) => assert.ok(found.problem.message.includes(path)));
  }
  const below = join(at.project, 'packages');
  put(inProject(at, 'team_x.yaml'));
  const near = put(join(below, '.codex', 'profiles', 'team_x.yaml'));
  assert.equal(await pathOf({ ...at, project: below }, 'team-x'), near);
});

test("nothing that came with a project or from a registry takes the place of the user's own profile, whatever it is called", async (t) => {
  const at = place(t);
  const own = put(join(at.own, 'codex_dev.yaml'), 'daily');
  put(inProject(at, 'codex-dev.yaml'), 'codex_dev');
  put(inProject(at, 'daily.yaml'), 'daily');
  put(join(at.pulled, 'x.yaml'), 'daily');
  for (const given of ['codex_dev', 'codex-dev', 'daily']) {
    assert.equal(await pathOf(at, given), own, given);
  }
});

test('what was allowed is kept for its user alone, follows an edit, and can be taken back', async (t) => {
  const at = place(t);
  const path = put(inProject(at, 'dev.yaml'));
  const found = await findProfile(at.locations, { by: 'file', path }, at.project);
  assert.ok(found.ok);
  assert.equal(await allowedContent(at.locations, path), null);
  assert.ok((await allowProfile(at.locations, path, found.value.text)).ok);
  assert.equal(await allowedContent(at.locations, path), found.value.text);
  const edited = `${found.value.text}# mine\n`;
  assert.ok((await writeEditedProfile(at.locations, found.value, edited)).ok);
  assert.equal(await allowedContent(at.locations, path), edited);
  // Somebody else's change is not what was allowed.
  writeFileSync(path, 'version: 1\n');
  assert.equal(await allowedContent(at.locations, path), edited);
  const kept = join(at.locations.dataFolder, 'allowed');
  for (const name of readdirSync(kept)) {
    assert.equal(statSync(join(kept, name)).mode & 0o777, 0o600);
  }
  assert.deepEqual(await revokeAllowance(at.locations, path), { ok: true, value: true });
  assert.equal(await isAllowed(at.locations, path, edited), false);
  assert.equal(await allowedContent(at.locations, path), null);
  assert.deepEqual(await revokeAllowance(at.locations, path), { ok: true, value: false });
});

test('a kept content that somebody changed is not shown as what was allowed', async (t) => {
  const at = place(t);
  const path = put(inProject(at, 'dev.yaml'));
  assert.ok((await allowProfile(at.locations, path, 'version: 1\n')).ok);
  const kept = join(at.locations.dataFolder, 'allowed');
  const [name = ''] = readdirSync(kept);
  writeFileSync(join(kept, name), 'version: 1 # other\n');
  assert.equal(await allowedContent(at.locations, path), null);
});
