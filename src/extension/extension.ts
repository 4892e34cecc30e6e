import * as vscode from 'vscode';

import { compose, type WharfApi } from './compose.ts';
import { Messages } from './messages.ts';

/** VS Code calls this once. It touches no disk, no network and no Docker. */
export function activate(context: vscode.ExtensionContext): WharfApi {
  const log = vscode.window.createOutputChannel('Wharf', { log: true });
  context.subscriptions.push(log);
  const messages = new Messages(log);
  try {
    return compose(context, log, messages);
  } catch (error) {
    // VS Code itself shows nothing when an activation fails.
    messages.bug(vscode.l10n.t('Wharf could not start.'), error);
    throw error;
  }
}
