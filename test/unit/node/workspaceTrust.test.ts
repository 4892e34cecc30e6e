import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { allowProfile } from '../../../src/node/allowances.ts';
import { findLocations } from '../../../src/node/locations.ts';
import { isTrustedWorkspace } from '../../../src/node/workspaceTrust.ts';

const folder = await realpath(await mkdtemp(join(tmpdir(), 'wharf-trust-')));
const before = { WHARF_HOME: process.env['WHARF_HOME'], CODEX_HOME: process.env['CODEX_HOME'] };
process.env['WHARF_HOME'] = join(folder, 'wharf');
process.env['CODEX_HOME'] = join(folder, 'codex');
const locations = findLocations({ mayRecord: true });
const config = join(folder, 'codex', 'config.toml');
let project: string;
let projects = 0;

beforeEach(async () => {
  project = join(folder, `project${++projects}`);
  await mkdir(join(project, 'src'), { recursive: true });
  await write(config, 'model = "x"\n');
});

after(async () => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
  await rm(folder, { recursive: true });
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function codexSays(...levels: readonly (readonly [string, string])[]): Promise<void> {
  await write(config, levels.map(([path, level]) => `[projects.${JSON.stringify(path)}]\ntrust_level = "${level}"\n`).join(''));
}

const trusts = (path: string, profile: string | null = null): Promise<boolean> => isTrustedWorkspace(locations, path, profile);

test('a folder is trusted where Codex says so of it, and neither those in it nor those around it', async () => {
  assert.equal(await trusts(project), false);
  await codexSays([project, 'trusted']);
  assert.deepEqual([await trusts(project), await trusts(join(project, 'src')), await trusts(folder)], [true, false, false]);
  await codexSays([project, 'untrusted']);
  assert.equal(await trusts(project), false);
});

test('a trusted repository trusts what lies in it, but for what is called untrusted, and no repository in it', async () => {
  await mkdir(join(project, '.git'));
  await codexSays([project, 'trusted']);
  assert.equal(await trusts(join(project, 'src')), false, 'an empty .git makes no repository');
  await write(join(project, '.git', 'HEAD'), 'ref: refs/heads/main\n');
  await write(join(project, 'cloned', '.git', 'HEAD'), 'ref: refs/heads/main\n');
  assert.deepEqual([await trusts(join(project, 'src')), await trusts(join(project, 'cloned'))], [true, false]);
  await codexSays([project, 'trusted'], [join(project, 'src'), 'untrusted']);
  assert.equal(await trusts(join(project, 'src')), false);
});

test('a link is judged by where it leads, and a configuration that Codex cannot read trusts nothing', async () => {
  const link = join(folder, `link${projects}`);
  await symlink(project, link);
  await codexSays([link, 'trusted']);
  assert.deepEqual([await trusts(link), await trusts(project)], [true, true]);
  await write(config, `[projects.${JSON.stringify(project)}]\ntrust_level = "trusted"\n[oops\n`);
  assert.equal(await trusts(project), false);
  await rm(config);
  assert.equal(await trusts(project), false);
});

test('the configuration of Codex is the one that the command line recorded, for a gateway that Codex starts without CODEX_HOME', async () => {
  await codexSays([project, 'trusted']);
  const codexHome = process.env['CODEX_HOME'];
  delete process.env['CODEX_HOME'];
  try {
    assert.equal(await trusts(project), true);
  } finally {
    process.env['CODEX_HOME'] = codexHome;
  }
});

test('a profile that its user allowed makes its own project trusted, and none that has a link to it', async () => {
  const profile = join(project, '.codex', 'profiles', 'dev.yaml');
  const other = join(folder, `other${projects}`);
  await write(profile, 'version: 1\nservers: []\n');
  await mkdir(other);
  await symlink(join(project, '.codex'), join(other, '.codex'));
  assert.equal(await trusts(project), false);
  assert.ok((await allowProfile(locations, profile, 'version: 1\nservers: []\n')).ok);
  assert.deepEqual([await trusts(project), await trusts(join(project, 'src')), await trusts(other)], [true, false, false]);
  const through = join(other, '.codex', 'profiles', 'dev.yaml');
  assert.deepEqual([await trusts(project, profile), await trusts(other, through), await trusts(other, profile)], [true, false, false]);
  await codexSays([project, 'untrusted']);
  assert.deepEqual([await trusts(project), await trusts(project, profile)], [false, true], 'the profile itself was allowed as it is');
  await codexSays();
  await write(profile, 'version: 1\nservers: []\n# changed\n');
  assert.equal(await trusts(project), false);
});
