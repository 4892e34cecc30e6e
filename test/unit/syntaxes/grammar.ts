import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';
import type { IGrammar } from 'vscode-textmate';
import { root } from '../../support/sharedData.ts';

/** A piece of text with its scopes below the root scope, without the language's ending. */
export interface Token {
  readonly text: string;
  readonly line: number;
  readonly scopes: readonly string[];
}

const scopeName = 'source.codex-toml';

/** Loads syntaxes/codexToml.tmLanguage.json into the engine that VS Code uses. */
export async function loadGrammar(): Promise<IGrammar> {
  const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
  await oniguruma.loadWASM(new Uint8Array(await readFile(wasm)));
  const file = join(root, 'syntaxes', 'codexToml.tmLanguage.json');
  const source = await readFile(file, 'utf8');
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: (name) => Promise.resolve(name === scopeName ? textmate.parseRawGrammar(source, file) : null),
  });
  const grammar = await registry.loadGrammar(scopeName);
  if (grammar === null) {
    throw new Error(`The grammar ${scopeName} was not loaded.`);
  }
  return grammar;
}

/** Tokenises as the editor does: without a byte order mark, line by line, without the line ends. */
export function tokenise(grammar: IGrammar, text: string): Token[] {
  const tokens: Token[] = [];
  let state = textmate.INITIAL;
  for (const [line, content] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n/)
    .entries()) {
    const result = grammar.tokenizeLine(content, state);
    for (const token of result.tokens) {
      const scopes = token.scopes.slice(1).map((scope) => scope.replace(/\.codex-toml$/, ''));
      tokens.push({ text: content.slice(token.startIndex, token.endIndex), line, scopes });
    }
    state = result.ruleStack;
  }
  return tokens;
}

/** The tokens that some scope calls invalid. */
export function invalid(tokens: readonly Token[]): Token[] {
  return tokens.filter((token) => token.scopes.some((scope) => scope.startsWith('invalid')));
}
