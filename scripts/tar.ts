import { readFile } from 'node:fs/promises';

import { archiveEnd, archiveHeader, padding, type ArchiveEntry } from '../src/docker/archive.ts';

/** A file with its bytes or with where they are. */
export interface TarEntry extends ArchiveEntry {
  readonly data?: Uint8Array;
  readonly file?: string;
}

/** A tar archive, the same bytes for the same entries: no times. One file is in memory at a time. */
export async function* tar(entries: Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    const data = entry.data ?? (entry.file === undefined ? new Uint8Array() : await readFile(entry.file));
    yield archiveHeader(entry, data.length);
    yield data;
    yield padding(data.length);
  }
  yield archiveEnd;
}
