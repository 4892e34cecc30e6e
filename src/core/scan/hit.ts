import type { Finding } from '../../shared/findings.ts';
import type { Piece } from './jsonPlaces.ts';

/** Something secret in a message, and where. Holds nothing of the secret itself. */
export interface ScanHit {
  readonly rule: string;
  readonly title: string;
  /** Name of the secret that a server was given, where it is one. */
  readonly secret?: string;
  /** Bytes of the message, from `start` up to and without `end`. */
  readonly start: number;
  readonly end: number;
  /** What of them can be replaced; more than one piece where a secret goes over several strings. */
  readonly pieces: readonly Piece[];
  /** JSON pointer; empty for what is no JSON. */
  readonly pointer: string;
  /** At most four characters that all secrets of the kind begin with, and the length: `ghp_…(40)`. */
  readonly preview: string;
}

/** Rule of a value that a server was given. */
export const injectedRule = 'injected-secret';

/** Rule of the rest of a text that was not looked at, as it is made to look like secrets all over. */
export const notLookedAt = 'not-looked-at';

export function previewOf(known: string, length: number): string {
  return `${known.slice(0, 4)}…(${length})`;
}

export function findingOf(hit: ScanHit, where: Finding['where'], action: Finding['action']): Finding {
  const { rule, title, pointer, preview, secret } = hit;
  return { rule, title, kind: 'secret', where, pointer, preview, action, ...(secret === undefined ? {} : { secret }) };
}
