import { isAbsolute, relative, sep } from 'node:path';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { linkTarget } from './linkTarget.ts';

/**
 * A project's file must be in the project: a link in a cloned repository could lead an
 * edit into the user's own files.
 */
export async function staysInside(folder: string, file: string): Promise<Result<null>> {
  const [root, target] = await Promise.all([linkTarget(folder), linkTarget(file)]);
  const way = relative(root, target);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? fail(problems.linkLeavesProject(file, target)) : ok(null);
}
