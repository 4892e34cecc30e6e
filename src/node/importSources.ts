import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import type { ClientKind } from '../core/imports/foreign.ts';
import { codexHome } from './codexHome.ts';

/** A file that servers may be in, and whose it is. */
export interface ImportSource {
  readonly client: ClientKind;
  readonly file: string;
}

/** Where Docker's gateway kept its files before it had profiles. */
export function legacyDockerFolder(env: Environment): string {
  return join(home(env), '.docker', 'mcp');
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where clients keep their servers: those of the project in `folder` first, then the user's own. */
export function knownSources(folder: string, env: Environment, platform: NodeJS.Platform = process.platform): readonly ImportSource[] {
  const own = home(env);
  const applications =
    platform === 'darwin'
      ? join(own, 'Library', 'Application Support')
      : platform === 'win32'
        ? (env['APPDATA'] ?? join(own, 'AppData', 'Roaming'))
        : (env['XDG_CONFIG_HOME'] ?? join(own, '.config'));
  const claude = env['CLAUDE_CONFIG_DIR'] ?? '';
  const files: readonly (readonly [ClientKind, string])[] = [
    ['claude-code', join(folder, '.mcp.json')],
    ['vscode', join(folder, '.vscode', 'mcp.json')],
    ['cursor', join(folder, '.cursor', 'mcp.json')],
    ['codex', join(folder, '.codex', 'config.toml')],
    ['codex', join(codexHome(env), 'config.toml')],
    ['claude-code', claude === '' ? join(own, '.claude.json') : join(claude, '.claude.json')],
    ['cursor', join(own, '.cursor', 'mcp.json')],
    ['vscode', join(applications, 'Code', 'User', 'mcp.json')],
    ['claude-desktop', join(applications, 'Claude', 'claude_desktop_config.json')],
    ['claude-desktop', join(applications, 'claude', 'claude_desktop_config.json')],
  ];
  const unique = files.filter(([, file], index) => files.findIndex(([, other]) => other === file) === index);
  return unique.map(([client, file]) => ({ client, file }));
}

/** Whose a file is, by its name and its folder; undefined where they say nothing. */
export function clientOf(file: string): ClientKind | undefined {
  const [name, folder] = [basename(file).toLowerCase(), basename(dirname(file)).toLowerCase()];
  if (name.endsWith('.toml')) {
    return 'codex';
  }
  if (name === '.mcp.json' || name === '.claude.json') {
    return 'claude-code';
  }
  if (name === 'claude_desktop_config.json') {
    return 'claude-desktop';
  }
  if (name === 'mcp.json') {
    return folder === '.cursor' ? 'cursor' : ['.vscode', 'user'].includes(folder) ? 'vscode' : undefined;
  }
  return name === 'settings.json' ? 'vscode' : undefined;
}

function home(env: Environment): string {
  return env['HOME'] ?? env['USERPROFILE'] ?? homedir();
}
