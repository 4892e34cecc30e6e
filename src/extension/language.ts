import { join } from 'node:path';

import * as vscode from 'vscode';

import { codexHome } from '../node/codexHome.ts';
import { languages } from './contributions.ts';
import { loadLanguageClient } from './lazyPrograms.ts';
import type { Messages } from './messages.ts';

/** Starts the language server with the first Codex configuration that is opened, and loads its client only then. */
export class Language implements vscode.Disposable {
  private readonly extensionPath: string;
  private readonly log: vscode.LogOutputChannel;
  private readonly messages: Messages;
  private readonly opened: vscode.Disposable;
  private running: Promise<{ dispose(): Promise<void> }> | undefined;
  private announce: () => void = () => undefined;

  /** Resolves when the language server answers: never, as long as no Codex configuration was opened. */
  readonly ready = new Promise<void>((resolve) => (this.announce = resolve));

  constructor(extensionPath: string, log: vscode.LogOutputChannel, messages: Messages) {
    this.extensionPath = extensionPath;
    this.log = log;
    this.messages = messages;
    this.opened = vscode.workspace.onDidOpenTextDocument((document) => this.consider(document));
    for (const document of vscode.workspace.textDocuments) {
      this.consider(document);
    }
  }

  dispose(): void {
    this.opened.dispose();
    void this.running?.then((client) => client.dispose());
  }

  private consider(document: vscode.TextDocument): void {
    if (document.languageId === languages.codexToml && this.running === undefined) {
      this.running = this.start();
      this.running.then(this.announce, (error: unknown) => {
        this.messages.bug(vscode.l10n.t('The checks of Codex configuration files could not start.'), error);
      });
    }
  }

  private start(): Promise<{ dispose(): Promise<void> }> {
    const dist = join(this.extensionPath, 'dist');
    const { startLanguageClient } = loadLanguageClient();
    return startLanguageClient(join(dist, 'languageServer.cjs'), this.log, codexHome(process.env));
  }
}
