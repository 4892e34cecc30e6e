import { join, resolve } from 'node:path';

import type { GatewayLauncher } from '../core/codexConfig/gatewayEntry.ts';
import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { dockerFolder, findDockerPlugin, findsSameState } from './dockerPlugin.ts';
import { launcherPath } from './launcher.ts';
import type { Locations } from './locations.ts';

/** Who asks how Codex shall start the gateway. */
export interface LauncherWish {
  /** Undefined takes what fits the file. */
  readonly wanted: 'wharf' | 'docker' | undefined;
  /** A project's file may be committed; the user's own is for this computer. */
  readonly isProject: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

export interface ChosenLauncher {
  readonly launcher: GatewayLauncher;
  /** The entry means the same on every computer that has `docker mcp`. */
  readonly isPortable: boolean;
}

/**
 * The user's own configuration gets Wharf's launcher, since a `docker` for each thread costs memory; a project's file gets the form
 * that means the same on every computer, where this one has Wharf as Docker's plugin.
 */
export async function chooseLauncher(
  locations: Locations,
  { wanted, isProject, env, home }: LauncherWish,
): Promise<Result<ChosenLauncher>> {
  const wharfHome = (env['WHARF_HOME'] ?? '') === '' ? undefined : resolve(env['WHARF_HOME'] ?? '');
  const ofWharfHome = wharfHome === undefined ? {} : { WHARF_HOME: wharfHome };
  const own: ChosenLauncher = {
    launcher: { command: launcherPath(locations), before: [], env: ofWharfHome },
    isPortable: false,
  };
  if (wanted === 'wharf' || (wanted === undefined && !isProject)) {
    return ok(own);
  }
  const folder = dockerFolder(env, home);
  const plugin = await findDockerPlugin(folder);
  if (plugin.kind !== 'ours') {
    return wanted === undefined ? ok(own) : fail(problems.pluginMissing(plugin.path));
  }
  // Codex passes none of these on.
  const needed = {
    ...(findsSameState(plugin.text, wharfHome) ? {} : ofWharfHome),
    ...(folder === join(home, '.docker') ? {} : { DOCKER_CONFIG: folder }),
  };
  const isPortable = Object.keys(needed).length === 0;
  return ok(isPortable || wanted === 'docker' ? { launcher: { command: 'docker', before: ['mcp'], env: needed }, isPortable } : own);
}
