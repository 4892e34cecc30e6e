import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import type { CodeAction } from 'vscode';

import type { WharfApi } from '../../src/extension/compose.ts';
import { makeProject } from '../support/projectFolder.ts';
import { root } from '../support/sharedData.ts';
import { until } from '../support/until.ts';
import { openWorkbench, type Workbench } from '../support/workbench.ts';

/* One window for all of these: its start takes most of the time. The tests follow a person's path and build on each other. */

const demo = 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n';
const config =
  '\uFEFF# Kept to the byte.\r\nmodel = "gpt-5.5"   # as it is\r\n\r\n[mcp_servers.docs]\r\ncommand = "docs"\r\nstartup_timeout = 5\r\n';
const wharf = join(root, 'dist', 'wharf.cjs');
const run = promisify(execFile);

let project: Awaited<ReturnType<typeof makeProject>>;
let workbench: Workbench;

before(async () => {
  project = await makeProject({ '.codex/profiles/dev.yaml': demo, '.codex/config.toml': config });
  workbench = await openWorkbench({ folder: project.folder });
});

after(async () => {
  await workbench.close();
  await project.remove();
});

function command(...args: readonly string[]): Promise<{ stdout: string }> {
  const env = { HOME: workbench.home, PATH: process.env['PATH'] };
  return run(process.execPath, [wharf, ...args], { cwd: project.folder, env });
}

function treeShows(text: string): Promise<unknown> {
  // The demo server is shared and stays for a while: whether it runs is not what these tests are about.
  return until(async () => (await workbench.profilesText()).replaceAll('running · ', '') === text, { what: `the tree\n${text}` }).catch(
    async (error: unknown) => {
      throw new Error(`The tree shows\n${await workbench.profilesText()}`, { cause: error });
    },
  );
}

test('the extension activates without its heavy parts and without a daemon', async (t) => {
  const facts = await workbench.evaluate(async (code) => {
    const extension = code.extensions.getExtension<WharfApi>('wharf.wharf');
    const before = process.cpuUsage();
    const api = await extension?.activate();
    const { user, system } = process.cpuUsage(before);
    return { version: api?.version, gateway: api?.gateway.state, cpuMs: (user + system) / 1000 };
  });
  t.diagnostic(`loading and activation took ${facts.cpuMs.toFixed(1)} ms of processor time`);
  assert.deepEqual({ version: facts.version, gateway: facts.gateway }, { version: '0.1.0', gateway: 'idle' });
  const files = await workbench.evaluate((_code, dist, loaded) => loaded.filter((file) => file.startsWith(dist)), join(root, 'dist'));
  assert.deepEqual(files, [join(root, 'dist', 'extension.cjs')]);
  const { stdout } = await command('daemon', 'status', '--format', 'json');
  assert.equal((JSON.parse(stdout) as { running: boolean }).running, false);
});

test('the tree shows a project profile that came with the folder as not allowed, and starts nothing of it', async () => {
  await workbench.showProfiles();
  await treeShows('dev — project · not allowed yet\n  demo — built in');
  const { stdout } = await command('daemon', 'status', '--format', 'json');
  const { sessions } = JSON.parse(stdout) as { sessions?: readonly unknown[] };
  assert.deepEqual(sessions ?? [], []);
});

test('Connect Codex, chosen by a person, adds one table and leaves every other byte', async () => {
  await workbench.chooseCommand('Wharf: Connect Codex');
  await workbench.quickInput(/Connect Codex to "dev"/);
  await workbench.pick('Only read-only tools run without asking');
  const file = join(project.folder, '.codex', 'config.toml');
  const text = await until(async () => {
    const now = await readFile(file, 'utf8');
    return now === config ? undefined : now;
  });
  assert.equal(text.slice(0, config.length), config);
  const launcher = join(workbench.home, '.local', 'share', 'wharf', 'bin', 'wharf');
  assert.equal(
    text.slice(config.length),
    [
      '',
      '[mcp_servers.MCP_DOCKER]',
      `command = "${launcher}"`,
      'args = ["gateway", "run", "--profile", "dev"]',
      'startup_timeout_sec = 60',
      'tool_timeout_sec = 300',
      'default_tools_approval_mode = "writes"',
      '',
    ].join('\r\n'),
  );
  const messages = await workbench.notifications();
  assert.match(messages[0] ?? '', /Wrote \[mcp_servers\.MCP_DOCKER\] for the profile "dev"/);
  await workbench.clearNotifications();
});

test('connecting again changes nothing, and connecting in another way changes one value', async () => {
  const file = join(project.folder, '.codex', 'config.toml');
  const text = await readFile(file, 'utf8');
  const again = await workbench.executeCommand('wharf.connectCodex', { profile: 'dev', approval: 'read-only' });
  assert.deepEqual(again, { file, written: 'unchanged' });
  assert.equal(await readFile(file, 'utf8'), text);
  await workbench.executeCommand('wharf.connectCodex', { profile: 'dev', approval: 'all' });
  assert.equal(await readFile(file, 'utf8'), text.replace('"writes"', '"approve"'));
});

test('an allowed profile shows its tools after they were discovered', async () => {
  assert.equal(await workbench.executeCommand('wharf.discoverTools', { profile: 'dev' }), 3);
  await treeShows('dev — project\n  demo — 3 tools · built in');
  await workbench.expandRow('demo');
  await treeShows('dev — project\n  demo — 3 tools · built in\n    add — Add\n    count_words — Count words\n    now — Now');
  assert.deepEqual((await workbench.profilesLabels())[1], 'demo server, stopped, 3 tools, built in');
});

test('a call through the gateway appears live in the inspector, with its arguments and its result', async () => {
  await workbench.executeCommand('wharf.openInspector');
  const inspector = workbench.inspector();
  await inspector.getByText('No call yet').waitFor();
  await command('tools', 'call', 'add', 'a=19', 'b=23', '--profile', 'dev');
  const row = inspector.getByRole('row').filter({ hasText: 'add' });
  await row.filter({ hasText: 'ok' }).waitFor();
  const text = await row.innerText();
  for (const part of ['wharf-cli 0.1.0', 'demo', 'add', 'ok', 'ms']) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  await row.click();
  await inspector.getByText('42', { exact: true }).first().waitFor();
  const page = await inspector.locator('body').innerText();
  assert.match(page, /"a": 19/);
  assert.match(page, /"b": 23/);
  await workbench.screenshot('inspector');
});

test('the profile file changed on disk: it is not allowed any more, and its tools are not offered', async () => {
  await writeFile(join(project.folder, '.codex', 'profiles', 'dev.yaml'), `${demo}# changed by a pull\n`);
  await treeShows('dev — project · not allowed yet\n  demo — built in');
  await assert.rejects(command('tools', 'ls', '--profile', 'dev'), /WHARF_PROFILE_NOT_ALLOWED/);
});

test('a profile that does not parse is shown with its line', async () => {
  await writeFile(join(project.folder, '.codex', 'profiles', 'dev.yaml'), 'version: 1\nservers: [\n');
  await until(async () =>
    (await workbench.profilesLabels()).some((label) => /^dev profile, cannot be read, line \d+: The profile is not valid YAML/.test(label)),
  );
  await writeFile(join(project.folder, '.codex', 'profiles', 'dev.yaml'), demo);
  await treeShows('dev — project\n  demo — 3 tools · built in');
});

test('a configuration that does not parse gives one sentence with its place, and stays as it is', async () => {
  const file = join(project.folder, '.codex', 'config.toml');
  const good = await readFile(file, 'utf8');
  const broken = '# broken\ncommand: "node"\n';
  await writeFile(file, broken);
  assert.equal(await workbench.executeCommand('wharf.connectCodex', { profile: 'dev', approval: 'all' }), null);
  const messages = await workbench.notifications();
  assert.match(messages[0] ?? '', /^\.codex\/config\.toml:2: The file is not valid TOML/);
  assert.equal(await readFile(file, 'utf8'), broken);
  await workbench.clearNotifications();
  await writeFile(file, good);
});

test('the editor knows the language of the file, reports a misspelt key, and its quick fix repairs the text', async () => {
  const found = await workbench.evaluate(
    async (code, path) => {
      const document = await code.workspace.openTextDocument(code.Uri.file(path));
      await code.window.showTextDocument(document);
      const end = Date.now() + 10_000;
      while (code.languages.getDiagnostics(document.uri).length === 0 && Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const problems = code.languages.getDiagnostics(document.uri);
      const [first] = problems;
      const actions =
        first === undefined
          ? []
          : await code.commands.executeCommand<CodeAction[]>('vscode.executeCodeActionProvider', document.uri, first.range, 'quickfix');
      const fix = actions.find((action) => action.isPreferred);
      if (fix?.edit !== undefined) {
        await code.workspace.applyEdit(fix.edit);
      }
      return {
        language: document.languageId,
        problems: problems.map(({ code: rule, source, range }) => ({ rule, source, line: range.start.line })),
        title: fix?.title,
        text: document.getText(),
      };
    },
    join(project.folder, '.codex', 'config.toml'),
  );
  assert.equal(found.language, 'codex-toml');
  assert.deepEqual(found.problems, [{ rule: 'unknown-server-key', source: 'wharf', line: 5 }]);
  assert.match(found.title ?? '', /startup_timeout_sec/);
  assert.match(found.text, /\r\nstartup_timeout_sec = 5\r\n/);
});

test('with unsaved changes in the editor the entry goes into the editor and not into the file', async () => {
  const file = join(project.folder, '.codex', 'config.toml');
  const onDisk = await readFile(file, 'utf8');
  const outcome = await workbench.executeCommand('wharf.connectCodex', { profile: 'dev', approval: 'prompt' });
  assert.deepEqual(outcome, { file, written: 'editor' });
  assert.equal(await readFile(file, 'utf8'), onDisk);
  const text = await workbench.evaluate(
    (code, path) => code.workspace.textDocuments.find(({ uri }) => uri.fsPath === path)?.getText(),
    file,
  );
  assert.match(text ?? '', /default_tools_approval_mode = "prompt"/);
});

test('nothing threw in the window', () => {
  assert.deepEqual(workbench.pageErrors, []);
});
