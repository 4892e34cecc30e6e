import * as vscode from 'vscode';

import type { Place } from '../shared/problem.ts';
import type { TextEdit } from '../shared/text.ts';

/** The empty range at a place in a file. */
export function at(place: Place): vscode.Range {
  const position = new vscode.Position(place.line - 1, place.column - 1);
  return new vscode.Range(position, position);
}

/** An editor's unsaved text of a file, when there is one. */
export function unsavedDocument(file: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(
    (document) => document.isDirty && document.uri.scheme === 'file' && document.uri.fsPath === file,
  );
}

/** Makes edits in an open document, as one step of its undo history. False when it is no longer the version that they were made for. */
export async function editDocument(document: vscode.TextDocument, version: number, edits: readonly TextEdit[]): Promise<boolean> {
  if (document.version !== version) {
    return false;
  }
  const change = new vscode.WorkspaceEdit();
  for (const { range, newText } of edits) {
    change.replace(document.uri, new vscode.Range(document.positionAt(range.start), document.positionAt(range.end)), newText);
  }
  return await vscode.workspace.applyEdit(change);
}
