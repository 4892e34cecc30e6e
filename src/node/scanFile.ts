import { open } from 'node:fs/promises';
import { TextDecoder } from 'node:util';

import * as problems from '../core/problems.ts';
import type { ScanHit } from '../core/scan/hit.ts';
import type { Scanner } from '../core/scan/scanner.ts';
import type { ScannedBytes } from '../core/scan/stream.ts';
import { fail, ok, type Result } from '../shared/result.ts';

/** A secret in a text. */
export interface TextFinding {
  readonly rule: string;
  readonly title: string;
  readonly preview: string;
  /** UTF-16 code units of the text, from `start` up to and without `end`. A byte order mark counts. */
  readonly start: number;
  readonly end: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

export type ScannedText = { readonly kind: 'text'; readonly findings: readonly TextFinding[] } | { readonly kind: 'binary' };

/** What holds a zero byte in its first so many is no text, as git sees it. */
const firstBytes = 8_000;
const chunkSize = 256 * 1024;

/** Scans a file of any size, a pipe or a device as well; reads it in pieces. */
export async function scanFile(scanner: Scanner, path: string): Promise<Result<ScannedText>> {
  try {
    const file = await open(path, 'r');
    try {
      if ((await file.stat()).isDirectory()) {
        return fail(problems.fileUnreadable(path, 'It is a folder; name the files in it.'));
      }
      return ok(
        await scanChunks(scanner, file.createReadStream({ autoClose: false, highWaterMark: chunkSize }) as AsyncIterable<Uint8Array>),
      );
    } finally {
      await file.close();
    }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = isMissing ? 'there is no such file' : error instanceof Error ? error.message : String(error);
    return fail(problems.fileUnreadable(path, why));
  }
}

/** Scans text in UTF-8, or in UTF-16 with a byte order mark. */
export async function scanChunks(scanner: Scanner, chunks: AsyncIterable<Uint8Array>): Promise<ScannedText> {
  const places = new TextPlaces();
  const stream = scanner.stream();
  let begin: Buffer | undefined = Buffer.alloc(0);
  let decoder: TextDecoder | undefined;
  const take = (chunk: Uint8Array): void => {
    places.add(stream.push(decoder === undefined ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }))));
  };
  for await (const chunk of chunks) {
    if (begin === undefined) {
      take(chunk);
      continue;
    }
    begin = Buffer.concat([begin, chunk]);
    if (begin.length >= firstBytes) {
      decoder = decoderOf(begin);
      if (decoder === undefined && isBinary(begin)) {
        return { kind: 'binary' };
      }
      take(begin);
      begin = undefined;
    }
  }
  if (begin !== undefined) {
    decoder = decoderOf(begin);
    if (decoder === undefined && isBinary(begin)) {
      return { kind: 'binary' };
    }
    take(begin);
  }
  places.add(stream.end());
  return { kind: 'text', findings: places.findings };
}

function isBinary(begin: Buffer): boolean {
  return begin.subarray(0, firstBytes).includes(0);
}

function decoderOf(begin: Buffer): TextDecoder | undefined {
  const mark = begin.toString('latin1', 0, 2);
  const name = mark === '\u00ff\u00fe' ? 'utf-16le' : mark === '\u00fe\u00ff' ? 'utf-16be' : undefined;
  return name === undefined ? undefined : new TextDecoder(name, { ignoreBOM: true });
}

const lineFeed = 0x0a;

/** Counts characters and lines along the bytes of a text. */
class TextPlaces {
  readonly findings: TextFinding[] = [];
  private units = 0;
  private line = 1;
  private lineStart = 0;

  add({ bytes, hits }: ScannedBytes): void {
    let at = 0;
    for (const hit of hits) {
      at = this.count(bytes, at, Math.max(at, hit.start));
      this.findings.push(this.finding(bytes, hit));
    }
    this.count(bytes, at, bytes.length);
  }

  private finding(bytes: Uint8Array, { rule, title, preview, start, end }: ScanHit): TextFinding {
    const column = this.units - this.lineStart + 1;
    return { rule, title, preview, start: this.units, end: this.units + unitsIn(bytes, start, end), line: this.line, column };
  }

  private count(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    for (let feed = bytes.indexOf(lineFeed, at); feed !== -1 && feed < to; feed = bytes.indexOf(lineFeed, at)) {
      this.units += unitsIn(bytes, at, feed + 1);
      this.line++;
      this.lineStart = this.units;
      at = feed + 1;
    }
    this.units += unitsIn(bytes, at, to);
    return to;
  }
}

/** UTF-16 code units of a piece of UTF-8: one for each character, two for one of four bytes. */
function unitsIn(bytes: Uint8Array, from: number, to: number): number {
  let units = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    units += (byte & 0xc0) === 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
  }
  return units;
}
