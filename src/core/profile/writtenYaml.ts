import { stringify } from 'yaml';

import type { Json } from './yamlText.ts';

/** A value over several lines, in the form that Docker's exports have: lists lie two columns behind their key. */
export function blockLines(value: Json): readonly string[] {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, blockQuote: 'literal' }).replace(/\n$/, '').split('\n');
}

/** The end of the line that holds `at`, before its line end. */
export function lineEndOf(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  const stop = end === -1 ? text.length : end;
  return text[stop - 1] === '\r' && stop > at ? stop - 1 : stop;
}
