import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of Codex's own configuration, found as Codex finds it. */
export function codexHome(env: Readonly<Record<string, string | undefined>>): string {
  const own = env['CODEX_HOME'] ?? '';
  return own === '' ? join(homedir(), '.codex') : own;
}
