import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { readDockerProfiles, type DockerProfile } from '../core/imports/dockerProfiles.ts';
import * as problems from '../core/problems.ts';
import { isRecord, textOf } from '../core/provenance/json.ts';
import { fail, type Result } from '../shared/result.ts';
import { runTool } from './runTool.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Docker's command starts slowly, and its list has every tool of every server. */
const patienceMs = 30_000;
const longestList = 32 * 1024 * 1024;

/**
 * Asks an installed `docker mcp` for its profiles. Only where its plugin is Docker's own: Wharf's has no other profiles than Wharf.
 * Fails with `dockerMcpMissing` where there is none, and `dockerMcpFailed` for one that does not answer.
 */
export async function dockerProfiles(env: Environment): Promise<Result<readonly DockerProfile[]>> {
  const plugin = pluginFolders(env)
    .map((folder) => join(folder, process.platform === 'win32' ? 'docker-mcp.exe' : 'docker-mcp'))
    .find((path) => existsSync(path));
  if (plugin === undefined) {
    return fail(problems.dockerMcpMissing('there is no plugin "docker-mcp" of the Docker CLI on this computer'));
  }
  const told = await runTool({ command: plugin, args: ['docker-cli-plugin-metadata'], env, input: '', timeoutMs: patienceMs });
  if (told.kind === 'failed' || told.code !== 0) {
    return fail(problems.dockerMcpFailed(plugin, told.kind === 'failed' ? told.reason : `it ended with code ${told.code}: ${told.stderr}`));
  }
  if (!/^docker\b/i.test(vendorOf(told.stdout.toString('utf8')) ?? '')) {
    return fail(problems.dockerMcpMissing(`${plugin} is not Docker's own`));
  }
  const args = ['mcp', 'profile', 'list', '--format', 'json'];
  const listed = await runTool({ command: plugin, args, env, input: '', timeoutMs: patienceMs, longestOutput: longestList });
  return listed.kind === 'failed' || listed.code !== 0
    ? fail(
        problems.dockerMcpFailed(plugin, listed.kind === 'failed' ? listed.reason : `it ended with code ${listed.code}: ${listed.stderr}`),
      )
    : readDockerProfiles(listed.stdout.toString('utf8'), 'docker mcp');
}

/** Where the Docker CLI looks for plugins, in its order. */
function pluginFolders(env: Environment): readonly string[] {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  const own = env['DOCKER_CONFIG'] ?? '';
  const system =
    process.platform === 'win32'
      ? ['ProgramData', 'ProgramFiles'].map((name) => join(env[name] ?? 'C:\\', 'Docker', 'cli-plugins'))
      : ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map((folder) => `${folder}/docker/cli-plugins`);
  return [join(own === '' ? join(home, '.docker') : own, 'cli-plugins'), ...system];
}

function vendorOf(metadata: string): string | null {
  try {
    const value: unknown = JSON.parse(metadata);
    return isRecord(value) ? textOf(value['Vendor']) : null;
  } catch {
    return null;
  }
}
