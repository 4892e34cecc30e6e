import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { makeProject } from '../support/projectFolder.ts';
import { root } from '../support/sharedData.ts';
import { until } from '../support/until.ts';
import { openWorkbench } from '../support/workbench.ts';

const run = promisify(execFile);

const profile = `version: 1
servers:
  - catalog_ref: builtin
    name: demo
  - image: x/web:1
    secrets: [{ name: web.token, env: TOKEN }]
    wharf: { alias: web, network: learn }
`;

test('in a workspace that is not trusted nothing is read, started or written, and the view says why', async (t) => {
  const config = '[mcp_servers.a]\ncommand = "a"\ntimeout = 3\n';
  const project = await makeProject({
    '.codex/profiles/dev.yaml': profile,
    '.codex/config.toml': config,
  });
  t.after(() => project.remove());
  const workbench = await openWorkbench({ folder: project.folder, trusted: false });
  t.after(() => workbench.close());
  assert.equal(await workbench.evaluate((code) => code.workspace.isTrusted), false);
  await workbench.showProfiles();
  const welcome = await workbench.welcomeText();
  for (const words of [
    /In a trusted workspace/,
    /servers are started/,
    /images .* pulled/,
    /secrets and folders/,
    /nothing here is read or run/,
  ]) {
    assert.match(welcome, words);
  }
  assert.equal(await workbench.profilesText(), '');
  for (const command of [
    'wharf.connectCodex',
    'wharf.allowProfile',
    'wharf.discoverTools',
    'wharf.createProfile',
    'wharf.signIn',
    'wharf.relaxServer',
    'wharf.pinHosts',
    'wharf.refreshProfiles',
  ]) {
    assert.equal(await workbench.executeCommand(command, { profile: 'dev', server: 'web', approval: 'all' }), null, command);
  }
  assert.equal(await readFile(join(project.folder, '.codex', 'config.toml'), 'utf8'), config);
  const refusal = /not trusted.*reads no profile.*runs no server, pulls no image, gives out no secret/;
  await until(async () => (await workbench.notifications()).some((text) => refusal.test(text)), { what: 'the refusal' });
  await workbench.screenshot('untrusted');

  await t.test('a secret of the user can be set, and nothing that the project wants is shown for it', async () => {
    await workbench.clearNotifications();
    await workbench.chooseCommand('Wharf: Set Secret');
    const asked = await workbench.quickInput('Set Secret');
    assert.match(await asked.innerText(), /The name of the secret/);
    assert.doesNotMatch(await asked.innerText(), /web\.token/);
    await workbench.answer('Set Secret', 'mine');
    await workbench.pick('A passphrase');
    const passphrase = randomBytes(9).toString('hex');
    await workbench.answer('Make a Vault for Secrets', passphrase);
    await (await workbench.quickInput('Make a Vault for Secrets')).filter({ hasText: 'once more' }).waitFor();
    await workbench.answer('Make a Vault for Secrets', passphrase);
    await workbench.pick('1 hour');
    await workbench.answer('Set Secret', randomBytes(9).toString('hex'));
    await until(async () => (await workbench.notifications()).some((text) => text.startsWith('Stored the secret mine')));
  });

  await t.test('the daemon serves nobody, and runs nothing', async () => {
    const env = { HOME: workbench.home, PATH: process.env['PATH'] };
    const { stdout } = await run(process.execPath, [join(root, 'dist', 'wharf.cjs'), 'daemon', 'status', '--format', 'json'], { env });
    const { sessions, instances } = JSON.parse(stdout) as { sessions: readonly unknown[]; instances: readonly unknown[] };
    assert.deepEqual({ sessions, instances }, { sessions: [], instances: [] });
  });

  await t.test('the support report has nothing of the folder', async () => {
    const report = await workbench.supportReport();
    assert.match(report, /^# Wharf support report/);
    assert.match(report, /ok +Daemon: it (?:starts|runs)/);
    for (const word of ['Profile dev', 'x/web', 'web.token', 'mcp_servers', workbench.home, project.folder]) {
      assert.ok(!report.includes(word), `${word}\n${report}`);
    }
    assert.equal(await workbench.evaluate(async (code) => await code.env.clipboard.readText()), report);
    await workbench.screenshot('supportReport-untrusted');
  });
});
