import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { isRecord } from '../../core/provenance/json.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';

/** Bytes of a catalogue's document, wherever it comes from. Docker's own has less than a tenth of it. */
export const longestCatalogue = 16 * 1024 ** 2;
/** Bytes of a file of the store: what a text file may have. */
export const longestStored = 16 * 1024 ** 2;

/** What the store says of a catalogue: the first line of its file, before Docker's payload. */
export interface StoredHeader {
  readonly format: 1;
  readonly ref: string;
  readonly title: string;
  readonly source: string;
  /** Of the manifest that the payload has, or would have, in a registry: hexadecimal. */
  readonly digest: string;
  /** How many servers can be used. */
  readonly entries: number;
  /** ISO 8601. It decides the order of those that no list names. */
  readonly addedAt: string;
  /** When it was last seen to be current, in ISO 8601; null for one that was made here. */
  readonly checkedAt: string | null;
  /** What the source calls this version, so that it need not send it again. */
  readonly validators: Validators | null;
  /** Entries of the source that could not be used. */
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

/** `ETag` and `Last-Modified` of an answer. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

const ending = '.catalog';
/** Characters; longer ones are no header. */
const longestHeader = 256 * 1024;
const mostSkipped = 500;

export function catalogsFolder(locations: Pick<Locations, 'dataFolder'>): string {
  return join(locations.dataFolder, 'catalogs');
}

export function storedPath(locations: Pick<Locations, 'dataFolder'>, ref: string): string {
  return join(catalogsFolder(locations), `${createHash('sha256').update(ref).digest('hex').slice(0, 32)}${ending}`);
}

export function isStoredName(name: string): boolean {
  return /^[0-9a-f]{32}\.catalog$/.test(name);
}

export function storedText(header: StoredHeader, payload: string): string {
  return `${JSON.stringify({ ...header, skipped: header.skipped.slice(0, mostSkipped) })}\n${payload}`;
}

/** The header and where the payload begins. `text` may be only the beginning of the file. */
export function readStoredHeader(text: string, file: string): Result<{ readonly header: StoredHeader; readonly payloadAt: number }> {
  const end = text.slice(0, longestHeader).indexOf('\n');
  const value = end < 0 ? undefined : json(text.slice(0, end));
  if (!isRecord(value) || typeof value['ref'] !== 'string') {
    return fail(problems.catalogFileBroken(file, null, 'it is none that Wharf wrote, or it is damaged'));
  }
  if (value['format'] !== 1) {
    return fail(problems.catalogFileBroken(file, value['ref'], 'a newer version of Wharf wrote it'));
  }
  return isHeader(value)
    ? ok({ header: value, payloadAt: end + 1 })
    : fail(problems.catalogFileBroken(file, value['ref'], 'its first line is damaged'));
}

function isHeader(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & StoredHeader {
  const { checkedAt, validators, skipped } = value;
  return (
    ['ref', 'title', 'source', 'digest', 'addedAt'].every((key) => typeof value[key] === 'string') &&
    typeof value['entries'] === 'number' &&
    (checkedAt === null || typeof checkedAt === 'string') &&
    (validators === null || isRecord(validators)) &&
    Array.isArray(skipped)
  );
}

/** The first that was left out, in half a sentence. */
export function firstOf(skipped: StoredHeader['skipped']): string | undefined {
  const [first] = skipped;
  return first && `${first.name === '' ? 'a server' : `"${first.name}"`} is left out, as ${first.why}`;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
