import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { startupSecondsOf } from '../core/codexConfig/startupSeconds.ts';
import { codexHome } from './codexHome.ts';

/** A part of the time that Codex waits is left for the way of the answer. */
const share = 0.8;

/**
 * Milliseconds that the first list of tools may wait for servers: 80 % of what the configuration that applies in `cwd`
 * gives the gateway of this profile.
 */
export async function startupPatienceMs(profile: string, cwd: string): Promise<number> {
  const folders = [resolve(cwd)];
  for (let at = folders[0] ?? cwd; dirname(at) !== at; at = dirname(at)) {
    folders.unshift(dirname(at));
  }
  const files = [join(codexHome(process.env), 'config.toml'), ...folders.map((folder) => join(folder, '.codex', 'config.toml'))];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return startupSecondsOf(texts, profile) * 1000 * share;
}
