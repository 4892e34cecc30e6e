import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import * as problems from '../../core/problems.ts';
import { catalogArtifact } from '../../core/registry/artifact.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { discard, isCode, takeLock } from '../fileLock.ts';
import type { Locations } from '../locations.ts';
import { ensurePrivateFolder } from '../privateFolder.ts';
import { artifactDigest } from '../registry/artifacts.ts';
import { readTextFile, replaceTextFile, type TextFile } from '../textFile.ts';
import {
  boundedHeader,
  catalogsFolder,
  isOfNewerWharf,
  isStoredName,
  longestHeader,
  longestStored,
  readStoredHeader,
  storedPath,
  storedText,
  type StoredHeader,
} from './storedFile.ts';

type DataFolder = Pick<Locations, 'dataFolder'>;

/** One file of the store, by its header alone. */
export type ListedCatalogue =
  | { readonly kind: 'usable'; readonly file: string; readonly header: StoredHeader }
  | { readonly kind: 'broken'; readonly file: string; readonly problem: Problem };

/** A whole file of the store. `payload` is what Docker would have in a registry. */
export interface StoredCatalogue {
  readonly file: TextFile;
  readonly header: StoredHeader;
  readonly payload: string;
}

/** A file of the store that a new one takes the place of. `header`: null where it is damaged. */
export type ReplacedFile = Omit<StoredCatalogue, 'header'> & { readonly header: StoredHeader | null };

/** What is to be kept; the rest of its header is known by the store. */
export type NewCatalogue = Pick<StoredHeader, 'ref' | 'title' | 'source' | 'entries' | 'checkedAt' | 'validators' | 'skipped'> & {
  readonly payload: string;
};

/** The manifest's digest of a payload, in hexadecimal as Docker prints it. */
export function catalogueDigest(payload: string): string {
  return artifactDigest({ artifactType: catalogArtifact, content: Buffer.from(payload) }).replace('sha256:', '');
}

/** Every catalogue of this computer but the built-in one, the oldest first. What cannot be used is listed with its problem. */
export async function listStored(locations: DataFolder): Promise<readonly ListedCatalogue[]> {
  const folder = catalogsFolder(locations);
  const names = await readdir(folder).catch((): string[] => []);
  const found = await Promise.all(names.filter(isStoredName).map((name) => glanceAt(join(folder, name))));
  return found.flatMap((one) => one ?? []).toSorted((a, b) => (addedAt(a) < addedAt(b) ? -1 : 1));
}

function addedAt(one: ListedCatalogue): string {
  return one.kind === 'usable' ? one.header.addedAt : '~';
}

async function glanceAt(file: string): Promise<ListedCatalogue | undefined> {
  try {
    const handle = await open(file);
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(longestHeader), 0, longestHeader, 0);
      const read = readStoredHeader(buffer.subarray(0, bytesRead).toString('utf8'), file);
      return read.ok ? { kind: 'usable', file, header: read.value.header } : { kind: 'broken', file, problem: read.problem };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return isCode(error, 'ENOENT') ? undefined : { kind: 'broken', file, problem: problems.fileUnreadable(file, (error as Error).message) };
  }
}

/** Null where there is none of this reference. */
export async function readStored(locations: DataFolder, ref: string): Promise<Result<StoredCatalogue | null>> {
  const found = await readReplaced(locations, ref);
  if (!found.ok || found.value === null) {
    return found.ok ? ok(null) : found;
  }
  const { file, header, payload } = found.value;
  return header === null ? (readStoredHeader(file.text, file.path) as Result<never>) : ok({ file, header, payload });
}

/** The same for whoever puts another in its place: a damaged one may be replaced, one of a newer Wharf may not. */
export async function readReplaced(locations: DataFolder, ref: string): Promise<Result<ReplacedFile | null>> {
  const file = await readTextFile(storedPath(locations, ref), longestStored);
  if (!file.ok) {
    return file;
  }
  if (file.value.hash === null) {
    return ok(null);
  }
  const { text, path } = file.value;
  const read = readStoredHeader(text, path);
  if (!read.ok) {
    return isOfNewerWharf(text) ? read : ok({ file: file.value, header: null, payload: '' });
  }
  const { header, payloadAt } = read.value;
  return ok({ file: file.value, header, payload: text.slice(payloadAt) });
}

/**
 * Keeps a catalogue in place of the one of before, `before`, which it must still be. A copy of one that was made here, or that is
 * damaged, is kept with the backups. Fails, and writes nothing, where what it would write could not be read again.
 */
export async function writeStored(
  locations: DataFolder,
  catalogue: NewCatalogue,
  before: ReplacedFile | null,
): Promise<Result<StoredHeader>> {
  const folder = ensurePrivateFolder(catalogsFolder(locations));
  if (!folder.ok) {
    return folder;
  }
  const header = headerOf(catalogue, before);
  const { payload } = catalogue;
  const path = storedPath(locations, catalogue.ref);
  const file = before?.file ?? { path, text: '', hash: null };
  const isPrecious = before !== null && (before.header === null || (before.header.checkedAt === null && before.payload !== payload));
  const text = storedText(header, payload);
  if (Buffer.byteLength(text) > longestStored) {
    return fail(problems.catalogTooLarge(catalogue.ref, '16 MB'));
  }
  const readAgain = readStoredHeader(Buffer.from(text.slice(0, longestHeader)).subarray(0, longestHeader).toString('utf8'), path);
  if (!readAgain.ok) {
    return readAgain;
  }
  const written = await replaceTextFile(file, text, isPrecious ? join(locations.dataFolder, 'backups') : null, 0o600);
  return written.ok ? ok(header) : written;
}

/** What the store would say of it. */
export function headerOf({ payload, ...said }: NewCatalogue, before: ReplacedFile | null): StoredHeader {
  const addedAt = before?.header?.addedAt ?? new Date().toISOString();
  return boundedHeader({ format: 1, ...said, digest: catalogueDigest(payload), addedAt });
}

/** Whether there was one. */
export async function removeStored(locations: DataFolder, ref: string): Promise<Result<boolean>> {
  const path = storedPath(locations, ref);
  const lock = `${path}.wharf-lock`;
  try {
    await takeLock(lock);
  } catch (error) {
    return isCode(error, 'ENOENT') ? ok(false) : fail(problems.fileUnwritable(path, (error as Error).message));
  }
  try {
    await rm(path);
    return ok(true);
  } catch (error) {
    return isCode(error, 'ENOENT') ? ok(false) : fail(problems.fileUnwritable(path, (error as Error).message));
  } finally {
    await discard(lock);
  }
}
