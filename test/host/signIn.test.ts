import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { serveGuarded } from '../gateway/oauth/guardedServer.ts';
import { startOauthServer } from '../support/oauthServer.ts';
import { makeProject } from '../support/projectFolder.ts';
import { root } from '../support/sharedData.ts';
import { until } from '../support/until.ts';
import { openWorkbench } from '../support/workbench.ts';

const run = promisify(execFile);

test('a person signs in to a remote server from its row, in their browser', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const profile = `version: 1\nservers:\n  - name: far\n    type: remote\n    endpoint: ${server.url}\n`;
  const project = await makeProject({ '.codex/profiles/dev.yaml': profile });
  t.after(() => project.remove());
  const workbench = await openWorkbench({ folder: project.folder });
  t.after(() => workbench.close());
  const env = { HOME: workbench.home, PATH: process.env['PATH'] };
  const wharf = join(root, 'dist', 'wharf.cjs');
  await run(process.execPath, [wharf, 'secret', 'init', '--key-file', join(workbench.home, 'key')], { cwd: project.folder, env });
  await run(process.execPath, [wharf, 'profile', 'allow', 'dev', '--yes', '--no-discover'], {
    cwd: project.folder,
    env,
  });
  await workbench.showProfiles();
  await workbench.executeCommand('wharf.discoverTools', { profile: 'dev' });
  await until(async () => /far — failed/.test(await workbench.profilesText()), { what: 'the row of a server that wants a login' });
  await workbench.clearNotifications();

  const browser = workbench.page.context().waitForEvent('page', { timeout: 20_000 });
  const row = workbench.profileRow('far');
  const tooltip = workbench.page.locator('.monaco-hover').getByText('What its tools are given is sent to');
  await until(
    async () => {
      // A tree that is drawn anew under the pointer shows none until it moves.
      await workbench.page.mouse.move(800, 400);
      await row.hover();
      return tooltip.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => undefined,
      );
    },
    { timeoutMs: 30_000, what: 'the tooltip of the row' },
  );
  await row.getByRole('button', { name: 'Sign In to Server' }).click();
  const page = await browser;
  // VS Code in a browser wants to forward the port of this computer's authorization server, and the bare server has nothing that does.
  await page.waitForURL(/response_type=code/);
  await page.goto(page.url().replace(/^http:\/\/127\.0\.0\.1:\d+\/proxy\/(\d+)\//, 'http://127.0.0.1:$1/'));
  await page.getByText('You can close this window').waitFor();
  await until(async () => (await workbench.notifications()).some((text) => text.startsWith('You are signed in to far')), {
    what: 'word of the login',
  });
  await until(async () => /far — .*\d+ tools/.test(await workbench.profilesText()), { what: 'the tools of the server' });
  assert.equal(await oauth.grants('authorization_code'), 1);
  assert.deepEqual(workbench.pageErrors, []);
});
