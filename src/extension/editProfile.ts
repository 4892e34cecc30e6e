import * as vscode from 'vscode';

import { ok, type Result } from '../shared/result.ts';
import type { Services } from './commands/command.ts';
import { unsavedDocument } from './documents.ts';
import { loadProfileEdits } from './lazyPrograms.ts';
import type { ProfileEntry } from './profiles.ts';

/** Whether a profile may be edited now. An editor with unsaved changes would be overwritten, or overwrite; that is said. */
export function mayEdit({ messages }: Services, { file }: ProfileEntry): boolean {
  if (unsavedDocument(file.path) === undefined) {
    return true;
  }
  messages.warn(vscode.l10n.t('{0} has unsaved changes: save the file first.', vscode.workspace.asRelativePath(file.path)), [
    { title: vscode.l10n.t('Open File'), run: () => vscode.window.showTextDocument(vscode.Uri.file(file.path)) },
  ]);
  return false;
}

/** Writes what the person agreed to, and gives the profile as it is then; undefined when it is not there any more. */
export async function writeProfile(services: Services, entry: ProfileEntry, text: string): Promise<Result<ProfileEntry | undefined>> {
  const locations = services.home.locations();
  if (!locations.ok) {
    return locations;
  }
  const { writeEditedProfile } = loadProfileEdits();
  const written = await writeEditedProfile(locations.value, entry.file, text);
  if (!written.ok) {
    return written;
  }
  services.profiles.renew();
  services.profiles.refresh();
  const listed = await services.profiles.list();
  return listed.ok ? ok(listed.value.find(({ file }) => file.path === entry.file.path)) : listed;
}
