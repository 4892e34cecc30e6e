import * as vscode from 'vscode';

import { ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import { at } from '../documents.ts';
import { rowOf } from '../views/rows.ts';
import type { Command } from './command.ts';

/** Opens the profile file of a row; a server's row at the line of the server. */
export const openProfileCommand: Command<null> = {
  id: commands.openProfile,
  needsTrust: false,
  run: async (services, argument) => {
    const row = rowOf(argument);
    if (row === undefined) {
      services.messages.warn(vscode.l10n.t('Choose a profile or a server in the view first.'));
      return ok(null);
    }
    const { path } = row.entry.file;
    const line = row.kind === 'profile' ? 1 : row.server.line;
    await vscode.window.showTextDocument(vscode.Uri.file(path), { selection: at({ file: path, line, column: 1 }) });
    return ok(null);
  },
};
