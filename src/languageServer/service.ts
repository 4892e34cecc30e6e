import {
  CodeActionKind,
  TextDocuments,
  TextDocumentSyncKind,
  type ClientCapabilities,
  type Connection,
  type InitializeParams,
  type InitializeResult,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { GatewayProbe } from '../core/codexConfig/gatewayAddress.ts';
import type { LanguageServerOptions } from '../shared/languageProtocol.ts';
import { version } from '../shared/version.ts';
import { CheckedDocuments, type Check } from './checkedDocuments.ts';
import { fileScope } from './fileScope.ts';
import { GatewayWatch } from './gatewayWatch.ts';
import { codeActionsFor } from './providers/codeActions.ts';
import { pushProblems } from './providers/problems.ts';

export interface ServiceOptions {
  readonly check: Check;
  /** How long a document must rest after a change before it is checked. Milliseconds. */
  readonly restMs?: number;
  /** Asks a gateway on this computer how it is. Without it nothing is said of gateways that are down. */
  readonly probe?: GatewayProbe;
  /** How soon a gateway that is not well is asked again, while a document names it. Milliseconds. */
  readonly probeAgainMs?: number;
  /** Whether a variable has a value in the environment that this server shares with Codex. */
  readonly isSet?: (variable: string) => boolean;
}

/** Serves one client until the connection ends. All state belongs to this call, so that one process can run several. */
export function startService(connection: Connection, options: ServiceOptions): void {
  const { check, restMs = 150, isSet } = options;
  const documents = new TextDocuments(TextDocument);
  let client: { readonly codexHome: string | undefined; readonly versionedEdits: boolean } = {
    codexHome: undefined,
    versionedEdits: false,
  };
  const checked = new CheckedDocuments(
    check,
    (uri) => {
      const gateways = watch?.statesOf(uri);
      return {
        scope: fileScope(uri, client.codexHome),
        ...(gateways === undefined ? {} : { gateways }),
        ...(isSet === undefined ? {} : { isSet }),
      };
    },
    (uri, error) => connection.console.error(`Checking ${uri} failed: ${describe(error)}`),
  );
  connection.onInitialize((params) => {
    client = { codexHome: codexHomeOf(params), versionedEdits: params.capabilities.workspace?.workspaceEdit?.documentChanges === true };
    return initializeResult(params.capabilities);
  });
  const pushed = pushProblems(connection, documents, checked, restMs);
  const watch = watchGateways(documents, options, (uri) => {
    checked.expire(uri);
    pushed.refresh(uri);
  });
  connection.onShutdown(() => {
    pushed.stop();
    watch?.stop();
  });
  connection.onCodeAction((params) => {
    const document = documents.get(params.textDocument.uri);
    return document === undefined ? [] : codeActionsFor(document, checked.findings(document), params, client.versionedEdits);
  });
  documents.listen(connection);
  connection.listen();
}

function watchGateways(
  documents: TextDocuments<TextDocument>,
  { probe, restMs = 150, probeAgainMs = 10_000 }: ServiceOptions,
  changed: (uri: string) => void,
): GatewayWatch | undefined {
  return probe === undefined ? undefined : new GatewayWatch(documents, { probe, restMs, againMs: probeAgainMs, changed });
}

function initializeResult(client: ClientCapabilities): InitializeResult {
  // A client that knows commands only would not understand an action with an edit.
  const literals = client.textDocument?.codeAction?.codeActionLiteralSupport !== undefined;
  return {
    serverInfo: { name: 'wharf', version },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      ...(literals ? { codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] } } : {}),
    },
  };
}

/** The options come over a wire: anything else than a path is as good as nothing. */
function codexHomeOf(params: InitializeParams): string | undefined {
  const options = params.initializationOptions as Partial<Record<keyof LanguageServerOptions, unknown>> | null | undefined;
  const home = options?.codexHome;
  return typeof home === 'string' && home !== '' ? home : undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
