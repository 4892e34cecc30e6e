import { shownContent } from '../core/profile/shownContent.ts';
import { changedLines } from '../core/profile/textDiff.ts';
import { withoutSecrets } from '../core/scan/withoutSecrets.ts';
import { allowedContent } from '../node/allowances.ts';
import type { Locations } from '../node/locations.ts';
import type { ProfileFile } from '../node/profileFiles.ts';
import { nodeScanner } from '../node/scanning.ts';

/**
 * What changed in a profile since its user allowed it, line by line: `-` was allowed, `+` is new. Null where nothing was allowed, or
 * where that was not kept, as before Wharf kept it. What a file should not hold is not shown.
 */
export async function allowedChange(locations: Locations, { path, content }: ProfileFile): Promise<readonly string[] | null> {
  const before = await allowedContent(locations, path);
  const scanner = nodeScanner();
  return before === null ? null : changedLines(shownContent(before), shownContent(content)).map((line) => withoutSecrets(line, scanner));
}
