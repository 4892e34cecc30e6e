import { withoutSecrets } from '../core/scan/withoutSecrets.ts';
import { nodeScanner } from '../node/scanning.ts';

const scanner = nodeScanner();

/** A line about a profile, without what looks like a secret: a file may hold what does not belong there. */
export function shownLine(line: string): string {
  return withoutSecrets(line, scanner);
}
