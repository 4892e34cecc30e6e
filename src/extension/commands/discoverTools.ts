import * as vscode from 'vscode';

import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { commands, views } from '../contributions.ts';
import type { ProfileEntry } from '../profiles.ts';
import { remedyButtons } from '../views/remedies.ts';
import type { Command, Services } from './command.ts';
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
      return fail(problems.profileNotAllowed(entry.file.path, entry.file.id, entry.file.isPulled, entry.file.scope === 'user'));
    }
    return discover(services, entry);
  },
};

/**
 * Asks the servers of an allowed profile that were never asked, so that the first thread of Codex has their tools at once.
 * Gives the number of tools; what fails is shown.
 */
export async function discover(services: Services, entry: ProfileEntry): Promise<Result<number>> {
  const answer = await vscode.window.withProgress(
    { location: { viewId: views.profiles }, title: vscode.l10n.t('Asking the servers for their tools') },
    () => services.profiles.ask(entry, true),
  );
  if (!answer.ok) {
    return answer;
  }
  for (const report of answer.value) {
    if (report.state.kind === 'failed') {
      services.messages.problem(report.state.problem, remedyButtons(entry, report));
    }
  }
  return ok(answer.value.reduce((sum, server) => sum + (server.tools?.length ?? 0), 0));
}
