import { lstatSync, mkdirSync } from 'node:fs';
import * as module from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * Keeps the command line as V8 compiled it, which is a third of the time of a short command. Code that somebody else may write
 * would be run, so it lies in the data folder, which no server can be given, and only where that is private.
 */
export function keepCompiledCode(): void {
  const own = ownFolder();
  try {
    const facts = lstatSync(own);
    const isPrivate = process.platform === 'win32' || (facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0);
    if (facts.isDirectory() && isPrivate) {
      const folder = join(own, 'compiled');
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const kept = lstatSync(folder);
      if (kept.isDirectory() && (process.platform === 'win32' || (kept.mode & 0o077) === 0)) {
        (module as { enableCompileCache?: (folder: string) => unknown }).enableCompileCache?.(folder);
      }
    }
  } catch {
    // A first command, or a disk that takes nothing: it is only slower.
  }
}

/** The data folder (src/node/locations.ts), as far as the environment alone tells it. */
function ownFolder(): string {
  const { WHARF_HOME: own, XDG_DATA_HOME: data, LOCALAPPDATA: local } = process.env;
  if (own !== undefined && own !== '') {
    return join(resolve(own), 'data');
  }
  switch (process.platform) {
    case 'win32':
      return join(local !== undefined && isAbsolute(local) ? local : join(homedir(), 'AppData', 'Local'), 'wharf', 'data');
    case 'darwin':
      return join(homedir(), 'Library', 'Application Support', 'wharf', 'data');
    default:
      // As XDG asks, and as the location file does: what is not absolute is none, or it would be a folder of wherever one works.
      return join(data !== undefined && isAbsolute(data) ? data : join(homedir(), '.local', 'share'), 'wharf');
  }
}
