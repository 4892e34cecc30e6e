import * as vscode from 'vscode';

import type { ServerReport } from '../../shared/servers.ts';
import { commands, type CommandId } from '../contributions.ts';
import type { MessageButton } from '../messages.ts';
import type { ProfileEntry } from '../profiles.ts';
import type { ServerRow } from './rows.ts';

/** What helps a server that does not start, and a person has to do. */
export type Remedy = 'signIn' | 'setSecret' | 'unlock' | 'relax' | 'allowAgain';

/** Undefined where nothing is known that would help, or nothing is needed. */
export function remedyOf(entry: ProfileEntry, report: ServerReport | undefined): Remedy | undefined {
  const code = report?.state.kind === 'failed' ? report.state.problem.code : undefined;
  if (code === 'WHARF_LOGIN_NEEDED') {
    return 'signIn';
  }
  if (code === 'WHARF_IMAGE_CHANGED' || (report !== undefined && entry.file.changedImages.includes(report.name))) {
    return 'allowAgain';
  }
  const { missing = [], isLocked = false } = report?.secrets ?? {};
  if (missing.length > 0) {
    return 'setSecret';
  }
  if (isLocked || code === 'WHARF_VAULT_LOCKED') {
    return 'unlock';
  }
  if (code === 'WHARF_SECRET_FOR_SERVER' && report?.secrets !== undefined) {
    return 'setSecret';
  }
  return code === 'WHARF_SERVER_NEEDS' ? 'relax' : undefined;
}

/** The button that does what helps, for the message that says what failed. */
export function remedyButtons(entry: ProfileEntry, report: ServerReport): readonly MessageButton[] {
  const remedy = remedyOf(entry, report);
  const servers = entry.file.profile.ok ? entry.file.profile.value.servers : [];
  const server = servers.find(({ name }) => name === report.name);
  if (remedy === undefined || server === undefined) {
    return [];
  }
  const [title, command] = buttonOf(remedy);
  const row: ServerRow = { kind: 'server', entry, server, report };
  return [{ title, run: () => vscode.commands.executeCommand(command, row) }];
}

function buttonOf(remedy: Remedy): readonly [title: string, command: CommandId] {
  switch (remedy) {
    case 'signIn':
      return [vscode.l10n.t('Sign In'), commands.signIn];
    case 'setSecret':
      return [vscode.l10n.t('Set Secret'), commands.setSecret];
    case 'unlock':
      return [vscode.l10n.t('Unlock Vault'), commands.unlockVault];
    case 'relax':
      return [vscode.l10n.t('Show What It Needs'), commands.relaxServer];
    case 'allowAgain':
      return [vscode.l10n.t('Allow Again'), commands.allowProfile];
  }
}
