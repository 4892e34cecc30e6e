import { chmod, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { WharfProgram } from './daemonProcess.ts';
import type { Locations } from './locations.ts';
import { makeFolder } from './makeFolder.ts';
import { ensurePrivateFolder } from './privateFolder.ts';

/** Path of the launcher that Codex is told to run. It stays the same across updates of the extension. */
export function launcherPath(locations: Locations, platform: NodeJS.Platform = process.platform): string {
  return join(locations.dataFolder, 'bin', platform === 'win32' ? 'wharf.cmd' : 'wharf');
}

/** Writes the launcher so that it runs this program. Extension folders change with each update; this file does not move. */
export async function installLauncher(locations: Locations, program: WharfProgram): Promise<Result<string>> {
  const path = launcherPath(locations);
  const draft = `${path}.${process.pid}`;
  try {
    makeFolder(join(locations.dataFolder, 'bin'), 0o700);
    // Whoever can write there decides what Codex runs.
    const folder = ensurePrivateFolder(await realpath(locations.dataFolder));
    if (!folder.ok) {
      return folder;
    }
    await writeFile(draft, launcherText(program, process.platform), { mode: 0o755 });
    await chmod(draft, 0o755);
    await rename(draft, path);
    return ok(path);
  } catch (error) {
    return fail(problems.fileUnwritable(path, error instanceof Error ? error.message : String(error)));
  }
}

/**
 * The recorded runtime first, then a `node` on the path; what was tried is named when
 * neither is there. `exec` keeps the process that Codex started: no extra one per thread.
 */
export function launcherText(program: WharfProgram, platform: NodeJS.Platform): string {
  if (platform === 'win32') {
    return [
      '@echo off',
      'rem Written by Wharf; rewritten at each start of its extension.',
      'set ELECTRON_RUN_AS_NODE=1',
      `if exist "${batch(program.node)}" ("${batch(program.node)}" "${batch(program.script)}" %*) else (node "${batch(program.script)}" %*)`,
      '',
    ].join('\r\n');
  }
  return [
    '#!/bin/sh',
    '# Written by Wharf; rewritten at each start of its extension.',
    'export ELECTRON_RUN_AS_NODE=1',
    `node=${shell(program.node)}`,
    `script=${shell(program.script)}`,
    'if [ ! -x "$node" ]; then',
    '  recorded=$node',
    '  node=$(command -v node) || {',
    '    echo "Wharf found no Node: tried $recorded, then node on the PATH. Start VS Code once, or install Node 22.13 or newer." >&2',
    '    exit 127',
    '  }',
    'fi',
    'if [ ! -f "$script" ]; then',
    '  echo "Wharf is not at $script any more. Start VS Code once, or run \\"npm run build\\" in the checkout." >&2',
    '  exit 127',
    'fi',
    'exec "$node" "$script" "$@"',
    '',
  ].join('\n');
}

function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function batch(text: string): string {
  return text.replaceAll('%', '%%');
}
