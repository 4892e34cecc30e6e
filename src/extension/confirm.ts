import * as vscode from 'vscode';

import { itemText } from './itemText.ts';

/** Characters that a list shows in one line. */
const lineLength = 84;

/**
 * Asks for consent: a list with no and yes, and below them what a person should know. Whatever else than yes is chosen is no. No comes
 * first, so that a key that is still held down agrees to nothing.
 */
export async function confirm(question: string, facts: readonly string[], yes: string): Promise<boolean> {
  const refuse: vscode.QuickPickItem = { label: `$(close) ${vscode.l10n.t('Change Nothing')}` };
  const agree: vscode.QuickPickItem = { label: `$(check) ${yes}` };
  const separator = { label: '', kind: vscode.QuickPickItemKind.Separator };
  const lines = facts.flatMap(wrapped).map((line) => ({ label: line }));
  const options = {
    title: question,
    placeHolder: vscode.l10n.t('Nothing is written unless you choose "{0}"', yes),
    ignoreFocusOut: true,
  };
  return (await vscode.window.showQuickPick([refuse, agree, separator, ...lines], options)) === agree;
}

function wrapped(fact: string): readonly string[] {
  const lines: string[] = [];
  for (const word of fact.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < lineLength) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines.map((line, index) => `${index === 0 ? '$(circle-small-filled)' : '$(blank)'} ${itemText(line)}`);
}
