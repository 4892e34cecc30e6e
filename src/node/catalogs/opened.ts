import { readFileSync, statSync, type BigIntStats } from 'node:fs';

import { readCatalogueJson } from '../../core/catalog/catalogueJson.ts';
import type { CatalogEntry, CatalogueContent } from '../../core/catalog/entry.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { isCode } from '../fileLock.ts';
import { longestStored, readStoredHeader, type StoredHeader } from './storedFile.ts';

/** A catalogue of the store with what is in it. */
export interface OpenedCatalogue {
  readonly header: StoredHeader;
  readonly content: CatalogueContent;
  readonly byName: ReadonlyMap<string, CatalogEntry>;
}

interface Known {
  /** Differs when the file was written or replaced. */
  readonly identity: string;
  readonly opened: Result<OpenedCatalogue>;
}

const lastOpened = new Map<string, Known>();
const mostKept = 10;

/** A file of the store, understood once while it is the same file of the same size and time. Null where there is none. */
export function openStored(path: string): Result<OpenedCatalogue> | null {
  let facts: BigIntStats;
  try {
    facts = statSync(path, { bigint: true });
  } catch (error) {
    return isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR') ? null : fail(problems.fileUnreadable(path, (error as Error).message));
  }
  const { dev, ino, size, mtimeNs, ctimeNs } = facts;
  const identity = [dev, ino, size, mtimeNs, ctimeNs].join(':');
  const last = lastOpened.get(path);
  if (last?.identity === identity) {
    return last.opened;
  }
  const isUsual = facts.isFile() && size <= longestStored;
  const opened = isUsual ? open(path) : fail(problems.fileUnreadable(path, 'it is no file, or too large'));
  if (lastOpened.size >= mostKept) {
    lastOpened.clear();
  }
  lastOpened.set(path, { identity, opened });
  return opened;
}

function open(path: string): Result<OpenedCatalogue> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fail(problems.fileUnreadable(path, (error as Error).message));
  }
  const read = readStoredHeader(text, path);
  if (!read.ok) {
    return read;
  }
  const { header, payloadAt } = read.value;
  const content = readCatalogueJson(text.slice(payloadAt), header.ref);
  return content.ok
    ? ok({ header, content: content.value, byName: new Map(content.value.entries.map((entry) => [entry.name, entry])) })
    : fail(problems.catalogFileBroken(path, header.ref, content.problem.message));
}
