import { whyNotFrom } from '../container/mounts.ts';
import type { ForeignServer, MarkedText } from './foreign.ts';
import { piecesOf } from './placeholders.ts';

/** Where a folder lies, `${workspace}` for the project; undefined where nobody can tell. */
export function placeOf(source: MarkedText, server: ForeignServer): string | undefined {
  const pieces = piecesOf(source, server.placeholders);
  const words = pieces.map((piece) =>
    piece.kind === 'text' ? piece.text : piece.kind === 'workspace' ? '${workspace}' : piece.kind === 'home' ? '~' : undefined,
  );
  return words.includes(undefined)
    ? undefined
    : words
        .join('')
        .replace(/^(?:\$\(pwd\)|\$PWD|\$\{PWD\}|%cd%|\.)(?=$|\/)/i, '${workspace}')
        .replace(/^(?:\$HOME|\$\{HOME\})(?=$|\/)/, '~')
        .replace(/^\/\/(?=[a-z]+\/)/, '/');
}

/** Whether a place is a path; the name of a volume is none. */
export function isPath(place: string): boolean {
  return /^(?:\/|~(?:\/|$)|\$\{workspace\}(?:\/|$)|[A-Za-z]:[\\/])/.test(place);
}

/** Why no server gets this folder, as half a sentence; undefined where one may. What begins with the project is judged when it is known. */
export function whyNotOpened(place: string, home: string): string | undefined {
  const path = place.replace(/^~(?=$|\/)/, home);
  return /^(?:\/|[A-Za-z]:[\\/])/.test(path) ? whyNotFrom(path, { home, closed: [] }) : undefined;
}
