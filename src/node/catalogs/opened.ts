import { readFileSync, statSync, type BigIntStats } from 'node:fs';

import { readCatalogueJson } from '../../core/catalog/catalogueJson.ts';
import type { CatalogEntry, CatalogueContent } from '../../core/catalog/entry.ts';
import { readCatalogue } from '../../core/catalog/readCatalogue.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { isCode } from '../fileLock.ts';
import { longestStored, readStoredHeader, stampOf, type StoredHeader } from './storedFile.ts';

/** What a file has, understood. */
interface Content {
  readonly content: CatalogueContent;
  readonly byName: ReadonlyMap<string, CatalogEntry>;
}

/** A catalogue of the store with what is in it. */
export interface OpenedCatalogue extends Content {
  readonly header: StoredHeader;
  /** What Docker would have in a registry. */
  readonly payload: string;
}

interface Known<T> {
  readonly identity: string;
  readonly read: Result<T>;
}

const mostKnown = 30;

/** Reads files when they are asked for, and each only once while it is the same file of the same size and time. */
class Reading<T> {
  private readonly known = new Map<string, Known<T>>();
  private readonly understand: (text: string, path: string) => Result<T>;

  constructor(understand: (text: string, path: string) => Result<T>) {
    this.understand = understand;
  }

  /** Null where there is none. */
  read(path: string): Result<T> | null {
    let facts: BigIntStats;
    try {
      facts = statSync(path, { bigint: true });
    } catch (error) {
      return isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR') ? null : fail(problems.fileUnreadable(path, (error as Error).message));
    }
    const { dev, ino, size, mtimeNs } = facts;
    const identity = [dev, ino, size, mtimeNs].join(':');
    const known = this.known.get(path);
    if (known?.identity === identity) {
      return known.read;
    }
    const read =
      facts.isFile() && size <= longestStored ? this.open(path) : fail(problems.fileUnreadable(path, 'it is no file, or too large'));
    if (this.known.size >= mostKnown) {
      this.known.clear();
    }
    this.known.set(path, { identity, read });
    return read;
  }

  private open(path: string): Result<T> {
    try {
      return this.understand(readFileSync(path, 'utf8'), path);
    } catch (error) {
      if (error instanceof Error && 'code' in error) {
        return fail(problems.fileUnreadable(path, error.message));
      }
      throw error;
    }
  }
}

const stored = new Reading<OpenedCatalogue>((text, path) => {
  const read = readStoredHeader(text, path);
  if (!read.ok) {
    return read;
  }
  const { header, payloadAt } = read.value;
  const payload = text.slice(payloadAt);
  const content = readCatalogueJson(payload, header.ref);
  return content.ok
    ? ok({ header, payload, ...indexed(content.value) })
    : fail(problems.catalogFileBroken(path, header.ref, content.problem.message));
});

const plain = new Reading<Content>((text, path) => {
  const content = readCatalogue(text, path);
  return content.ok ? ok(indexed(content.value)) : content;
});

/** A file of the store. Null where there is none. */
export function openStored(path: string): Result<OpenedCatalogue> | null {
  return stored.read(path);
}

/**
 * The newest word of a catalogue: where it came from a file of the user's that changed since, that file, as long as it can be read.
 */
export function newest({ header, content, byName }: OpenedCatalogue): Content {
  const path = writtenFile(header.source);
  const facts = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (path === undefined || facts === undefined || stampOf(facts).etag === header.validators?.etag) {
    return { content, byName };
  }
  const live = plain.read(path);
  return live?.ok === true ? live.value : { content, byName };
}

/** The file that a catalogue of one file came from. */
export function writtenFile(source: string): string | undefined {
  const [, path] = /^file:(.*\.(?:ya?ml|json))$/is.exec(source) ?? [];
  return path;
}

function indexed(content: CatalogueContent): Content {
  return { content, byName: new Map(content.entries.map((entry) => [entry.name, entry])) };
}
