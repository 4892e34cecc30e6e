import { utf8Bytes, utf8Text } from './bytes.ts';
import { redact } from './redact.ts';
import type { Scanner } from './scanner.ts';

/** A line for people without what the scan takes for a secret. */
export function withoutSecrets(line: string, scanner: Scanner): string {
  const bytes = utf8Bytes(line);
  const shown = redact(bytes, scanner.scanText(bytes));
  return shown === bytes ? line : utf8Text(shown, 0, shown.length);
}
