import { notLookedAt, type ScanHit } from '../../core/scan/hit.ts';
import { placesOf } from '../../core/scan/jsonPlaces.ts';
import { markOf, redact } from '../../core/scan/redact.ts';
import type { ScanContext, Scanner } from '../../core/scan/scanner.ts';

const key = Buffer.from('"blob"');
const between = /[\s:]/;
const quote = 0x22;
const nothing: readonly never[] = [];
/** Embedded files in one message: more than any real answer has. */
const mostFiles = 1_000;

/** A message whose embedded files hold no secret any more, and what was found in them. */
export interface MaskedBlobs {
  readonly value: Buffer;
  readonly hits: readonly ScanHit[];
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A file with something in it. */
interface Hidden {
  readonly span: Span;
  /** Its Base64 without that. */
  readonly text: string;
  readonly found: readonly Pick<ScanHit, 'rule' | 'title' | 'preview' | 'secret'>[];
}

/**
 * Looks into the Base64 of embedded resources (MCP, BlobResourceContents), which is a file as its reader sees it.
 * What comes behind the first thousand files is masked unseen, and told once as `not-looked-at`.
 */
export function maskBlobs(message: Buffer, scanner: Scanner, context: ScanContext): MaskedBlobs {
  const hidden: Hidden[] = [];
  let files = 0;
  for (let at = message.indexOf(key); at !== -1; at = message.indexOf(key, at + key.length)) {
    const span = textBehind(message, at + key.length);
    if (span.end > span.start) {
      files++;
      const one = files <= mostFiles ? lookInto(message, span, scanner, context) : unseen(span, files === mostFiles + 1);
      if (one !== undefined) {
        hidden.push(one);
      }
    }
  }
  return hidden.length === 0 ? { value: message, hits: nothing } : { value: masked(message, hidden), hits: hitsOf(message, hidden) };
}

function lookInto(message: Buffer, span: Span, scanner: Scanner, context: ScanContext): Hidden | undefined {
  const file = Buffer.from(message.toString('latin1', span.start, span.end).replaceAll('\\/', '/'), 'base64');
  const found = scanner.scanText(file, context);
  return found.length === 0 ? undefined : { span, text: Buffer.from(redact(file, found)).toString('base64'), found };
}

function unseen(span: Span, isFirst: boolean): Hidden {
  const hit = { rule: notLookedAt, title: 'More embedded files than are looked at', preview: '' };
  return { span, text: markOf(hit), found: isFirst ? [hit] : nothing };
}

function masked(message: Buffer, hidden: readonly Hidden[]): Buffer {
  let done = 0;
  const pieces: Buffer[] = [];
  for (const { span, text } of hidden) {
    pieces.push(message.subarray(done, span.start), Buffer.from(text));
    done = span.end;
  }
  return Buffer.concat([...pieces, message.subarray(done)]);
}

/** The message is read once for the places of all. */
function hitsOf(message: Buffer, hidden: readonly Hidden[]): readonly ScanHit[] {
  const told = hidden.filter(({ found }) => found.length > 0);
  const places = placesOf(
    message,
    told.map(({ span }) => span),
  );
  return told.flatMap(({ span, found }, index) =>
    found.map((hit) => ({ ...hit, ...span, pieces: nothing, pointer: places[index]?.pointer ?? '' })),
  );
}

/** The inside of the string that is the member's value; empty where it is none. */
function textBehind(message: Buffer, from: number): Span {
  let start = from;
  while (start < message.length && between.test(String.fromCharCode(message[start] ?? 0))) {
    start++;
  }
  const end = message[start] === quote ? message.indexOf(quote, start + 1) : -1;
  return end === -1 ? { start, end: start } : { start: start + 1, end };
}
