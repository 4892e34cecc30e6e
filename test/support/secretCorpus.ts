import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A text of ../shared/data/secret-corpus.json.gz. */
export interface CorpusText {
  readonly file: string;
  /** null for a clean text. */
  readonly kind: string | null;
  readonly start?: number;
  readonly end?: number;
  readonly text: string;
}

export function readCorpus(path: string): readonly CorpusText[] {
  return JSON.parse(gunzipSync(readFileSync(path)).toString()) as readonly CorpusText[];
}
