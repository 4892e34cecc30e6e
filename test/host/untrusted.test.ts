import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { makeProject } from '../support/projectFolder.ts';
import { openWorkbench } from '../support/workbench.ts';

test('in a workspace that is not trusted nothing is read, started or written, and the view says why', async (t) => {
  const config = '[mcp_servers.a]\ncommand = "a"\ntimeout = 3\n';
  const project = await makeProject({
    '.codex/profiles/dev.yaml': 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n',
    '.codex/config.toml': config,
  });
  t.after(() => project.remove());
  const workbench = await openWorkbench({ folder: project.folder, trusted: false });
  t.after(() => workbench.close());
  assert.equal(await workbench.evaluate((code) => code.workspace.isTrusted), false);
  await workbench.showProfiles();
  assert.match(await workbench.welcomeText(), /needs a trusted workspace/);
  assert.equal(await workbench.profilesText(), '');
  for (const command of ['wharf.connectCodex', 'wharf.allowProfile', 'wharf.discoverTools', 'wharf.createProfile']) {
    assert.equal(await workbench.executeCommand(command, { profile: 'dev', approval: 'all' }), null, command);
  }
  assert.equal(await readFile(join(project.folder, '.codex', 'config.toml'), 'utf8'), config);
  const messages = await workbench.notifications();
  assert.match(messages[0] ?? '', /not trusted/);
});
