import * as vscode from 'vscode';

import { allowProfile } from '../../node/allowances.ts';
import { imagesNow, type ImagesNow } from '../../node/imagesNow.ts';
import { ok, type Result } from '../../shared/result.ts';
import { grantsOf, imageWords, settingWords, type Grant } from '../../core/profile/grantWords.ts';
import { isLoose } from '../../core/profile/grants.ts';
import { commands } from '../contributions.ts';
import { itemText } from '../itemText.ts';
import { loadShownLine } from '../lazyPrograms.ts';
import type { ProfileEntry } from '../profiles.ts';
import { purposeOf, reachOf, sharingOf } from '../views/describe.ts';
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
      fits: needsAllowing,
      none: vscode.l10n.t('All profiles here are allowed as they are.'),
    });
    if (!picked.ok || picked.value === undefined) {
      return picked.ok ? ok(false) : picked;
    }
    const entry = picked.value;
    const images = await imagesOf(services, entry);
    if (needsAllowing(entry) && !(await confirmed(entry, images))) {
      return ok(false);
    }
    const allowed = await allow(services, entry, images);
    if (allowed.ok) {
      // Codex's first thread then has the tools at once.
      void discover(services, entry);
    }
    return allowed;
  },
};

/** What was granted to other images than those that are there now has to be allowed anew, too. */
export function needsAllowing({ file }: ProfileEntry): boolean {
  return !file.allowed || file.changedImages.length > 0;
}

/** What `grants` says of images: those that the engine has now, where there is something to allow. */
export async function imagesOf({ gateway }: Services, entry: ProfileEntry): Promise<ImagesNow> {
  const { profile } = entry.file;
  return profile.ok && needsAllowing(entry) ? imagesNow(profile.value, (params) => gateway.request('image/ids', params)) : {};
}

/** Allows the content and the images that were shown: should they have changed since, the new ones are not allowed. */
export async function allow(services: Services, entry: ProfileEntry, images: ImagesNow): Promise<Result<boolean>> {
  if (!needsAllowing(entry)) {
    return ok(true);
  }
  const locations = services.home.locations();
  if (!locations.ok) {
    return locations;
  }
  const { path, content, scope, isPulled } = entry.file;
  const allowed = await allowProfile(locations.value, path, content, images, { isOwn: scope === 'user' && !isPulled });
  services.profiles.outdate();
  services.profiles.refresh();
  return allowed.ok ? ok(true) : allowed;
}

const icons = {
  native: '$(warning)',
  remote: '$(globe)',
  image: '$(vm-outline)',
  poci: '$(vm-outline)',
  builtIn: '$(vm-outline)',
} as const;
const grantIcons = { secret: '$(key)', network: '$(globe)', mount: '$(folder)', isolation: '$(unlock)', output: '$(eye)' } as const;

/**
 * For each server of a profile: what it does, what it may reach, who shares it, and below it each thing that is granted to it,
 * marked where that weakens what holds it. Those that no container holds come first. `shown` takes out what looks like a secret.
 */
export function grants(entry: ProfileEntry, images: ImagesNow, shown: (line: string) => string): readonly vscode.QuickPickItem[] {
  const profile = entry.file.profile.ok ? entry.file.profile.value : undefined;
  const servers = profile?.servers ?? [];
  const native = servers.filter(({ kind }) => kind === 'native');
  const loose =
    profile !== undefined && isLoose(profile.output)
      ? [
          grantItem(
            { kind: 'output', words: `output: ${profile.output}`, isWide: true },
            vscode.l10n.t('secrets in what its servers say reach the model'),
          ),
        ]
      : [];
  const items = [...native, ...servers.filter(({ kind }) => kind !== 'native')].flatMap((server) => [
    {
      label: `${icons[server.kind]} ${server.name}`,
      description: [reachOf(server), sharingOf(server)].filter((words) => words !== undefined).join(' · '),
      detail: itemText(shown([purposeOf(server), ...settingWords(server)].join('; '))),
    },
    ...grantsOf(server).map((grant) => grantItem({ ...grant, words: shown(grant.words) }, vscode.l10n.t('for {0}', server.name))),
    ...imageItems(server.name, images),
  ]);
  return [...loose, ...items];
}

function imageItems(server: string, images: ImagesNow): readonly vscode.QuickPickItem[] {
  const image = Object.hasOwn(images, server) ? images[server] : undefined;
  return image === undefined
    ? []
    : [{ label: `$(blank) $(vm-outline) ${itemText(imageWords(image))}`, description: vscode.l10n.t('for {0}', server) }];
}

function grantItem({ kind, words, isWide }: Grant, description: string): vscode.QuickPickItem {
  return { label: `$(blank) ${isWide ? '$(warning)' : grantIcons[kind]} ${itemText(words)}`, description };
}

async function confirmed(entry: ProfileEntry, images: ImagesNow): Promise<boolean> {
  const yes: vscode.QuickPickItem = { label: `$(check) ${vscode.l10n.t('Allow this content')}` };
  const show: vscode.QuickPickItem = { label: `$(go-to-file) ${vscode.l10n.t('Read the file first')}` };
  const changed = entry.file.changedImages;
  // A key that is still held down reads, and allows nothing.
  const picked = await vscode.window.showQuickPick(
    [
      show,
      yes,
      { label: vscode.l10n.t('What it runs'), kind: vscode.QuickPickItemKind.Separator },
      ...grants(entry, images, loadShownLine().shownLine),
    ],
    {
      title: vscode.l10n.t('Allow the profile "{0}"?', entry.file.id),
      placeHolder:
        changed.length === 0
          ? vscode.l10n.t('What has a warning sign weakens what holds a server')
          : vscode.l10n.t('The images of these servers changed: {0}', changed.join(', ')),
    },
  );
  if (picked === show) {
    await vscode.window.showTextDocument(vscode.Uri.file(entry.file.path));
  }
  return picked === yes;
}
