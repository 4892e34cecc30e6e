import { notLookedAt, type ScanHit } from '../../core/scan/hit.ts';
import { placesOf } from '../../core/scan/jsonPlaces.ts';
import { markOf, redact } from '../../core/scan/redact.ts';
import type { ScanContext, Scanner } from '../../core/scan/scanner.ts';

const plainKey = Buffer.from('"blob"');
/** All escapes of the key's letters begin with this. */
const escapedLetter = Buffer.from(String.raw`\u006`);
/** In JSON as it may be written: the member's name up to its value. */
const anyKey = /"(?:b|\\u0062)(?:l|\\u006[cC])(?:o|\\u006[fF])(?:b|\\u0062)"\s*:\s*"/g;
const quote = 0x22;
const backslash = 0x5c;
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
  for (const span of filesIn(message)) {
    files++;
    const one = files <= mostFiles ? lookInto(message, span, scanner, context) : unseen(span, files === mostFiles + 1);
    if (one !== undefined) {
      hidden.push(one);
    }
  }
  return hidden.length === 0 ? { value: message, hits: nothing } : { value: masked(message, hidden), hits: hitsOf(message, hidden) };
}

function lookInto(message: Buffer, span: Span, scanner: Scanner, context: ScanContext): Hidden | undefined {
  const file = Buffer.from(unescaped(message.toString('latin1', span.start, span.end)), 'base64');
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

/** The insides of the strings that hold files. Most messages have none, and are not read. */
function filesIn(message: Buffer): readonly Span[] {
  if (!message.includes(plainKey) && !message.includes(escapedLetter)) {
    return nothing;
  }
  const spans: Span[] = [];
  for (const match of message.toString('latin1').matchAll(anyKey)) {
    const start = match.index + match[0].length;
    const end = endOfString(message, start);
    if (end > start) {
      spans.push({ start, end });
    }
  }
  return spans;
}

/** Where its closing quote is; `start` where it has none. */
function endOfString(message: Buffer, start: number): number {
  for (let at = message.indexOf(quote, start); at !== -1; at = message.indexOf(quote, at + 1)) {
    let escapes = 0;
    while (message[at - 1 - escapes] === backslash) {
      escapes++;
    }
    if (escapes % 2 === 0) {
      return at;
    }
  }
  return start;
}

/** What a string of JSON stands for; itself where it is none. */
function unescaped(inside: string): string {
  if (!inside.includes('\\')) {
    return inside;
  }
  try {
    return String(JSON.parse(`"${inside}"`));
  } catch {
    return inside;
  }
}
