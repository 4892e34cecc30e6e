import {
  DiagnosticSeverity,
  type Connection,
  type Diagnostic,
  type PublishDiagnosticsParams,
  type TextDocuments,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Finding, Severity } from '../../core/codexConfig/findings.ts';
import { isCodexConfig, type CheckedDocuments } from '../checkedDocuments.ts';

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** A finding about this version of the document, as the protocol says it. */
export function diagnosticOf(document: TextDocument, finding: Finding): Diagnostic {
  return {
    range: { start: document.positionAt(finding.range.start), end: document.positionAt(finding.range.end) },
    severity: severities[finding.severity],
    code: finding.code,
    source: 'wharf',
    message: finding.message,
  };
}

export interface PushedProblems {
  /** Tells the client about a document again, because what is known beside its text has changed. */
  refresh(uri: string): void;
  stop(): void;
}

/** Tells the client about a document at once when it opens, `restMs` after its last change, and clears it when it closes. */
export function pushProblems(
  connection: Connection,
  documents: TextDocuments<TextDocument>,
  checked: CheckedDocuments,
  restMs: number,
): PushedProblems {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  function stop(uri: string): void {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
  }

  function publish(uri: string): void {
    timers.delete(uri);
    const document = documents.get(uri);
    if (document !== undefined) {
      const diagnostics = checked.findings(document).map((finding) => diagnosticOf(document, finding));
      void send(connection, { uri, version: document.version, diagnostics });
    }
  }

  documents.onDidOpen(({ document }) => checked.forget(document.uri));
  documents.onDidChangeContent(({ document }) => {
    stop(document.uri);
    if (!isCodexConfig(document)) {
      return;
    }
    if (checked.knows(document.uri)) {
      timers.set(document.uri, setTimeout(publish, restMs, document.uri));
    } else {
      publish(document.uri); // Just opened: this event follows the one above.
    }
  });
  documents.onDidClose(({ document }) => {
    stop(document.uri);
    checked.forget(document.uri);
    if (isCodexConfig(document)) {
      void send(connection, { uri: document.uri, diagnostics: [] });
    }
  });
  return {
    refresh: (uri) => {
      // A document that rests is told about as soon as it has rested.
      if (!timers.has(uri)) {
        publish(uri);
      }
    },
    stop: () => documents.keys().forEach(stop),
  };
}

async function send(connection: Connection, params: PublishDiagnosticsParams): Promise<void> {
  try {
    await connection.sendDiagnostics(params);
  } catch {
    // The client has gone, and with it everybody who could be told.
  }
}
