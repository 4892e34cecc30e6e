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
/** Bytes of a header, which is a line; longer ones are none. */
export const longestHeader = 256 * 1024;
/** Bytes of it for what could not be used, after the rest of it. */
const skippedShare = 128 * 1024;
const mostSkipped = 500;
/** Characters of what a stranger's catalogue says of itself. */
const [longestTitle, longestName, longestReason, longestValidator] = [200, 100, 300, 1000];

export function catalogsFolder(locations: Pick<Locations, 'dataFolder'>): string {
  return join(locations.dataFolder, 'catalogs');
}

export function storedPath(locations: Pick<Locations, 'dataFolder'>, ref: string): string {
  return join(catalogsFolder(locations), `${createHash('sha256').update(ref).digest('hex').slice(0, 32)}${ending}`);
}

export function isStoredName(name: string): boolean {
  return /^[0-9a-f]{32}\.catalog$/.test(name);
}

/** Without more words than a header has room for: they are those of whoever made the catalogue. */
export function boundedHeader(header: StoredHeader): StoredHeader {
  const { title, skipped, validators } = header;
  const isShort = [validators?.etag, validators?.lastModified].every((one) => (one?.length ?? 0) <= longestValidator);
  return {
    ...header,
    title: title.slice(0, longestTitle),
    validators: isShort ? validators : null,
    skipped: skipped.map(({ name, why }) => ({ name: name.slice(0, longestName), why: why.slice(0, longestReason) })),
  };
}

export function storedText(header: StoredHeader, payload: string): string {
  let bytes = 0;
  const skipped = header.skipped.slice(0, mostSkipped).filter((one) => {
    bytes += Buffer.byteLength(JSON.stringify(one)) + 1;
    return bytes <= skippedShare;
  });
  return `${JSON.stringify({ ...header, skipped })}\n${payload}`;
}

/** Whether a later version of Wharf wrote it, so that it is whole and only not for this one. */
export function isOfNewerWharf(text: string): boolean {
  const value = firstLine(text)?.value;
  return isRecord(value) && typeof value['format'] === 'number' && value['format'] > 1;
}

function firstLine(text: string): { readonly value: unknown; readonly end: number } | undefined {
  const end = text.slice(0, longestHeader).indexOf('\n');
  return end < 0 ? undefined : { value: json(text.slice(0, end)), end };
}

/** The header and where the payload begins. `text` may be only the beginning of the file. */
export function readStoredHeader(text: string, file: string): Result<{ readonly header: StoredHeader; readonly payloadAt: number }> {
  const { value, end } = firstLine(text) ?? { value: undefined, end: 0 };
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
