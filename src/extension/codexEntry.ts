import { homedir } from 'node:os';
import { join } from 'node:path';

import { connectGateway } from '../core/codexConfig/connect.ts';
import { gatewayEntry, type ApprovalChoice } from '../core/codexConfig/gatewayEntry.ts';
import * as problems from '../core/problems.ts';
import { chooseLauncher } from '../node/gatewayLauncher.ts';
import { staysInside } from '../node/projectFile.ts';
import { readTextFile, replaceTextFile } from '../node/textFile.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { editDocument, unsavedDocument } from './documents.ts';
import type { Home } from './home.ts';

/** Where the entry went. An editor with unsaved changes takes it instead of the file. */
export type Written = 'file' | 'editor' | 'unchanged';

/** Writes the entry that makes Codex start the gateway, and no other byte; a file that does not parse stays as it is. */
export async function writeEntry(home: Home, folder: string, profile: string, approval: ApprovalChoice): Promise<Result<Written>> {
  const file = join(folder, '.codex', 'config.toml');
  const inside = await staysInside(folder, file);
  if (!inside.ok) {
    return inside;
  }
  const locations = home.locations();
  if (!locations.ok) {
    return locations;
  }
  const document = unsavedDocument(file);
  const version = document?.version ?? 0;
  const read = document === undefined ? await readTextFile(file) : ok({ path: file, text: document.getText(), hash: null });
  if (!read.ok) {
    return read;
  }
  const before = read.value;
  const chosen = await chooseLauncher(locations.value, { wanted: undefined, isProject: true, env: process.env, home: homedir() });
  if (!chosen.ok) {
    return chosen;
  }
  const entry = gatewayEntry({ launcher: chosen.value.launcher, profile, approval });
  const edited = connectGateway(before.text, entry, file);
  if (!edited.ok) {
    return edited;
  }
  const launcher = await home.installLauncher();
  if (!launcher.ok) {
    return launcher;
  }
  const { edits, text: after } = edited.value;
  if (edits.length === 0) {
    return ok('unchanged');
  }
  if (document !== undefined) {
    return (await editDocument(document, version, edits)) ? ok('editor') : fail(problems.fileChanged(file));
  }
  const written = await replaceTextFile(before, after, join(locations.value.dataFolder, 'backups'));
  return written.ok ? ok('file') : written;
}
