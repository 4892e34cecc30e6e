import { createHash } from 'node:crypto';

import type { Latin1 } from '../core/scan/bytes.ts';
import { Scanner, type ScannerOptions } from '../core/scan/scanner.ts';

const latin1: Latin1 = (bytes, start, end) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);

/** SHA-256 of a text in UTF-8, in small hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A scanner that uses what Node does faster. */
export function nodeScanner(options: Omit<ScannerOptions, 'latin1' | 'sha256'> = {}): Scanner {
  return new Scanner({ ...options, latin1, sha256 });
}
