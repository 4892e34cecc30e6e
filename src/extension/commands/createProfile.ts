import { join } from 'node:path';

import * as vscode from 'vscode';

import { builtInCatalogue } from '../../core/catalog/builtIn.ts';
import { isProfileId } from '../../core/profile/profileId.ts';
import { allowProfile } from '../../node/allowances.ts';
import { projectProfilesFolder } from '../../node/profileFolders.ts';
import { readTextFile, replaceTextFile } from '../../node/textFile.ts';
import { ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import type { Command } from './command.ts';
import { pickFolder } from './pickFolder.ts';

const firstProfile = `version: 1
servers:
  - catalog_ref: ${builtInCatalogue}
    name: demo
`;

/** Writes a first project profile with the built-in demo server, allows it and opens it. Gives its path. */
export const createProfileCommand: Command<string | null> = {
  id: commands.createProfile,
  needsTrust: true,
  run: async (services, argument) => {
    const folder = await pickFolder();
    const locations = services.home.locations();
    if (folder === undefined) {
      services.messages.noFolder();
      return ok(null);
    }
    if (!locations.ok) {
      return locations;
    }
    const id = givenId(argument) ?? (await askForId());
    if (id === undefined) {
      return ok(null);
    }
    const path = join(folder.uri.fsPath, projectProfilesFolder, `${id}.yaml`);
    const before = await readTextFile(path);
    if (!before.ok) {
      return before;
    }
    if (before.value.hash === null) {
      const written = await replaceTextFile(before.value, firstProfile, join(locations.value.dataFolder, 'backups'));
      const allowed = written.ok ? await allowProfile(locations.value, path, firstProfile) : written;
      if (!allowed.ok) {
        return allowed;
      }
    }
    services.profiles.refresh();
    await vscode.window.showTextDocument(vscode.Uri.file(path));
    return ok(path);
  },
};

function givenId(argument: unknown): string | undefined {
  const id = typeof argument === 'object' && argument !== null && 'profile' in argument ? argument.profile : undefined;
  return typeof id === 'string' && isProfileId(id) ? id : undefined;
}

function askForId(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t('Create Profile'),
    prompt: vscode.l10n.t('A short name; the file becomes .codex/profiles/NAME.yaml. An existing file is opened and not changed.'),
    value: 'dev',
    validateInput: (text) => (isProfileId(text) ? undefined : vscode.l10n.t('Use letters, digits, dots, dashes and underscores.')),
  });
}
