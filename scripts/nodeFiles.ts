import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { TarEntry } from './tar.ts';

const run = promisify(execFile);

/** Where images have Node, without the leading slash. */
export const nodeInImage = 'usr/local/bin/node';

/** The Node binary of this checkout, and every library that it loads at the path where the loader looks. */
export async function nodeFiles(): Promise<readonly TarEntry[]> {
  if (process.platform !== 'linux') {
    throw new Error('Images are made of this machine’s Node and libraries, so they can only be built on Linux.');
  }
  const binary = join(import.meta.dirname, '..', 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(binary)) {
    throw new Error('Node 24 is missing from node_modules; run `npm ci` first.');
  }
  const { stdout } = await run('ldd', [binary]);
  // Lines are `name => /path (address)`, or `/path (address)` for the loader itself.
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
  const entries: TarEntry[] = [{ path: nodeInImage, mode: 0o755, file: binary }];
  for (const library of libraries.toSorted()) {
    entries.push({ path: library.slice(1), mode: 0o755, file: await realpath(library) });
  }
  return entries;
}
