import type { Problem } from '../../shared/problem.ts';
import * as problems from '../problems.ts';
import { utf8Bytes, utf8Text } from '../scan/bytes.ts';
import type { Scanner } from '../scan/scanner.ts';

/**
 * What looks like the value of a secret in the text of a profile, each with its place. A profile is committed, exported and pushed,
 * so that only references belong into it; whoever passes one on refuses it with the first of these.
 */
export function literalSecrets(text: string, file: string, scanner: Scanner): readonly Problem[] {
  const bytes = utf8Bytes(text);
  return scanner.scanText(bytes).map(({ start, title }) => {
    const before = utf8Text(bytes, 0, start);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    return problems.literalSecret({ file, line, column: before.length - lineStart + 1 }, title);
  });
}
