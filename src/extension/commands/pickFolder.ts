import * as vscode from 'vscode';

/** The folder that a command writes to: the only one, or the one picked. */
export async function pickFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.length > 1 ? await vscode.window.showWorkspaceFolderPick({ placeHolder: vscode.l10n.t('In which folder?') }) : folders[0];
}
