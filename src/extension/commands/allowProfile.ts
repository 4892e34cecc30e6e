import * as vscode from 'vscode';

import { isLoose } from '../../core/profile/grants.ts';
import { allowProfile } from '../../node/allowances.ts';
import { ok, type Result } from '../../shared/result.ts';
import { visibleText } from '../../shared/visibleText.ts';
import { commands } from '../contributions.ts';
import type { ProfileEntry } from '../profiles.ts';
import { grantOf, reachOf, sharingOf } from '../views/describe.ts';
import type { Command, Services } from './command.ts';
import { discover } from './discoverTools.ts';
import { pickProfile } from './pickProfile.ts';

/** Shows what a project's profile would run, and remembers that the user allowed exactly this content. */
export const allowProfileCommand: Command<boolean> = {
  id: commands.allowProfile,
  needsTrust: true,
  run: async (services, argument) => {
    const picked = await pickProfile(services, argument, {
      title: vscode.l10n.t('Allow Profile'),
      fits: (entry) => !entry.file.allowed,
      none: vscode.l10n.t('All profiles here are allowed as they are.'),
    });
    if (!picked.ok || picked.value === undefined) {
      return picked.ok ? ok(false) : picked;
    }
    const entry = picked.value;
    if (!entry.file.allowed && !(await confirmed(entry))) {
      return ok(false);
    }
    const allowed = await allow(services, entry);
    if (allowed.ok) {
      // Codex's first thread then has the tools at once.
      void discover(services, entry);
    }
    return allowed;
  },
};

/** Allows the content that was shown: should the file have changed since, the new content is not allowed. */
export async function allow(services: Services, entry: ProfileEntry): Promise<Result<boolean>> {
  if (entry.file.allowed) {
    return ok(true);
  }
  const locations = services.home.locations();
  if (!locations.ok) {
    return locations;
  }
  const allowed = await allowProfile(locations.value, entry.file.path, entry.file.text);
  services.profiles.outdate();
  services.profiles.refresh();
  return allowed.ok ? ok(true) : allowed;
}

const icons = { native: '$(warning)', remote: '$(globe)', image: '$(vm-outline)', builtIn: '$(vm-outline)' } as const;

/** For each server of a profile: what it does, what it may reach, who shares it. Those that no container holds come first. */
export function grants(entry: ProfileEntry): readonly vscode.QuickPickItem[] {
  const { servers, output } = entry.file.profile.ok ? entry.file.profile.value : { servers: [], output: 'redact' as const };
  const native = servers.filter(({ kind }) => kind === 'native');
  const words = vscode.l10n.t('secrets in what its servers say reach the model');
  const loose = isLoose(output) ? [{ label: `$(warning) output: ${output}`, detail: words }] : [];
  return [
    ...loose,
    ...[...native, ...servers.filter(({ kind }) => kind !== 'native')].map((server) => ({
      label: `${icons[server.kind]} ${server.name}`,
      description: [reachOf(server), sharingOf(server)].filter((words) => words !== undefined).join(' · '),
      detail: plain(grantOf(server)),
    })),
  ];
}

/** A list item shows `$(name)` as an icon, and what cannot be seen not at all: neither is for the words of a file. */
function plain(text: string): string {
  return visibleText(text).replaceAll(/\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/g, '\\$&');
}

async function confirmed(entry: ProfileEntry): Promise<boolean> {
  const yes: vscode.QuickPickItem = { label: `$(check) ${vscode.l10n.t('Allow this content')}` };
  const show: vscode.QuickPickItem = { label: `$(go-to-file) ${vscode.l10n.t('Read the file first')}` };
  const picked = await vscode.window.showQuickPick(
    [yes, show, { label: vscode.l10n.t('What it runs'), kind: vscode.QuickPickItemKind.Separator }, ...grants(entry)],
    { title: vscode.l10n.t('Allow the profile "{0}"?', entry.file.id) },
  );
  if (picked === show) {
    await vscode.window.showTextDocument(vscode.Uri.file(entry.file.path));
  }
  return picked === yes;
}
