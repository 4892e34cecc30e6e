import type { ScanHit } from '../../core/scan/hit.ts';
import { placesOf } from '../../core/scan/jsonPlaces.ts';
import { redact } from '../../core/scan/redact.ts';
import type { Scanner } from '../../core/scan/scanner.ts';

const key = Buffer.from('"blob"');
const between = /[\s:]/;
const quote = 0x22;
const nothing: readonly never[] = [];

/** A message whose embedded files hold no secret any more, and what was found in them. */
export interface MaskedBlobs {
  readonly value: Buffer;
  readonly hits: readonly ScanHit[];
}

/** Looks into the Base64 of embedded resources (MCP, BlobResourceContents), which is a file as its reader sees it. */
export function maskBlobs(message: Buffer, scanner: Scanner, context: { readonly tool?: string }): MaskedBlobs {
  let at = message.indexOf(key);
  if (at === -1) {
    return { value: message, hits: nothing };
  }
  const pieces: Buffer[] = [];
  const hits: ScanHit[] = [];
  let done = 0;
  for (; at !== -1; at = message.indexOf(key, at + key.length)) {
    const span = textBehind(message, at + key.length);
    const file = Buffer.from(message.toString('latin1', span.start, span.end).replaceAll('\\/', '/'), 'base64');
    const found = scanner.scanText(file, context);
    if (found.length > 0) {
      const pointer = placesOf(message, [span])[0]?.pointer ?? '';
      hits.push(...found.map((hit) => ({ ...hit, ...span, pieces: nothing, pointer })));
      pieces.push(message.subarray(done, span.start), Buffer.from(Buffer.from(redact(file, found)).toString('base64')));
      done = span.end;
    }
  }
  return hits.length === 0 ? { value: message, hits } : { value: Buffer.concat([...pieces, message.subarray(done)]), hits };
}

/** The inside of the string that is the member's value; empty where it is none. */
function textBehind(message: Buffer, from: number): { readonly start: number; readonly end: number } {
  let start = from;
  while (start < message.length && between.test(String.fromCharCode(message[start] ?? 0))) {
    start++;
  }
  const end = message[start] === quote ? message.indexOf(quote, start + 1) : -1;
  return end === -1 ? { start, end: start } : { start: start + 1, end };
}
