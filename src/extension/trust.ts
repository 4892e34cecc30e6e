import * as vscode from 'vscode';

import type { Messages } from './messages.ts';

/** Files of a workspace that is not trusted start nothing and are granted nothing. */
export function isTrusted(): boolean {
  return vscode.workspace.isTrusted;
}

/** Says why a command does nothing in a workspace that is not trusted, and offers to change that. */
export function explainMissingTrust(messages: Messages): void {
  messages.warn(
    vscode.l10n.t(
      'This workspace is not trusted, so Wharf reads no profile of it, runs no server, pulls no image, gives out no secret and writes no file for it.',
    ),
    [{ title: vscode.l10n.t('Manage Trust'), run: () => vscode.commands.executeCommand('workbench.trust.manage') }],
  );
}
