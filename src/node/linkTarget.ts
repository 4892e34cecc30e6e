import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** As many links in a row as Linux follows (path_resolution(7)). */
const linkLimit = 40;

/** The real path that a path leads to through symbolic links, also where the last of them points to nothing yet. */
export async function linkTarget(path: string, depth = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    if (parent === path) {
      return path;
    }
    const folder = await linkTarget(parent, depth);
    const next = await readlink(path).catch(() => undefined);
    return next === undefined || depth === linkLimit ? join(folder, basename(path)) : linkTarget(resolve(folder, next), depth + 1);
  }
}
