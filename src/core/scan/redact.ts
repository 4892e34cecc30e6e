import { asciiBytes } from './bytes.ts';
import type { ScanHit } from './hit.ts';
import type { Piece } from './jsonPlaces.ts';

/** What stands in a secret's place. It needs no escape in JSON. */
export function markOf(hit: Pick<ScanHit, 'rule' | 'secret'>): string {
  return hit.secret === undefined ? `[wharf:redacted ${hit.rule}]` : `[wharf:secret ${hit.secret.replace(/[^\w.:@-]/g, '_')}]`;
}

/** The message with a mark in place of everything found; every other byte is as it was. The same bytes when nothing was found. */
export function redact(message: Uint8Array, hits: readonly ScanHit[]): Uint8Array {
  const pieces = mergedPieces(hits);
  if (pieces.length === 0) {
    return message;
  }
  const marks = pieces.map(({ mark, isBare }) => asciiBytes(isBare ? `"${mark}"` : mark));
  const growth = pieces.reduce((sum, { start, end }, index) => sum + (marks[index]?.length ?? 0) - (end - start), 0);
  const redacted = new Uint8Array(message.length + growth);
  let from = 0;
  let to = 0;
  pieces.forEach(({ start, end }, index) => {
    const mark = marks[index] ?? new Uint8Array(0);
    redacted.set(message.subarray(from, start), to);
    to += start - from;
    redacted.set(mark, to);
    to += mark.length;
    from = end;
  });
  redacted.set(message.subarray(from), to);
  return redacted;
}

interface MarkedPiece extends Piece {
  readonly mark: string;
  readonly isInjected: boolean;
}

/** In order and apart from each other. Where two overlap, the mark that leads back to the vault stays. */
function mergedPieces(hits: readonly ScanHit[]): readonly MarkedPiece[] {
  const all = hits
    .flatMap((hit) => hit.pieces.map((piece) => ({ ...piece, mark: markOf(hit), isInjected: hit.secret !== undefined })))
    .sort((a, b) => a.start - b.start);
  const merged: MarkedPiece[] = [];
  for (const piece of all) {
    const last = merged.at(-1);
    if (last === undefined || piece.start >= last.end) {
      merged.push(piece);
    } else {
      const kept = last.isInjected || !piece.isInjected ? last : piece;
      merged[merged.length - 1] = { ...kept, start: last.start, end: Math.max(last.end, piece.end), isBare: last.isBare };
    }
  }
  return merged;
}
