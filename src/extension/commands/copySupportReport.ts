import { homedir } from 'node:os';

import * as vscode from 'vscode';

import * as problems from '../../core/problems.ts';
import { runTool } from '../../node/runTool.ts';
import { fail, ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import { isTrusted } from '../trust.ts';
import type { Command } from './command.ts';

/** The daemon may have to be started, and Docker and Codex may be slow to answer. */
const patienceMs = 120_000;

/** Shows the report of "wharf doctor" and copies it. Of a workspace that is not trusted nothing is read. */
export const copySupportReportCommand: Command<string> = {
  id: commands.copySupportReport,
  needsTrust: false,
  run: async ({ home, messages }) => {
    const folder = isTrusted() ? vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath : undefined;
    const { node, script } = home.program;
    const outcome = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Looking at Wharf, Docker and Codex') },
      () =>
        runTool({
          command: node,
          args: [script, 'doctor', '--report', '-', ...(folder === undefined ? ['--no-project'] : [])],
          env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
          cwd: folder ?? homedir(),
          input: '',
          timeoutMs: patienceMs,
        }),
    );
    // Code 1 is a report of something that is wrong.
    if (outcome.kind === 'failed' || outcome.code === null || outcome.code > 1) {
      return fail(problems.reportFailed(outcome.kind === 'failed' ? outcome.reason : outcome.stderr));
    }
    const text = outcome.stdout.toString('utf8');
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: text, language: 'markdown' }), {
      preview: false,
    });
    await vscode.env.clipboard.writeText(text);
    messages.done(vscode.l10n.t('The support report is shown and in the clipboard. Look it through before you attach it to an issue.'));
    return ok(text);
  },
};
