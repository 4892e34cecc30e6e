import type { MarkedText, Placeholder } from './foreign.ts';

/** Private use: no text means anything by these. */
const firstMark = 0xe000;
const mostMarks = 0x1000;
const anyMark = /[\ue000-\uefff]/g;

/** What a program asks a person for, by its id. */
export type Inputs = ReadonlyMap<string, { readonly isSecret: boolean; readonly fallback: string | null }>;

/** Which placeholders a program knows: `braces` is `${NAME}` and all its relatives, `none` takes every text as it stands. */
export type Syntax = 'braces' | 'none';

const form = /\$\{([^{}]{1,200})\}|\$env:([A-Za-z_]\w*)/g;

/** Collects the placeholders of one server while its texts are marked. */
export class Marker {
  readonly placeholders: Placeholder[] = [];
  private readonly syntax: Syntax;
  private readonly inputs: Inputs;

  constructor(syntax: Syntax, inputs: Inputs = new Map()) {
    this.syntax = syntax;
    this.inputs = inputs;
  }

  mark(text: string): MarkedText {
    const clean = text.replaceAll(anyMark, '');
    return this.syntax === 'none'
      ? clean
      : clean.replaceAll(form, (written: string, inner: string | undefined, bare: string | undefined) =>
          this.add(this.placeholder(written, inner, bare)),
        );
  }

  /** A text that is one variable of the environment. */
  variable(name: string): MarkedText {
    return this.add({ kind: 'variable', name, fallback: null });
  }

  private add(placeholder: Placeholder): string {
    if (this.placeholders.length >= mostMarks) {
      return '';
    }
    this.placeholders.push(placeholder);
    return String.fromCharCode(firstMark + this.placeholders.length - 1);
  }

  private placeholder(written: string, inner: string | undefined, bare: string | undefined): Placeholder {
    const text = inner ?? `env:${bare ?? ''}`;
    if (/^(?:workspaceFolder|workspaceRoot|PWD|CLAUDE_PROJECT_DIR)(?::.*)?$/.test(text)) {
      return { kind: 'workspace' };
    }
    if (text === 'userHome' || text === 'HOME' || text === 'env:HOME') {
      return { kind: 'home' };
    }
    const [, input] = /^input:(.+)$/.exec(text) ?? [];
    if (input !== undefined) {
      const known = this.inputs.get(input);
      return { kind: 'input', id: input, isSecret: known?.isSecret ?? true, fallback: known?.fallback ?? null };
    }
    const [, name, fallback] = /^(?:env:)?([A-Za-z_]\w*)(?::-(.*))?$/.exec(text) ?? [];
    return name === undefined ? { kind: 'unknown', written } : { kind: 'variable', name, fallback: fallback ?? null };
  }
}

/** A text between placeholders, or one of them. */
export type Piece = { readonly kind: 'text'; readonly text: string } | Placeholder;

export function piecesOf(text: MarkedText, placeholders: readonly Placeholder[]): readonly Piece[] {
  return text.split(/([\ue000-\uefff])/).flatMap((part): readonly Piece[] => {
    const placeholder = placeholderAt(part, placeholders);
    return placeholder !== undefined ? [placeholder] : part === '' ? [] : [{ kind: 'text', text: part }];
  });
}

function placeholderAt(part: string, placeholders: readonly Placeholder[]): Placeholder | undefined {
  return part.length === 1 ? placeholders[part.charCodeAt(0) - firstMark] : undefined;
}

export function hasMark(text: MarkedText): boolean {
  return text.search(anyMark) !== -1;
}

/** The text as a person wrote it, more or less: for messages. */
export function shownText(text: MarkedText, placeholders: readonly Placeholder[]): string {
  return piecesOf(text, placeholders).map(shownPiece).join('');
}

function shownPiece(piece: Piece): string {
  switch (piece.kind) {
    case 'text':
      return piece.text;
    case 'variable':
      return `\${${piece.name}}`;
    case 'input':
      return `\${input:${piece.id}}`;
    case 'workspace':
      return '${workspace}';
    case 'home':
      return '~';
    case 'unknown':
      return piece.written;
  }
}
