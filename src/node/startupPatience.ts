import { dirname, join, resolve } from 'node:path';

import { defaultStartupSeconds, startupSecondsOf } from '../core/codexConfig/startupSeconds.ts';
import type { SessionSelection } from '../shared/controlProtocol.ts';
import { codexHome } from './codexHome.ts';
import { profileHandle } from './profileHandle.ts';
import { readTextFile } from './textFile.ts';

/** A part of the time that Codex waits is left for the way of the answer. */
const share = 0.8;
/** The files are those of any repository: what is larger is not read. */
const configLimit = 1024 * 1024;
const longestSeconds = 600;

/**
 * Milliseconds that the first list of tools may wait for servers: 80 % of what the configuration that applies in `cwd`
 * gives the gateway of this profile.
 */
export async function startupPatienceMs(
  profile: { readonly id: string; readonly path: string },
  selection: SessionSelection,
  cwd: string,
): Promise<number> {
  const folders = [resolve(cwd)];
  for (let at = folders[0] ?? cwd; dirname(at) !== at; at = dirname(at)) {
    folders.unshift(dirname(at));
  }
  const files = [join(codexHome(process.env), 'config.toml'), ...folders.map((folder) => join(folder, '.codex', 'config.toml'))];
  const texts = await Promise.all(files.map(textOf));
  const seconds = startupSecondsOf(texts, { ...profile, handle: profileHandle(selection) });
  return (seconds > 0 ? Math.min(seconds, longestSeconds) : defaultStartupSeconds) * 1000 * share;
}

async function textOf(file: string): Promise<string> {
  const read = await readTextFile(file, configLimit);
  return read.ok ? read.value.text : '';
}
