import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The folder of Codex's own configuration, found as Codex finds it. */
export function codexHome(env: Readonly<Record<string, string | undefined>>): string {
  const own = env['CODEX_HOME'] ?? '';
  return own === '' ? join(homedir(), '.codex') : own;
}

/** Files of Codex that may name a gateway, whether they are there or not: the user's, its profiles', and those from `folder` up. */
export async function codexConfigPaths(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  const home = codexHome(env);
  const names = await readdir(home).catch((): string[] => []);
  const files = names.filter((name) => name === 'config.toml' || name.endsWith('.config.toml')).map((name) => join(home, name));
  for (let at = resolve(folder); ; at = dirname(at)) {
    files.push(join(at, '.codex', 'config.toml'));
    if (dirname(at) === at) {
      return [...new Set(files)];
    }
  }
}
