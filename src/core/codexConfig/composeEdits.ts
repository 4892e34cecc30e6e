import type { TextEdit } from '../../shared/text.ts';

/** A part of the text between two edits: what it keeps of the first text, or what is new. */
type Piece = { readonly kind: 'kept'; readonly start: number; readonly end: number } | { readonly kind: 'new'; readonly text: string };

/** Edits of `text` that do what `first` and then `second` do; `second` was made against the text after `first`. */
export function composeEdits(text: string, first: readonly TextEdit[], second: readonly TextEdit[]): TextEdit[] {
  const whole: readonly Piece[] = [{ kind: 'kept', start: 0, end: text.length }];
  return asEdits(text, edited(edited(whole, first), second));
}

function edited(pieces: readonly Piece[], edits: readonly TextEdit[]): Piece[] {
  const result: Piece[] = [];
  const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  let from = 0;
  for (const { range, newText } of [...edits].sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end)) {
    result.push(...slice(pieces, from, range.start), { kind: 'new', text: newText });
    from = range.end;
  }
  result.push(...slice(pieces, from, length));
  return result;
}

function lengthOf(piece: Piece): number {
  return piece.kind === 'kept' ? piece.end - piece.start : piece.text.length;
}

/** The part of a text in pieces from `start` to `end`. */
function slice(pieces: readonly Piece[], start: number, end: number): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const piece of pieces) {
    const [from, to] = [Math.max(start - at, 0), Math.min(end - at, lengthOf(piece))];
    if (from < to) {
      found.push(
        piece.kind === 'kept'
          ? { kind: 'kept', start: piece.start + from, end: piece.start + to }
          : { kind: 'new', text: piece.text.slice(from, to) },
      );
    }
    at += lengthOf(piece);
  }
  return found;
}

function asEdits(text: string, pieces: readonly Piece[]): TextEdit[] {
  const edits: TextEdit[] = [];
  let from = 0;
  let newText = '';
  const kept = [...pieces, { kind: 'kept', start: text.length, end: text.length } as const];
  for (const piece of kept) {
    if (piece.kind === 'new') {
      newText += piece.text;
      continue;
    }
    if (piece.start > from || newText !== '') {
      edits.push({ range: { start: from, end: piece.start }, newText });
    }
    from = piece.end;
    newText = '';
  }
  return edits;
}
