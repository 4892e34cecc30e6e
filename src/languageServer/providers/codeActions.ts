import { CodeActionKind, type CodeAction, type CodeActionParams, type WorkspaceEdit } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Finding, Fix } from '../../core/codexConfig/findings.ts';
import { diagnosticOf } from './problems.ts';

/** The repairs of the findings that the asked range touches. `versioned`: the client takes edits that name the document's version. */
export function codeActionsFor(
  document: TextDocument,
  findings: readonly Finding[],
  params: Pick<CodeActionParams, 'range' | 'context'>,
  versioned: boolean,
): CodeAction[] {
  if (!wantsQuickFixes(params.context.only)) {
    return [];
  }
  const start = document.offsetAt(params.range.start);
  const end = document.offsetAt(params.range.end);
  return findings
    .filter((finding) => finding.range.start <= end && finding.range.end >= start)
    .flatMap((finding) =>
      finding.fixes.map((fix, index) => ({
        title: fix.title,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnosticOf(document, finding)],
        isPreferred: index === 0,
        edit: workspaceEdit(document, fix, versioned),
      })),
    );
}

/** A kind stands for all kinds below it; the empty kind is all. */
function wantsQuickFixes(only: readonly string[] | undefined): boolean {
  return only === undefined || only.some((kind) => kind === CodeActionKind.Empty || kind === CodeActionKind.QuickFix);
}

function workspaceEdit(document: TextDocument, fix: Fix, versioned: boolean): WorkspaceEdit {
  const edits = fix.edits.map((edit) => ({
    range: { start: document.positionAt(edit.range.start), end: document.positionAt(edit.range.end) },
    newText: edit.newText,
  }));
  return versioned
    ? { documentChanges: [{ textDocument: { uri: document.uri, version: document.version }, edits }] }
    : { changes: { [document.uri]: edits } };
}
