import { homedir } from 'node:os';
import { resolve } from 'node:path';

import * as problems from '../../core/problems.ts';
import type { WharfProgram } from '../../node/daemonProcess.ts';
import { dockerFolder, dockerPluginText, findDockerPlugin, otherDockerPlugin } from '../../node/dockerPlugin.ts';
import { removeDockerPlugin, writeDockerPlugin } from '../../node/dockerPluginFile.ts';
import { installLauncher, launcherPath } from '../../node/launcher.ts';
import type { Locations } from '../../node/locations.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { pluginUsers } from './pluginUsers.ts';

/** What came of it: words for people, and the file where nothing was written. */
export interface PluginOutcome {
  readonly words: readonly string[];
  readonly draft?: string;
}

interface Wish {
  readonly dryRun: boolean;
}

/** Makes `docker mcp …` run Wharf. A `docker-mcp` that Wharf did not write is never replaced, nor hidden. */
export async function installPlugin(locations: Locations, program: WharfProgram, { dryRun }: Wish): Promise<Result<PluginOutcome>> {
  if (process.platform === 'win32') {
    return fail(problems.pluginUnsupported());
  }
  const folder = dockerFolder(process.env, homedir());
  const plugin = await findDockerPlugin(folder);
  const other = await otherDockerPlugin(folder);
  if (plugin.kind === 'foreign' || other !== undefined) {
    return fail(plugin.kind === 'foreign' ? problems.pluginForeign(plugin.path, plugin.what) : problems.pluginElsewhere(other ?? ''));
  }
  const wharfHome = process.env['WHARF_HOME'] ?? '';
  const text = dockerPluginText({
    launcher: launcherPath(locations),
    wharfHome: wharfHome === '' ? undefined : resolve(wharfHome),
  });
  const isThere = plugin.kind === 'ours' && plugin.text === text;
  if (dryRun) {
    return ok({ words: [isThere ? `${plugin.path} is there already.` : `${plugin.path} would be:`], ...(isThere ? {} : { draft: text }) });
  }
  const launcher = await installLauncher(locations, program);
  const written = launcher.ok && !isThere ? await writeDockerPlugin(plugin, text) : launcher;
  return written.ok
    ? ok({
        words: [
          isThere ? `${plugin.path} is there already; nothing was written.` : `Wrote ${plugin.path}.`,
          'The Docker CLI has "docker mcp" now: what "wharf" does, "docker mcp" does too.',
        ],
      })
    : written;
}

/** Takes away what `installPlugin` wrote, and nothing else. The launcher stays, as Codex may start it. */
export async function removePlugin({ dryRun }: Wish): Promise<Result<PluginOutcome>> {
  const plugin = await findDockerPlugin(dockerFolder(process.env, homedir()));
  switch (plugin.kind) {
    case 'none':
      return ok({ words: [`There is no ${plugin.path}; nothing was removed.`] });
    case 'foreign':
      return fail(problems.pluginForeign(plugin.path, plugin.what));
    case 'ours': {
      const left = (await pluginUsers(process.cwd(), process.env)).map(
        (entry) =>
          `${entry} starts "docker mcp", which Wharf then no longer is: connect again with "wharf client connect codex", or take it out with "wharf client disconnect codex"; add --global for your own configuration.`,
      );
      if (dryRun) {
        return ok({ words: [`${plugin.path} would be removed.`, ...left] });
      }
      const removed = await removeDockerPlugin(plugin.path);
      return removed.ok ? ok({ words: [`Removed ${plugin.path}.`, ...left] }) : removed;
    }
  }
}
