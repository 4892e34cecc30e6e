import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import type { WharfApi } from '../../src/extension/compose.ts';
import { makeProject } from '../support/projectFolder.ts';
import { root } from '../support/sharedData.ts';
import { until } from '../support/until.ts';
import { openWorkbench, type Workbench } from '../support/workbench.ts';

/* A folder that knows nothing of Wharf yet. One window; the tests follow a person's path and build on each other. */

const demo = 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n';
const run = promisify(execFile);

let project: Awaited<ReturnType<typeof makeProject>>;
let workbench: Workbench;

before(async () => {
  project = await makeProject({ 'readme.md': '# A project\n' });
  workbench = await openWorkbench({ folder: project.folder });
});

after(async () => {
  await workbench.close();
  await project.remove();
});

function command(...args: readonly string[]): Promise<{ stdout: string }> {
  const env = { HOME: workbench.home, PATH: process.env['PATH'] };
  return run(process.execPath, [join(root, 'dist', 'wharf.cjs'), ...args], { cwd: project.folder, env });
}

function treeShows(text: string): Promise<unknown> {
  // The demo server is shared and stays for a while: whether it runs is not what these tests are about.
  return until(async () => (await workbench.profilesText()).replaceAll('running · ', '') === text, {
    what: `the tree\n${text}`,
    timeoutMs: 45_000,
  }).catch(async (error: unknown) => {
    throw new Error(`The tree shows\n${await workbench.profilesText()}`, { cause: error });
  });
}

test('a folder without a profile offers to make one, which is allowed at once', async () => {
  await workbench.showProfiles();
  assert.match(await workbench.welcomeText(), /built-in demo server: it needs no Docker/);
  await workbench.clickWelcome('Create Profile');
  await workbench.quickInput('Create Profile');
  await workbench.page.keyboard.press('Enter');
  await treeShows('dev — project\n  demo — tools not known yet · built in');
  assert.equal(await readFile(join(project.folder, '.codex', 'profiles', 'dev.yaml'), 'utf8'), demo);
});

test('an existing profile file of the same name is opened and not written', async () => {
  const path = join(project.folder, '.codex', 'profiles', 'dev.yaml');
  await writeFile(path, `# mine\n${demo}`);
  assert.equal(await workbench.executeCommand('wharf.createProfile', { profile: 'dev' }), path);
  assert.equal(await readFile(path, 'utf8'), `# mine\n${demo}`);
  await treeShows('dev — project · not allowed yet\n  demo — built in');
});

test('Allow Profile shows what would run, and allows it', async () => {
  const question = await workbench.askOfRow('dev', 'Allow Profile', 'Allow the profile "dev"?');
  assert.match(await question.innerText(), /demo\s*built in/);
  await workbench.pick('Allow this content');
  await treeShows('dev — project\n  demo — 3 tools · built in');
  await workbench.executeCommand('wharf.allowProfile');
  assert.match((await workbench.notifications())[0] ?? '', /All profiles here are allowed/);
  await workbench.clearNotifications();
});

test('tools that another program discovered appear in the tree without a refresh', async () => {
  await command('tools', 'call', 'add', 'a=1', 'b=2', '--profile', 'dev');
  await treeShows('dev — project\n  demo — 3 tools · built in');
});

test('when the gateway was stopped the window finds the next one by itself', async () => {
  const pid = (text: string): unknown => (JSON.parse(text) as { pid?: unknown }).pid;
  const first = pid((await command('daemon', 'status', '--format', 'json')).stdout);
  await command('daemon', 'stop');
  await until(async () => {
    const now = pid((await command('daemon', 'status', '--format', 'json')).stdout);
    return now !== undefined && now !== first;
  });
  await until(
    () => workbench.evaluate((code) => code.extensions.getExtension<WharfApi>('wharf.wharf')?.exports.gateway.state === 'connected'),
    { what: 'the extension to be connected again' },
  );
  await command('tools', 'call', 'now', '--profile', 'dev');
  await treeShows('dev — project\n  demo — 3 tools · built in');
});

test('with more than one profile Connect Codex asks which', async () => {
  await writeFile(join(project.folder, '.codex', 'profiles', 'review.yaml'), demo);
  await treeShows('dev — project\n  demo — 3 tools · built in\nreview — project · not allowed yet\n  demo — built in');
  await workbench.chooseCommand('Wharf: Connect Codex');
  await workbench.quickInput('Connect Codex');
  await workbench.pick('review');
  const question = await workbench.quickInput('Connect Codex to "review"');
  assert.match(await question.innerText(), /demo\s*built in/);
  await workbench.screenshot('connect');
  await workbench.page.keyboard.press('Escape');
  await treeShows('dev — project\n  demo — 3 tools · built in\nreview — project · not allowed yet\n  demo — built in');
  await rm(join(project.folder, '.codex', 'profiles', 'review.yaml'));
});

test('a server that cannot be asked says so in its row, until its profile changes', async () => {
  const path = join(project.folder, '.codex', 'profiles', 'review.yaml');
  await writeFile(path, 'version: 1\nservers:\n  - image: wharf-test-absent:1\n');
  await command('profile', 'allow', 'review', '--yes');
  await workbench.executeCommand('wharf.discoverTools', { profile: 'review' });
  await treeShows('dev — project\n  demo — 3 tools · built in\nreview — project\n  wharf-test-absent — failed · open network');
  assert.match((await workbench.notifications())[0] ?? '', /wharf-test-absent|Docker does not answer/);
  await workbench.clearNotifications();
  await writeFile(path, `# looked at\n${await readFile(path, 'utf8')}`);
  await command('profile', 'allow', 'review', '--yes');
  await workbench.executeCommand('wharf.refreshProfiles');
  await treeShows('dev — project\n  demo — 3 tools · built in\nreview — project\n  wharf-test-absent — tools not known yet · open network');
  await rm(path);
});

test("a project's profile behind the user's own of the same name is not connected by mistake", async () => {
  const own = join(workbench.home, '.config', 'wharf', 'profiles', 'dev.yaml');
  await mkdir(dirname(own), { recursive: true });
  await writeFile(own, demo);
  await workbench.executeCommand('wharf.refreshProfiles');
  // What the project's server was asked says nothing of one's own.
  await treeShows('dev — yours\n  demo — tools not known yet · built in\ndev — project · hidden by yours\n  demo — 3 tools · built in');
  // A row that is drawn anew between press and release loses the click.
  await until(
    async () => {
      await workbench.clickRowAction('dev', 'Connect Codex', 'hidden by yours');
      return (await workbench.notifications()).some((text) => /goes before the one of this project/.test(text));
    },
    { everyMs: 300 },
  );
  assert.equal(existsSync(join(project.folder, '.codex', 'config.toml')), false);
});

test('nothing threw in the window', () => {
  assert.deepEqual(workbench.pageErrors, []);
});
