import type * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

import type { LanguageServerOptions } from '../shared/languageProtocol.ts';
import { languages } from './contributions.ts';

/** Starts the language server and resolves when it answers. Loaded as a bundle of its own, with the first document it is for. */
export async function startLanguageClient(
  server: string,
  log: vscode.LogOutputChannel,
  codexHome: string,
): Promise<{ dispose(): Promise<void> }> {
  const program = { module: server, transport: TransportKind.ipc };
  const client = new LanguageClient(
    'wharf',
    'Wharf',
    { run: program, debug: program },
    {
      documentSelector: [{ scheme: 'file', language: languages.codexToml }],
      outputChannel: log,
      initializationOptions: { codexHome } satisfies LanguageServerOptions,
    },
  );
  await client.start();
  return { dispose: () => client.dispose() };
}
