import * as vscode from 'vscode';

import { problems } from '../../core/problems.ts';
import { fail, ok } from '../../shared/result.ts';
import { commands, views } from '../contributions.ts';
import type { Command } from './command.ts';
import { pickProfile } from './pickProfile.ts';

/** Starts the servers of an allowed profile that were never asked, asks for their tools, and stops them. Gives the number of tools. */
export const discoverToolsCommand: Command<number> = {
  id: commands.discoverTools,
  needsTrust: true,
  run: async (services, argument) => {
    const picked = await pickProfile(services, argument, {
      title: vscode.l10n.t('Discover Tools'),
      fits: (entry) => entry.file.allowed,
      none: vscode.l10n.t('No profile here is allowed yet, so none of their servers may start. Use "Wharf: Allow Profile" first.'),
    });
    if (!picked.ok || picked.value === undefined) {
      return picked.ok ? ok(0) : picked;
    }
    const entry = picked.value;
    if (!entry.file.allowed) {
      return fail(problems.profileNotAllowed(entry.file.path, entry.file.id));
    }
    const answer = await vscode.window.withProgress(
      { location: { viewId: views.profiles }, title: vscode.l10n.t('Asking the servers for their tools') },
      () => services.profiles.ask(entry, true),
    );
    if (!answer.ok) {
      return answer;
    }
    const failed = answer.value.flatMap((server) => (server.state.kind === 'failed' ? [server.state.problem] : []));
    for (const problem of failed) {
      services.messages.problem(problem);
    }
    return ok(answer.value.reduce((sum, server) => sum + (server.tools?.length ?? 0), 0));
  },
};
