import type { IncomingMessage, ServerResponse } from 'node:http';

import { messageOf } from '../../node/envelope.ts';
import { errorCodes, type JsonRpcError, type RequestId } from '../../shared/mcp.ts';

export type Headers = Readonly<Record<string, string | number>>;

/** Pieces up to this size are put together before they are written. */
export const smallBytes = 16 * 1024;
const none = Buffer.alloc(0);
/** Answers are for whoever asked, and what they say they are. */
export const guardHeaders = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

/** Answers with JSON, given as its pieces. */
export function sendJson(response: ServerResponse, status: number, pieces: readonly Buffer[], more: Headers = {}): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  response.writeHead(status, { ...guardHeaders, 'content-type': 'application/json', 'content-length': length, ...more });
  if (length <= smallBytes && pieces.length > 1) {
    response.end(Buffer.concat(pieces, length));
    return;
  }
  pieces.slice(0, -1).forEach((piece) => response.write(piece));
  response.end(pieces.at(-1) ?? none);
}

/** Answers without a body. */
export function sendNothing(response: ServerResponse, status: number, more: Headers = {}): void {
  response.writeHead(status, status === 204 ? { ...guardHeaders, ...more } : { ...guardHeaders, 'content-length': 0, ...more }).end();
}

/** Answers with a JSON-RPC error. Without an id where the request's is not known. */
export function sendError(response: ServerResponse, status: number, error: JsonRpcError, id?: RequestId | null, more: Headers = {}): void {
  sendJson(response, status, [messageOf(id === undefined ? { error } : { id, error })], more);
}

/** Refuses a request that belongs to no session, in words: clients show their users the body. */
export function sendRefusal(response: ServerResponse, status: number, message: string, more: Headers = {}): void {
  sendError(response, status, { code: errorCodes.invalidRequest, message }, null, more);
}

/** Calls `action`, perhaps twice, when the response is through or its client is gone. */
export function whenGone(request: IncomingMessage, response: ServerResponse, action: () => void): void {
  response.on('close', action);
  if (response.socket === null) {
    // It waits for an earlier one on the same connection. Only newer Nodes tell it of the connection's end.
    request.socket.once('close', action);
  }
}
