import { previewOf, type ScanHit } from './hit.ts';

/** Something that was found, before it is told. `start` and `end` are changed while it is carried from unescaped text back to the message. */
export interface Found {
  readonly rule: string;
  readonly title: string;
  readonly secret: string | undefined;
  /** 3 for a value that a server was given, 2 for a form, 1 for a name, 0 for a guess. */
  readonly strength: number;
  start: number;
  end: number;
  /** With what all secrets of this kind begin. */
  readonly known: string;
  /** Characters of the secret itself, without escapes; 0 where it is as long as its bytes. */
  readonly length: number;
}

/** Strength of a value that a server was given. */
const givenValue = 3;

/** In order; of two that lie in the same place the one that knows more, with all that the longer one is, else the longer one. */
export function keepStrongest(found: readonly Found[]): readonly Found[] {
  if (found.length < 2) {
    return found;
  }
  const kept: Found[] = [];
  for (const one of [...found].sort((a, b) => a.start - b.start || b.end - a.end || b.strength - a.strength)) {
    const last = kept.at(-1);
    if (last === undefined || one.end > last.end) {
      const isWithin = last !== undefined && one.start === last.start && last.strength <= one.strength;
      kept.splice(kept.length - (isWithin ? 1 : 0), isWithin ? 1 : 0, one);
    } else if (one.strength > last.strength) {
      // The longer one is masked as a whole, under the name of what knows more.
      if (one.strength === givenValue) {
        kept.push(one);
      } else {
        kept[kept.length - 1] = { ...one, start: last.start, end: last.end };
      }
    }
  }
  return kept;
}

export const nowhere: Found = { rule: '', title: '', secret: undefined, strength: 0, start: 0, end: 0, known: '', length: 0 };

export function hitOf(found: Found, pieces: ScanHit['pieces'], pointer: string): ScanHit {
  const { rule, title, secret, start, end, known, length } = found;
  const preview = previewOf(known, length === 0 ? end - start : length);
  return { rule, title, start, end, pieces, pointer, preview, ...(secret === undefined ? {} : { secret }) };
}

/** In what is no JSON, all of it can be replaced. */
export function textHit(found: Found): ScanHit {
  return hitOf(found, [{ start: found.start, end: found.end, isBare: false }], '');
}

/** What a text holds, as far as the bytes so far can say. */
export interface ScanSoFar {
  readonly found: readonly Found[];
  /** From here on more bytes could make another thing of it. */
  readonly decided: number;
}
