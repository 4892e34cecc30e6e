import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { CheckContext, Finding } from '../core/codexConfig/findings.ts';

/** The rules. They are pure, and a bug in one of them may throw. */
export type Check = (text: string, context: CheckContext) => readonly Finding[];

/** The rules know Codex's files only: a client may send others of the same kind of text. */
export function isCodexConfig(document: TextDocument): boolean {
  return document.languageId === 'codex-toml';
}

interface Checked {
  /** undefined once the findings are out of date. */
  readonly version: number | undefined;
  readonly findings: readonly Finding[];
}

/** What the rules say about each open document, worked out once for each version. */
export class CheckedDocuments {
  readonly #checked = new Map<string, Checked>();
  readonly #check: Check;
  readonly #contextOf: (uri: string) => CheckContext;
  readonly #failed: (uri: string, error: unknown) => void;

  /** `failed` hears of a rule that threw, once for each version; the document then has no findings. */
  constructor(check: Check, contextOf: (uri: string) => CheckContext, failed: (uri: string, error: unknown) => void) {
    this.#check = check;
    this.#contextOf = contextOf;
    this.#failed = failed;
  }

  findings(document: TextDocument): readonly Finding[] {
    if (!isCodexConfig(document)) {
      return [];
    }
    const known = this.#checked.get(document.uri);
    if (known?.version === document.version) {
      return known.findings;
    }
    const findings = this.#run(document);
    this.#checked.set(document.uri, { version: document.version, findings });
    return findings;
  }

  /** Whether some version of the document was checked since it was opened. */
  knows(uri: string): boolean {
    return this.#checked.has(uri);
  }

  /** The facts beside the text have changed: it is checked again when its findings are next asked for. */
  expire(uri: string): void {
    const known = this.#checked.get(uri);
    if (known !== undefined) {
      this.#checked.set(uri, { ...known, version: undefined });
    }
  }

  /** Versions start again when a document is opened again. */
  forget(uri: string): void {
    this.#checked.delete(uri);
  }

  #run(document: TextDocument): readonly Finding[] {
    try {
      return this.#check(document.getText(), this.#contextOf(document.uri));
    } catch (error) {
      this.#failed(document.uri, error);
      return [];
    }
  }
}
