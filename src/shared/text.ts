/** Offsets into a text in UTF-16 code units; `end` is not included. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface TextEdit {
  readonly range: TextRange;
  readonly newText: string;
}

/** Applies edits that were all made against `text` and do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const ordered = [...edits].sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
  let result = '';
  let from = 0;
  for (const edit of ordered) {
    if (edit.range.start < from) {
      throw new Error(`Edits overlap at offset ${edit.range.start}.`);
    }
    result += text.slice(from, edit.range.start) + edit.newText;
    from = edit.range.end;
  }
  return result + text.slice(from);
}

/** Line and column from 1. A line ends at LF; a CR before it belongs to the line end. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}
