import { registerHooks } from 'node:module';

/** As much of VS Code as the texts of the extension need: its words in English, and its Markdown as it is written. */
const stub = `
  export const l10n = { t: (text, ...words) => text.replace(/\\{(\\d)\\}/g, (_, index) => words[index]) };
  export class MarkdownString {
    value = '';
    appendMarkdown(text) { this.value += text; }
    appendCodeblock(text) { this.value += text; }
  }
  export const QuickPickItemKind = { Separator: -1 };
  export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
`;

const address = `data:text/javascript,${encodeURIComponent(stub)}`;

/** From now on, modules that import "vscode" get the stub. */
export function stubVscode(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vscode' ? { url: address, format: 'module', shortCircuit: true } : next(specifier, context),
  });
}
