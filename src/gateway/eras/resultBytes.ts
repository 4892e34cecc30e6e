import type { RequestId } from '../../shared/mcp.ts';
import { readMembers, type ReadObject } from './objectBytes.ts';

/** A response with a result that is an object. */
export interface ResultMessage {
  readonly id: RequestId;
  /** The result alone. */
  readonly value: Buffer;
  /** Its members, in `value`. */
  readonly read: ReadObject;
}

const headFirst = /^\{"jsonrpc":"2\.0","id":(-?(?:0|[1-9]\d{0,14})|"[^"\\]*"),"result":(?=\{)/;
const resultFirst = /^(?:\{"jsonrpc":"2\.0","result":|\{"result":)(?=\{)/;
const idLast = /((?:,"jsonrpc":"2\.0")?,"id":(-?(?:0|[1-9]\d{0,14})|"[^"\\]*")\})$/;
const endBytes = 200;

/**
 * Reads a response in the two ways that nearly everybody writes it, and walks through its result once; a result may have
 * many megabytes. undefined for everything else: that is read the long way.
 */
export function readResultMessage(message: Buffer): ResultMessage | undefined {
  const start = message.toString('latin1', 0, endBytes);
  const [head, idFirst] = headFirst.exec(start) ?? resultFirst.exec(start) ?? [];
  if (head === undefined) {
    return undefined;
  }
  const [, tail, id] =
    idFirst === undefined
      ? (idLast.exec(message.toString('latin1', Math.max(0, message.length - endBytes))) ?? [])
      : [undefined, '}', idFirst];
  if (tail === undefined || id === undefined || !/^[\x20-\x7e]+$/.test(id)) {
    return undefined;
  }
  const value = message.subarray(head.length, message.length - tail.length);
  const read = readMembers(value, 0);
  // Where the result does not reach to the end there is more beside it.
  return read?.end === value.length ? { id: JSON.parse(id) as RequestId, value, read } : undefined;
}
