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
import { catalogsFolder, isStoredName, longestStored, readStoredHeader, storedPath, storedText, type StoredHeader } from './storedFile.ts';

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

/** What is to be kept; the rest of its header is known by the store. */
export type NewCatalogue = Pick<StoredHeader, 'ref' | 'title' | 'source' | 'entries' | 'checkedAt' | 'validators' | 'skipped'> & {
  readonly payload: string;
};

/** Bytes that are read of a file to find its header. */
const glance = 256 * 1024;

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
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(glance), 0, glance, 0);
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
  const file = await readTextFile(storedPath(locations, ref), longestStored);
  if (!file.ok) {
    return file;
  }
  if (file.value.hash === null) {
    return ok(null);
  }
  const { text, path } = file.value;
  const read = readStoredHeader(text, path);
  return read.ok ? ok({ file: file.value, header: read.value.header, payload: text.slice(read.value.payloadAt) }) : read;
}

/**
 * Keeps a catalogue in place of the one of before, `before`, which it must still be. Fails where that is one that this version cannot
 * read. A copy of one that was made here is kept with the backups.
 */
export async function writeStored(
  locations: DataFolder,
  catalogue: NewCatalogue,
  before: StoredCatalogue | null,
): Promise<Result<StoredHeader>> {
  const folder = ensurePrivateFolder(catalogsFolder(locations));
  if (!folder.ok) {
    return folder;
  }
  const header = headerOf(catalogue, before);
  const { payload } = catalogue;
  const path = storedPath(locations, catalogue.ref);
  const file = before?.file ?? { path, text: '', hash: null };
  const isPrecious = before !== null && before.header.checkedAt === null && before.payload !== payload;
  const text = storedText(header, payload);
  if (Buffer.byteLength(text) > longestStored) {
    return fail(problems.catalogTooLarge(catalogue.ref, '16 MB'));
  }
  const written = await replaceTextFile(file, text, isPrecious ? join(locations.dataFolder, 'backups') : null, 0o600);
  return written.ok ? ok(header) : written;
}

/** What the store would say of it. */
export function headerOf({ payload, ...said }: NewCatalogue, before: StoredCatalogue | null): StoredHeader {
  return { format: 1, ...said, digest: catalogueDigest(payload), addedAt: before?.header.addedAt ?? new Date().toISOString() };
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
