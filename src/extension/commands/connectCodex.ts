import { existsSync } from 'node:fs';
import { join } from 'node:path';

import * as vscode from 'vscode';

import { approvalModes, type ApprovalChoice } from '../../core/codexConfig/gatewayEntry.ts';
import type { ImagesNow } from '../../node/imagesNow.ts';
import { ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import { loadShownLine } from '../lazyPrograms.ts';
import type { ProfileEntry } from '../profiles.ts';
import { writeEntry, type Written } from '../codexEntry.ts';
import { allow, grants, imagesOf, needsAllowing } from './allowProfile.ts';
import type { Command, Services } from './command.ts';
import { discover } from './discoverTools.ts';
import { pickFolder } from './pickFolder.ts';
import { pickProfile } from './pickProfile.ts';

/** What the command did, for a program that called it. */
export interface ConnectOutcome {
  readonly file: string;
  readonly written: Written;
}

/**
 * Makes Codex start Wharf's gateway with a profile. A program may pass `{ profile, approval }`; a profile that is not
 * allowed yet is asked for all the same.
 */
export const connectCodexCommand: Command<ConnectOutcome | null> = {
  id: commands.connectCodex,
  needsTrust: true,
  run: async (services, argument) => {
    const picked = await pickProfile(services, argument, {
      title: vscode.l10n.t('Connect Codex'),
      fits: (entry) => !entry.shadowed,
    });
    if (!picked.ok || picked.value === undefined) {
      return picked.ok ? ok(null) : picked;
    }
    const entry = picked.value;
    if (entry.shadowed) {
      sayShadowed(services, entry);
      return ok(null);
    }
    const folder = entry.file.scope === 'project' ? entry.folder : await pickFolder();
    if (folder === null || folder === undefined) {
      services.messages.noFolder();
      return ok(null);
    }
    // Whoever calls this may answer for the user how tools are approved, but not what may run.
    const given = needsAllowing(entry) ? undefined : givenApproval(argument);
    const images = await imagesOf(services, entry);
    const approval = given ?? (await askForApproval(entry, images));
    if (approval === undefined) {
      return ok(null);
    }
    const file = join(folder.uri.fsPath, '.codex', 'config.toml');
    const written = await writeEntry(services.home, folder.uri.fsPath, entry.file.id, approval);
    if (!written.ok) {
      return written;
    }
    const allowed = await allow(services, entry, images);
    if (!allowed.ok) {
      return allowed;
    }
    report(services, entry, folder, written.value);
    // Codex's first thread then has the tools at once.
    void discover(services, entry);
    return ok({ file, written: written.value });
  },
};

function givenApproval(argument: unknown): ApprovalChoice | undefined {
  const given = typeof argument === 'object' && argument !== null && 'approval' in argument ? argument.approval : undefined;
  return isChoice(given) ? given : undefined;
}

function isChoice(value: unknown): value is ApprovalChoice {
  return typeof value === 'string' && Object.hasOwn(approvalModes, value);
}

interface ApprovalItem extends vscode.QuickPickItem {
  readonly approval?: ApprovalChoice;
}

async function askForApproval(entry: ProfileEntry, images: ImagesNow): Promise<ApprovalChoice | undefined> {
  const items: ApprovalItem[] = [
    {
      approval: 'read-only',
      label: vscode.l10n.t('Only read-only tools run without asking'),
      detail: vscode.l10n.t('Codex asks before every other tool; "codex exec" refuses them.'),
    },
    {
      approval: 'all',
      label: vscode.l10n.t('All tools of this profile run without asking'),
      detail: vscode.l10n.t('Needed for "codex exec" and CI with tools that change something.'),
    },
    {
      approval: 'prompt',
      label: vscode.l10n.t('Ask for every tool'),
      detail: vscode.l10n.t('Codex asks before each call, also of a read-only tool.'),
    },
  ];
  if (needsAllowing(entry)) {
    items.push({ label: vscode.l10n.t('the profile runs'), kind: vscode.QuickPickItemKind.Separator });
    items.push(...grants(entry, images, loadShownLine().shownLine));
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Connect Codex to "{0}"', entry.file.id),
    placeHolder: needsAllowing(entry)
      ? vscode.l10n.t('Which tools may Codex call without asking you? This also allows the profile as it is now.')
      : vscode.l10n.t('Which tools may Codex call without asking you?'),
  });
  return picked?.approval;
}

/** Codex asks for a profile by its id, and would silently get the user's own. */
function sayShadowed(services: Services, entry: ProfileEntry): void {
  const { id, path } = entry.file;
  services.messages.warn(
    vscode.l10n.t(
      'You have a profile "{0}" of your own, and it goes before the one of this project. Rename one of the two files first.',
      id,
    ),
    [{ title: vscode.l10n.t('Open File'), run: () => vscode.window.showTextDocument(vscode.Uri.file(path)) }],
  );
}

function report(services: Services, entry: ProfileEntry, folder: vscode.WorkspaceFolder, written: Written): void {
  const { id } = entry.file;
  const file = vscode.workspace.asRelativePath(join(folder.uri.fsPath, '.codex', 'config.toml'));
  const open = {
    title: vscode.l10n.t('Open File'),
    run: () => vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, '.codex', 'config.toml')),
  };
  const trust = existsSync(join(folder.uri.fsPath, '.git'))
    ? vscode.l10n.t('Codex reads this file once it trusts the repository: it asks at its next start, or run "codex exec --trust".')
    : vscode.l10n.t('Codex reads this file once it trusts this folder: it asks at its next start.');
  switch (written) {
    case 'unchanged':
      services.messages.done(vscode.l10n.t('{0} already connects Codex to the profile "{1}"; nothing was changed.', file, id), [open]);
      return;
    case 'file':
      services.messages.done(
        [
          vscode.l10n.t('Wrote [mcp_servers.MCP_DOCKER] for the profile "{0}" into {1}.', id, file),
          vscode.l10n.t('It names a launcher of this computer, so it is better not committed.'),
          vscode.l10n.t('Codex threads that are running see it after a restart.'),
          trust,
        ].join(' '),
        [open],
      );
      return;
    case 'editor':
      services.messages.warn(
        [
          vscode.l10n.t('{0} has unsaved changes, so the entry for the profile "{1}" was put into the editor: save the file.', file, id),
          vscode.l10n.t('Codex threads that are running see it after a restart.'),
          trust,
        ].join(' '),
        [open],
      );
      return;
  }
}
