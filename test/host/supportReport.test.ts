import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeProject } from '../support/projectFolder.ts';
import { until } from '../support/until.ts';
import { openWorkbench, type Workbench } from '../support/workbench.ts';

const demo = 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n';

/** The report that is shown after the command was chosen. */
async function chooseReport(workbench: Workbench): Promise<string> {
  await workbench.chooseCommand('Wharf: Copy Support Report');
  return until(
    () =>
      workbench.evaluate((code) => {
        const document = code.window.activeTextEditor?.document;
        return document?.isUntitled === true && document.languageId === 'markdown' ? document.getText() : undefined;
      }),
    { what: 'the report to be shown', timeoutMs: 60_000 },
  );
}

test('the support report is shown and copied, and without trust nothing of the folder is in it', async (t) => {
  for (const trusted of [false, true]) {
    await t.test(trusted ? 'in a trusted workspace' : 'in a workspace that is not trusted', async (t) => {
      const project = await makeProject({ '.codex/profiles/distinctive.yaml': demo, '.codex/config.toml': 'not TOML' });
      t.after(() => project.remove());
      const workbench = await openWorkbench({ folder: project.folder, trusted });
      t.after(() => workbench.close());
      const report = await chooseReport(workbench);
      assert.match(report, /^# Wharf support report/);
      assert.match(report, /ok +Daemon: it (?:starts|runs)/);
      assert.equal(report.includes('distinctive'), trusted, report);
      assert.equal(report.includes('config.toml is not understood'), trusted, report);
      assert.ok(!report.includes(workbench.home) && !report.includes(project.folder), report);
      assert.equal(await workbench.evaluate(async (code) => await code.env.clipboard.readText()), report);
      await until(async () => (await workbench.notifications()).some((text) => /support report is shown and in the clipboard/.test(text)));
      await workbench.screenshot(`supportReport-${trusted ? 'trusted' : 'untrusted'}`);
    });
  }
});
