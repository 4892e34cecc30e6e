import type * as vscode from 'vscode';

/** One line of a tooltip: a name and a value that may be anything. */
export function appendLine(text: vscode.MarkdownString, name: string, value: string): void {
  appendPlain(text, `${name}: `);
  text.appendMarkdown('`');
  text.appendMarkdown(value.replaceAll('`', "'").replaceAll(/\s+/g, ' '));
  text.appendMarkdown('`  \n');
}

/** VS Code's appendText makes every space unbreakable, so that long sentences break inside words. */
export function appendPlain(text: vscode.MarkdownString, value: string): void {
  text.appendMarkdown(value.replaceAll(/[\\`*_{}[\]()#+=\-.!~<>|&]/g, '\\$&'));
}
