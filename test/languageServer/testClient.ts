import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import {
  CodeActionRequest,
  createConnection,
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  InitializedNotification,
  InitializeRequest,
  LogMessageNotification,
  PublishDiagnosticsNotification,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type CodeAction,
  type Diagnostic,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type Range,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { startService, type ServiceOptions } from '../../src/languageServer/service.ts';
import { until } from '../support/until.ts';

const capabilities: ClientCapabilities = {
  workspace: { workspaceEdit: { documentChanges: true } },
  textDocument: { codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix'] } } } },
};

/** The editor's end of a connection: remembers what the server pushed. */
export class TestClient {
  readonly published: PublishDiagnosticsParams[] = [];
  readonly logged: string[] = [];
  readonly connection: ProtocolConnection;
  announced: InitializeResult = { capabilities: {} };

  constructor(connection: ProtocolConnection) {
    this.connection = connection;
    connection.onNotification(PublishDiagnosticsNotification.type, (params) => void this.published.push(params));
    connection.onNotification(LogMessageNotification.type, (params) => void this.logged.push(params.message));
    connection.listen();
  }

  /** `options` may be anything: they come over a wire. */
  async initialise(options: unknown = {}, client: ClientCapabilities = capabilities): Promise<void> {
    this.announced = await this.connection.sendRequest<InitializeResult>(InitializeRequest.method, {
      processId: null,
      capabilities: client,
      initializationOptions: options,
    });
    await this.connection.sendNotification(InitializedNotification.type, {});
  }

  async open(uri: string, text: string, languageId = 'codex-toml'): Promise<void> {
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument: { uri, languageId, version: 1, text } });
  }

  async change(uri: string, version: number, ...contentChanges: TextDocumentContentChangeEvent[]): Promise<void> {
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, { textDocument: { uri, version }, contentChanges });
  }

  async close(uri: string): Promise<void> {
    await this.connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
  }

  /** The diagnostics of exactly this version, as soon as they were pushed. */
  diagnostics(uri: string, version = 1): Promise<Diagnostic[]> {
    return until(() => this.published.findLast((params) => params.uri === uri && params.version === version)?.diagnostics, {
      what: `diagnostics of version ${version} of ${uri}`,
    });
  }

  async actions(uri: string, range: Range, only?: string[]): Promise<CodeAction[]> {
    const context = { diagnostics: [], ...(only === undefined ? {} : { only }) };
    const answer = (await this.connection.sendRequest(CodeActionRequest.type, { textDocument: { uri }, range, context })) ?? [];
    return answer.filter((action): action is CodeAction => 'edit' in action);
  }
}

/** A service and its client in this process, joined by two streams. */
export async function connect(
  t: TestContext,
  options: ServiceOptions,
  initial: unknown = {},
  client: ClientCapabilities = capabilities,
): Promise<TestClient> {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  // Readers instead of bare streams: given streams, the library ends the whole process with them.
  const server = createConnection(new StreamMessageReader(toServer), new StreamMessageWriter(toClient));
  startService(server, options);
  const result = new TestClient(createProtocolConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer)));
  t.after(() => {
    result.connection.dispose();
    server.dispose();
  });
  await result.initialise(initial, client);
  return result;
}

/** The text after the edits of an action, whichever of the two forms they have. */
export function apply(text: string, uri: string, action: CodeAction | undefined): string {
  const versioned = action?.edit?.documentChanges?.flatMap((change) =>
    'edits' in change && change.textDocument.uri === uri ? change.edits : [],
  );
  const edits = (versioned ?? action?.edit?.changes?.[uri] ?? []).filter((edit) => 'newText' in edit);
  return TextDocument.applyEdits(TextDocument.create(uri, 'codex-toml', 1, text), edits);
}
