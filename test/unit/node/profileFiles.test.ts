import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { Locations } from '../../../src/node/locations.ts';
import { allowProfile, isImageGranted } from '../../../src/node/allowances.ts';
import { writeEditedProfile } from '../../../src/node/editedProfile.ts';
import { findProfile, listProfiles, listProfilesFrom, type ProfileFile } from '../../../src/node/profileFiles.ts';
import { asOrdinaryUser, temporaryFolder } from './folders.ts';

const onPosix = process.platform === 'win32' ? { skip: 'POSIX links and permissions' } : {};

const profile = (image: string): string => `version: 1\nservers:\n  - image: ${image}\n`;

interface Place {
  readonly locations: Locations;
  readonly project: string;
  readonly user: string;
}

function place(t: TestContext): Place {
  const base = temporaryFolder(t);
  const locations = { configFolder: join(base, 'c'), dataFolder: join(base, 'd'), runtimeFolder: join(base, 'r'), environment: {} };
  const project = join(base, 'project');
  mkdirSync(project);
  return { locations, project, user: join(base, 'c', 'profiles') };
}

function put(path: string, text = profile('x')): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const inProject = (folder: string, name: string): string => join(folder, '.codex', 'profiles', name);

async function found({ locations, project }: Place, id: string, cwd = project): Promise<ProfileFile> {
  const result = await findProfile(locations, { by: 'id', id }, cwd);
  assert.ok(result.ok, result.ok ? '' : result.problem.message);
  return result.value;
}

test("the user's profiles come first, then the project's, each by id", async (t) => {
  const at = place(t);
  put(join(at.user, 'b.yaml'));
  put(join(at.user, 'a.yml'));
  put(inProject(at.project, 'z.yaml'));
  put(inProject(at.project, 'a.yaml'));
  for (const name of ['a.lock.yaml', 'z.lock.yml', 'z.LOCK.yaml', 'notes.md', 'yaml', '.yaml']) {
    put(inProject(at.project, name));
  }
  const files = await listProfiles(at.locations, at.project);
  assert.deepEqual(
    files.map((file) => [file.scope, file.id, file.allowed]),
    [
      ['user', 'a', true],
      ['user', 'b', true],
      ['project', 'a', false],
      ['project', 'z', false],
    ],
  );
  assert.deepEqual(
    (await listProfiles(at.locations, null)).map((file) => file.id),
    ['a', 'b'],
  );
});

test("everything that is listed can be found, and of two with one id the user's own", async (t) => {
  const at = place(t);
  put(join(at.user, 'both.yaml'));
  put(inProject(at.project, 'both.yaml'));
  put(inProject(at.project, 'short.yml'));
  assert.equal((await found(at, 'both')).scope, 'user');
  assert.equal((await found(at, 'short')).scope, 'project');
});

test('from a folder below, profiles are found and listed up to the root, the nearer before the farther', async (t) => {
  const at = place(t);
  const below = join(at.project, 'packages', 'one');
  mkdirSync(below, { recursive: true });
  put(inProject(at.project, 'dev.yaml'), profile('far'));
  put(inProject(at.project, 'only.yaml'));
  const near = put(inProject(join(at.project, 'packages'), 'dev.yaml'), profile('near'));
  assert.equal((await found(at, 'dev', below)).path, near);
  assert.equal((await found(at, 'only', below)).path, inProject(at.project, 'only.yaml'));
  const listed = (await listProfilesFrom(at.locations, below)).filter((file) => file.path.startsWith(at.project));
  assert.deepEqual(
    listed.map((file) => file.path),
    [near, inProject(at.project, 'only.yaml')],
  );
});

test('an id is no path, and a lock file is no profile', async (t) => {
  const at = place(t);
  put(join(at.project, '.codex', 'outside.yaml'));
  put(join(at.project, '.codex', 'profiles', 'sub', 'inner.yaml'));
  const secret = put(join(at.project, 'secret.yaml'));
  put(inProject(at.project, 'dev.lock.yaml'));
  for (const id of ['../outside', '..', '.', '', 'sub/inner', 'sub\\inner', secret.slice(0, -5), '-x', 'dev.lock', 'x\0', 'dev.yaml']) {
    const result = await findProfile(at.locations, { by: 'id', id }, at.project);
    assert.equal(result.ok ? 'found' : result.problem.code, 'WHARF_PROFILE_NOT_FOUND', id);
  }
});

test('a profile that is not there gives the places where it could be made', async (t) => {
  const at = place(t);
  const result = await findProfile(at.locations, { by: 'id', id: 'dev' }, at.project);
  assert.ok(!result.ok);
  assert.ok(result.problem.next.includes(inProject(at.project, 'dev.yaml')));
  assert.ok(result.problem.next.includes(join(at.user, 'dev.yaml')));
});

test("a project's profile is allowed by its exact content, until that changes", async (t) => {
  const at = place(t);
  const path = put(inProject(at.project, 'dev.yaml'));
  const other = put(inProject(at.project, 'other.yaml'));
  assert.equal((await found(at, 'dev')).allowed, false);
  assert.ok((await allowProfile(at.locations, path, profile('x'))).ok);
  assert.equal((await found(at, 'dev')).allowed, true);
  assert.equal((await found(at, 'other')).allowed, false, 'the same content in another file');
  writeFileSync(path, `${profile('x')} `);
  assert.equal((await found(at, 'dev')).allowed, false);
  assert.ok((await allowProfile(at.locations, other, profile('x'))).ok);
  writeFileSync(path, profile('x'));
  assert.equal((await found(at, 'dev')).allowed, true);
});

test('what was shown is allowed, not what the file says by then', async (t) => {
  const at = place(t);
  const path = put(inProject(at.project, 'dev.yaml'));
  const shown = await found(at, 'dev');
  writeFileSync(path, profile('evil'));
  assert.ok((await allowProfile(at.locations, shown.path, shown.text)).ok);
  assert.equal((await found(at, 'dev')).allowed, false);
});

test('an allowance belongs to the file that a link leads to', onPosix, async (t) => {
  const at = place(t);
  const real = put(join(at.project, 'real.yaml'));
  const link = inProject(at.project, 'dev.yaml');
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(real, link);
  assert.ok((await allowProfile(at.locations, link, profile('x'))).ok);
  assert.equal((await found(at, 'dev')).allowed, true);
  rmSync(link);
  symlinkSync(put(join(at.project, 'copy.yaml')), link);
  assert.equal((await found(at, 'dev')).allowed, false);
});

const granting = 'version: 1\nservers:\n  - image: team/x:1\n    name: x\n    secrets: [{ name: token, env: TOKEN }]\n';
const image = 'team/x:1';

test('what was granted is for the images that were shown, whatever starts first', async (t) => {
  const at = place(t);
  const path = put(inProject(at.project, 'dev.yaml'), granting);
  const isGranted = async (id: string, of = image): Promise<boolean> => {
    const answer = await isImageGranted(at.locations, path, 'x', { image: of, id });
    assert.ok(answer.ok);
    return answer.value;
  };
  assert.ok((await allowProfile(at.locations, path, granting, { x: { image, id: 'sha256:shown' } })).ok);
  assert.equal(await isGranted('sha256:moved'), false);
  assert.equal(await isGranted('sha256:shown'), true);
  assert.deepEqual((await found(at, 'dev')).changedImages, ['x']);
  assert.ok((await allowProfile(at.locations, path, granting, { x: { image, id: null } })).ok);
  assert.deepEqual((await found(at, 'dev')).changedImages, []);
  assert.equal(await isGranted('sha256:first'), true, 'none was there to be shown');
  assert.equal(await isGranted('sha256:shown'), false, 'what was granted before is not any more');
});

test('a server may have a name that means something to JavaScript', async (t) => {
  const at = place(t);
  const path = put(join(at.user, 'dev.yaml'), granting);
  for (const server of ['x', 'constructor', 'toString']) {
    assert.deepEqual(await isImageGranted(at.locations, path, server, { image, id: 'sha256:1' }), { ok: true, value: true }, server);
    assert.deepEqual(await isImageGranted(at.locations, path, server, { image, id: 'sha256:2' }), { ok: true, value: false }, server);
  }
});

test("an image of the user's own profile that changes is told of, until the user names another one or allows it", async (t) => {
  const at = place(t);
  const path = put(join(at.user, 'dev.yaml'), granting);
  const start = (id: string, of = image) => isImageGranted(at.locations, path, 'x', { image: of, id });
  await start('sha256:1');
  assert.deepEqual(await start('sha256:2'), { ok: true, value: false });
  assert.deepEqual((await found(at, 'dev')).changedImages, ['x']);
  put(path, granting.replace(image, 'team/x:2'));
  assert.deepEqual((await found(at, 'dev')).changedImages, []);
  assert.deepEqual(await start('sha256:2', 'team/x:2'), { ok: true, value: true });
  assert.deepEqual(await start('sha256:3', 'team/x:2'), { ok: true, value: false });
  assert.ok((await allowProfile(at.locations, path, granting, { x: { image: 'team/x:2', id: 'sha256:3' } })).ok);
  assert.deepEqual(await start('sha256:3', 'team/x:2'), { ok: true, value: true });
});

test('a broken list of allowances allows nothing and can be written anew', async (t) => {
  const at = place(t);
  const path = put(inProject(at.project, 'dev.yaml'));
  for (const text of ['', '{', 'null', '[]', '{"profiles":null}', '{"profiles":"x"}']) {
    put(join(at.locations.dataFolder, 'allowed.json'), text);
    assert.equal((await found(at, 'dev')).allowed, false, text);
    assert.ok((await allowProfile(at.locations, path, profile('x'))).ok);
    assert.equal((await found(at, 'dev')).allowed, true, text);
  }
});

test("a file that is given by its path needs an allowance too, also when it is in the user's folder", async (t) => {
  const at = place(t);
  put(join(at.project, 'ci.yaml'), profile('ci'));
  const result = await findProfile(at.locations, { by: 'file', path: 'ci.yaml' }, at.project);
  assert.ok(result.ok && result.value.profile.ok);
  assert.deepEqual([result.value.id, result.value.allowed], ['ci', false]);
  const missing = await findProfile(at.locations, { by: 'file', path: 'none.yaml' }, at.project);
  assert.equal(missing.ok ? '' : missing.problem.code, 'WHARF_PROFILE_NOT_FOUND');
});

test('a file that cannot be read or used is listed with its problem and hides no other', onPosix, async (t) => {
  const at = place(t);
  chmodSync(put(inProject(at.project, 'a.yaml')), 0);
  put(inProject(at.project, 'b.yaml'), 'version: [');
  put(inProject(at.project, 'c.yaml'), 'version: 7\n');
  mkdirSync(inProject(at.project, 'd.yaml'));
  put(inProject(at.project, 'e.yaml'));
  const files = await asOrdinaryUser(() => listProfiles(at.locations, at.project));
  assert.deepEqual(
    files.map((file) => (file.profile.ok ? 'fine' : file.profile.problem.code)),
    ['WHARF_FILE_UNREADABLE', 'WHARF_PROFILE_SYNTAX', 'WHARF_PROFILE_SHAPE', 'WHARF_FILE_UNREADABLE', 'fine'],
  );
});

test("a profile from a registry is allowed only as it was shown, whatever becomes of Wharf's memory, and hides no profile of the user's own", async (t) => {
  const at = place(t);
  const path = put(join(at.user, 'pulled', 'team.yaml'));
  const pulled = await found(at, 'team');
  assert.deepEqual([pulled.path, pulled.scope, pulled.isPulled, pulled.allowed], [path, 'user', true, false]);
  assert.ok((await allowProfile(at.locations, path, pulled.text)).ok);
  assert.equal((await found(at, 'team')).allowed, true);
  // As Wharf itself edits it, by "profile pin" for one.
  const edited = await writeEditedProfile(at.locations, await found(at, 'team'), profile('y'));
  assert.ok(edited.ok);
  assert.equal((await found(at, 'team')).allowed, true);
  const byPath = await findProfile(at.locations, { by: 'file', path }, at.project);
  assert.ok(byPath.ok && byPath.value.isPulled && byPath.value.allowed);
  put(path, profile('z'));
  assert.equal((await found(at, 'team')).allowed, false);
  put(path, profile('y'));
  rmSync(at.locations.dataFolder, { recursive: true });
  assert.equal((await found(at, 'team')).allowed, false);
  put(join(at.user, 'team.yaml'));
  assert.deepEqual([(await found(at, 'team')).isPulled, (await listProfilesFrom(at.locations, at.project)).length], [false, 1]);
});
