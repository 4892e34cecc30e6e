import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { LearnedHosts } from '../../src/gateway/egress/learnedHosts.ts';
import { isImageGranted } from '../../src/node/allowances.ts';
import { findLocations } from '../../src/node/locations.ts';
import { makeProject } from '../support/projectFolder.ts';
import { root } from '../support/sharedData.ts';
import { until } from '../support/until.ts';
import { openWorkbench, type Workbench } from '../support/workbench.ts';

/* One window for all of these: its start takes most of the time. The tests follow a person's path and build on each other. */

const wharf = join(root, 'dist', 'wharf.cjs');
const run = promisify(execFile);

const notes = `version: 1
servers:
  - name: notes
    wharf:
      native:
        command: ${JSON.stringify(process.execPath)}
        args: [${JSON.stringify(join(root, 'dist', 'demoServer.cjs'))}]
        env: { TOKEN: "secret://notes.token", OTHER: "secret://notes.other" }
`;

const net = `version: 1
servers:
  - image: x/web:1
    wharf: { alias: web, network: learn }
  - image: x/all:1
    secrets: [{ name: all.token, env: TOKEN }]
    wharf:
      alias: all
      network: open
      mounts: ["~/data:/data:rw"]
      capAdd: [SETUID]
      user: root
      tmpfs: [/var/cache/app]
      output: off
  - image: x/db:1
    allowHosts: [db.test:5432]
    wharf: { alias: db, network: declared }
`;

let project: Awaited<ReturnType<typeof makeProject>>;
let workbench: Workbench;
const passphrase = randomBytes(9).toString('hex');
const value = `canary-${randomBytes(12).toString('hex')}`;

before(async () => {
  project = await makeProject({ '.codex/profiles/dev.yaml': notes, '.codex/profiles/net.yaml': net });
  workbench = await openWorkbench({ folder: project.folder, env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } });
  await command('profile', 'allow', 'dev', '--yes', '--no-discover');
});

after(async () => {
  await workbench.close();
  await project.remove();
});

function command(...args: readonly string[]): Promise<{ stdout: string }> {
  const env = { HOME: workbench.home, PATH: process.env['PATH'] };
  return run(process.execPath, [wharf, ...args], { cwd: project.folder, env });
}

function rowShows(name: string, text: string | RegExp): Promise<unknown> {
  const shows = async (): Promise<string> => {
    const line = (await workbench.profilesText()).split('\n').find((each) => each.trim().startsWith(`${name} `));
    return line?.trim().replace(`${name} — `, '') ?? '';
  };
  return until(async () => (typeof text === 'string' ? (await shows()) === text : text.test(await shows())), {
    what: `the row of ${name} to show ${String(text)}`,
  }).catch(async (error: unknown) => {
    throw new Error(`The tree shows\n${await workbench.profilesText()}`, { cause: error });
  });
}

test('a server whose secrets are not set says so, to a screen reader too', async () => {
  await workbench.showProfiles();
  await rowShows('notes', '2 secrets missing · runs as you, outside any container');
  const label = (await workbench.profilesLabels()).find((text) => text.startsWith('notes server'));
  assert.match(label ?? '', /notes server, stopped, 2 secrets missing, tools not known yet, runs as you, outside any container/);
  await workbench.screenshot('secrets-missing');
});

test('its row leads to the secret, a vault with a passphrase is made on the way, and nothing typed is shown', async () => {
  await workbench.askOfRow('notes', 'Set Secret', 'Set Secret');
  await workbench.screenshot('secrets-choose');
  await workbench.pick('notes.token');
  await workbench.quickInput('Make a Vault for Secrets');
  await workbench.screenshot('secrets-keeper');
  await workbench.pick('A passphrase');
  assert.equal(await workbench.answer('Make a Vault for Secrets', passphrase), true);
  const again = (await workbench.quickInput('Make a Vault for Secrets')).filter({ hasText: 'once more' });
  await again.waitFor();
  assert.equal(await workbench.answer('Make a Vault for Secrets', passphrase), true);
  await workbench.pick('8 hours');
  await workbench.quickInput('Set Secret');
  await workbench.screenshot('secrets-value');
  assert.equal(await workbench.answer('Set Secret', value), true);
  await rowShows('notes', /1 secret missing/);
  assert.match((await workbench.notifications()).join('\n'), /Stored the secret notes\.token/);
  const { stdout } = await command('secret', 'ls', '--format', 'json');
  assert.deepEqual(JSON.parse(stdout), [{ name: 'notes.token', provider: 'wharf' }]);
  await workbench.clearNotifications();
});

test('with its last secret the server is asked for its tools', async () => {
  await workbench.askOfRow('notes', 'Set Secret', 'Set Secret');
  await workbench.pick('notes.other');
  await workbench.answer('Set Secret', 'other');
  await rowShows('notes', /3 tools · runs as you/);
  await workbench.clearNotifications();
});

test('a locked vault is said, and the row unlocks it, after a wrong passphrase too', async () => {
  assert.equal(await workbench.executeCommand('wharf.lockVault'), true);
  await rowShows('notes', /vault locked/);
  await workbench.screenshot('secrets-locked');
  await workbench.askOfRow('notes', 'Unlock Vault', 'Unlock Vault');
  assert.equal(await workbench.answer('Unlock Vault', 'wrong'), true);
  await workbench.pick('1 hour');
  await (await workbench.quickInput('Unlock Vault')).filter({ hasText: 'does not open the vault' }).waitFor();
  await workbench.answer('Unlock Vault', passphrase);
  await workbench.pick('1 hour');
  await until(async () => !(await workbench.profilesText()).includes('vault locked'));
  const { stdout } = await command('secret', 'status', '--format', 'json');
  assert.equal((JSON.parse(stdout) as { kind: string }).kind, 'open');
});

test('from the palette a secret of any name is set, and a locked vault is unlocked on the way', async () => {
  await command('secret', 'lock');
  await workbench.chooseCommand('Wharf: Set Secret');
  await workbench.pick('Another name…');
  await workbench.answer('Set Secret', 'mine.own');
  await workbench.answer('Unlock Vault', passphrase);
  await workbench.pick('8 hours');
  await workbench.answer('Set Secret', value);
  await until(async () => (await command('secret', 'ls')).stdout.includes('mine.own'));
});

test('no file of VS Code, of the project and of Wharf has a value that was typed', () => {
  const files = [workbench.home, join(workbench.home, '..'), project.folder].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const found = files
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .filter((path) => [value, passphrase].some((text) => readFileSync(path, 'latin1').includes(text)));
  assert.deepEqual(found, []);
});

test('what a profile asks for is listed one by one before it is allowed', async () => {
  void workbench.executeCommand('wharf.allowProfile', { profile: 'net' });
  const list = await workbench.quickInput('Allow the profile "net"?');
  await list.getByText('Read the file first').waitFor();
  await workbench.screenshot('allow-everything');
  await workbench.page.keyboard.press('Escape');
});

test('hosts that a server learned are pinned from its row, on consent, and the profile stays allowed', async () => {
  await command('profile', 'allow', 'net', '--yes', '--no-discover');
  const file = join(project.folder, '.codex', 'profiles', 'net.yaml');
  const learned = new LearnedHosts(findLocations({ mayRecord: false, env: { HOME: workbench.home }, home: workbench.home }).dataFolder);
  for (const host of ['api.test', 'files.test']) {
    learned.record(await realpath(file), 'web', { host, port: 443, outcome: 'opened', sent: 0, received: 0 });
  }
  learned.flush();
  await workbench.executeCommand('wharf.refreshProfiles');
  await rowShows('web', '2 hosts to pin · open network, learns its hosts');
  await workbench.screenshot('marks');
  // A row that is drawn anew between press and release loses the click.
  await until(
    async () => {
      await workbench.clickRowAction('web', 'Pin Hosts');
      return workbench.page.locator('.quick-input-widget:visible').isVisible();
    },
    { what: 'the list of hosts', everyMs: 1_000 },
  );
  const list = await workbench.quickInput('Let web reach these hosts and no others?');
  for (const host of ['api.test:443', 'files.test:443']) {
    await list.getByText(host).waitFor();
  }
  await workbench.screenshot('pin');
  await workbench.pick('Pin These Hosts');
  await rowShows('web', 'tools not known yet · only 2 hosts');
  const text = await readFile(file, 'utf8');
  assert.equal(
    text,
    net.replace(
      'wharf: { alias: web, network: learn }',
      'wharf: { alias: web, network: declared, privateHosts: [] }\n    allowHosts: [api.test:443, files.test:443]',
    ),
  );
  assert.doesNotMatch(await workbench.profilesText(), /not allowed/);
});

test('a server whose image changed since it was allowed is marked, and allowed again from its row', async () => {
  const locations = findLocations({ mayRecord: false, env: { HOME: workbench.home }, home: workbench.home });
  const file = join(project.folder, '.codex', 'profiles', 'net.yaml');
  for (const id of ['sha256:old', 'sha256:new']) {
    await isImageGranted(locations, file, 'web', { image: 'x/web:1', id });
  }
  await workbench.executeCommand('wharf.refreshProfiles');
  await rowShows('web', 'image changed · only 2 hosts');
  await rowShows('net', 'project · 1 image changed');
  await workbench.screenshot('image-changed');
  const list = await workbench.askOfRow('web', 'Allow Profile', 'Allow the profile "net"?');
  assert.equal(await list.locator('input[type="text"]').first().getAttribute('placeholder'), 'The images of these servers changed: web');
  await workbench.pick('Allow this content');
  await rowShows('net', 'project');
});

test('the support report is shown and copied, and nothing that was typed is in it', async () => {
  await workbench.clearNotifications();
  const report = await workbench.supportReport();
  assert.match(report, /^# Wharf support report/);
  assert.match(report, /Profile dev/);
  for (const word of [value, passphrase, workbench.home, project.folder]) {
    assert.ok(!report.includes(word), report);
  }
  assert.equal(await workbench.evaluate(async (code) => await code.env.clipboard.readText()), report);
  await workbench.screenshot('supportReport');
});

test('nothing threw in the window', () => {
  assert.deepEqual(workbench.pageErrors, []);
});
