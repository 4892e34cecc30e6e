import { lstat, readFile, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { version } from '../shared/version.ts';
import { readTextFile } from './textFile.ts';

/** The second line of a plugin that Wharf wrote. A file without it is somebody else's. */
const marker = '# Wharf as a plugin of the Docker CLI: "wharf plugin install" wrote this file, "wharf plugin remove" takes it away.';

const pluginName = 'docker-mcp';
/** Bytes; the plugin has a tenth of it. */
const longestPlugin = 16 * 1024;
/** Where the Docker CLI looks for everybody's plugins, after the user's own (cli-plugins/manager/manager_unix.go). */
const systemFolders: readonly string[] = [
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
];

/** What lies where the Docker CLI looks for the user's own `docker mcp`. */
export type DockerPlugin =
  | { readonly kind: 'none'; readonly path: string }
  | { readonly kind: 'ours'; readonly path: string; readonly text: string }
  /** `what` is half a sentence. */
  | { readonly kind: 'foreign'; readonly path: string; readonly what: string };

/** What the plugin runs. */
export interface PluginTarget {
  readonly launcher: string;
  /** What `WHARF_HOME` is where the caller sets none; undefined is the usual folders. */
  readonly wharfHome: string | undefined;
}

/** The folder of the Docker CLI's configuration. */
export function dockerFolder(env: NodeJS.ProcessEnv, home: string): string {
  const own = env['DOCKER_CONFIG'] ?? '';
  return own === '' ? join(home, '.docker') : resolve(own);
}

/** Looks at the user's own plugin `mcp` in a folder of the Docker CLI's configuration. */
export async function findDockerPlugin(folder: string): Promise<DockerPlugin> {
  const path = join(folder, 'cli-plugins', pluginName);
  const facts = await lstat(path).catch((error: NodeJS.ErrnoException) => error);
  if (facts instanceof Error) {
    return facts.code === 'ENOENT' ? { kind: 'none', path } : { kind: 'foreign', path, what: facts.message };
  }
  if (facts.isSymbolicLink()) {
    return { kind: 'foreign', path, what: `it is a link to ${await readlink(path)}` };
  }
  const read = facts.isFile() && facts.size <= longestPlugin ? await readTextFile(path, longestPlugin) : undefined;
  return read?.ok === true && read.value.text.split('\n')[1] === marker
    ? { kind: 'ours', path, text: read.value.text }
    : { kind: 'foreign', path, what: 'it was not written by Wharf' };
}

/** Another plugin `mcp`, which the user's own would hide, or which hides it. */
export async function otherDockerPlugin(folder: string, system = systemFolders): Promise<string | undefined> {
  for (const place of [...(await extraFolders(folder)), ...system]) {
    const path = join(place, pluginName);
    if ((await lstat(path).catch(() => undefined)) !== undefined) {
      return path;
    }
  }
  return undefined;
}

/** `cliPluginsExtraDirs` of Docker's config.json: these go before the user's own folder. */
async function extraFolders(folder: string): Promise<readonly string[]> {
  try {
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as { readonly cliPluginsExtraDirs?: unknown } | null;
    const extra = config?.cliPluginsExtraDirs;
    return Array.isArray(extra) ? extra.filter((place) => typeof place === 'string') : [];
  } catch {
    return [];
  }
}

/**
 * The plugin: it says what it is without starting Node, since the Docker CLI asks every plugin at each "docker --help", and gives
 * every other call to Wharf's launcher. `exec` keeps the process that the Docker CLI started, so that its end is noticed.
 */
export function dockerPluginText({ launcher, wharfHome }: PluginTarget): string {
  const metadata = {
    SchemaVersion: '0.1.0',
    Vendor: 'Wharf',
    Version: version,
    ShortDescription: 'MCP servers of the Codex CLI in containers',
  };
  return [
    '#!/bin/sh',
    marker,
    'if [ "$1" = docker-cli-plugin-metadata ]; then',
    `  echo '${JSON.stringify(metadata)}'`,
    '  exit 0',
    'fi',
    ...(wharfHome === undefined ? [] : [homeLine(wharfHome)]),
    `launcher=${quoted(launcher)}`,
    'if [ ! -x "$launcher" ]; then',
    '  echo "Wharf is not at $launcher any more. Install it again, or take its plugin away: rm \'$0\'" >&2',
    '  exit 127',
    'fi',
    'exec "$launcher" docker-plugin "$@"',
    '',
  ].join('\n');
}

/** Whether an installed plugin, started with no variables, finds the same state as this. */
export function findsSameState(text: string, wharfHome: string | undefined): boolean {
  const line = text.split('\n').find((one) => one.startsWith(homeLineStart));
  return line === (wharfHome === undefined ? undefined : homeLine(wharfHome));
}

const homeLineStart = 'if [ -z "$WHARF_HOME" ]; then ';

function homeLine(folder: string): string {
  return `${homeLineStart}export WHARF_HOME=${quoted(folder)}; fi`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
