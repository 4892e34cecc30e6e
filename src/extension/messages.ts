import * as vscode from 'vscode';

import { describeProblem, type Problem } from '../shared/problem.ts';
import { visibleText } from '../shared/visibleText.ts';
import { at } from './documents.ts';

/** An answer that a message offers, and what it does. */
export interface MessageButton {
  readonly title: string;
  run(): unknown;
}

/** The only place that shows toasts. Everything shown is in the log as well. */
export class Messages {
  private readonly log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.log = log;
  }

  done(text: string, buttons: readonly MessageButton[] = []): void {
    this.log.info(text);
    offer(vscode.window.showInformationMessage(plain(text), ...buttons.map((button) => button.title)), buttons);
  }

  warn(text: string, buttons: readonly MessageButton[] = []): void {
    this.log.warn(text);
    offer(vscode.window.showWarningMessage(plain(text), ...buttons.map((button) => button.title)), buttons);
  }

  /** Says that no folder is open, where a command needs one. */
  noFolder(): void {
    this.warn(vscode.l10n.t('No folder is open. Open the folder that Codex works in first.'), [
      { title: vscode.l10n.t('Open Folder'), run: () => vscode.commands.executeCommand('vscode.openFolder') },
    ]);
  }

  /** An expected failure: what happened, where, and the next step. `remedies` are buttons that do it. */
  problem(problem: Problem, remedies: readonly MessageButton[] = []): void {
    this.log.error(describeProblem(problem));
    const { place } = problem;
    const where = place === undefined ? '' : `${vscode.workspace.asRelativePath(place.file)}:${place.line}: `;
    const buttons = [...remedies, ...(place === undefined ? [] : [openButton(place)]), this.logButton()];
    const text = plain([`${where}${problem.message}`, lastLine(problem.detail), problem.next].filter(Boolean).join(' '));
    offer(vscode.window.showErrorMessage(text, ...buttons.map((button) => button.title)), buttons);
  }

  /** A fault of Wharf itself. The stack goes into the log. */
  bug(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.log.error(error instanceof Error ? error : new Error(reason));
    const buttons = [this.logButton()];
    offer(vscode.window.showErrorMessage(plain(`${what} ${reason}`), ...buttons.map((button) => button.title)), buttons);
  }

  private logButton(): MessageButton {
    return { title: vscode.l10n.t('Show Log'), run: () => this.log.show() };
  }
}

/**
 * VS Code makes links, even to commands, of `[label](address)` in a message; names of files and
 * servers come from repositories, and must not.
 */
function plain(text: string): string {
  return visibleText(text.replaceAll(/\s+/g, ' ')).replaceAll('](', '] (');
}

function lastLine(detail: string | undefined): string {
  const line = detail?.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  return line === '' ? '' : `(${line})`;
}

function openButton(place: NonNullable<Problem['place']>): MessageButton {
  return {
    title: vscode.l10n.t('Open File'),
    run: () => vscode.window.showTextDocument(vscode.Uri.file(place.file), { selection: at(place) }),
  };
}

function offer(answer: Thenable<string | undefined>, buttons: readonly MessageButton[]): void {
  void answer.then((title) => buttons.find((button) => button.title === title)?.run());
}
