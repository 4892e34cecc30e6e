import type { ServerResponse } from 'node:http';

import { onOneLine } from '../oneLine.ts';
import { guardHeaders, smallBytes } from './replies.ts';

const headers = {
  ...guardHeaders,
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  // Proxies such as nginx would hold events back.
  'x-accel-buffering': 'no',
};
const tail = Buffer.from('\n\n');

/** Makes the response an event stream (WHATWG HTML, "Server-sent events"). */
export function beginEvents(response: ServerResponse, more: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { ...headers, ...more });
  response.flushHeaders();
}

/** One message as an event. `id` lets the client resume behind it. */
export function writeEvent(response: ServerResponse, id: string | undefined, pieces: readonly Buffer[]): void {
  const head = Buffer.from(id === undefined ? 'event: message\ndata: ' : `event: message\nid: ${id}\ndata: `);
  const all = [head, ...pieces.map(onOneLine), tail];
  const length = all.reduce((sum, piece) => sum + piece.length, 0);
  if (length <= smallBytes) {
    response.write(Buffer.concat(all, length));
    return;
  }
  all.forEach((piece) => response.write(piece));
}

/** An event without content, which gives the client an id to resume behind. */
export function writePrimer(response: ServerResponse, id: string): void {
  response.write(`id: ${id}\ndata: \n\n`);
}

/** Says that the stream is alive. */
export function writeComment(response: ServerResponse): void {
  response.write(': alive\n\n');
}
