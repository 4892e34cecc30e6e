import { link, rename, rm, unlink, writeFile, chmod } from 'node:fs/promises';
import { dirname } from 'node:path';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { DockerPlugin } from './dockerPlugin.ts';
import { makeFolder } from './makeFolder.ts';

/** Writes the plugin where there is none, or one of Wharf's. What appeared there meanwhile is left alone. */
export async function writeDockerPlugin(plugin: Exclude<DockerPlugin, { kind: 'foreign' }>, text: string): Promise<Result<string>> {
  const { path } = plugin;
  const draft = `${path}.${process.pid}`;
  try {
    makeFolder(dirname(path), 0o755);
    await writeFile(draft, text, { mode: 0o755, flag: 'wx' });
    await chmod(draft, 0o755);
    // A link is refused where something is; a rename would replace it.
    await (plugin.kind === 'none' ? link(draft, path) : rename(draft, path));
    return ok(path);
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EEXIST' && plugin.kind === 'none';
    return fail(
      isTaken
        ? problems.pluginForeign(path, 'it appeared just now')
        : problems.fileUnwritable(path, error instanceof Error ? error.message : String(error)),
    );
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

export async function removeDockerPlugin(path: string): Promise<Result<string>> {
  try {
    await unlink(path);
    return ok(path);
  } catch (error) {
    return fail(problems.fileUnwritable(path, error instanceof Error ? error.message : String(error)));
  }
}
