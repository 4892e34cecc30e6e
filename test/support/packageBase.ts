import { existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { nodeFiles } from '../../scripts/nodeFiles.ts';
import type { TarEntry } from '../../scripts/tar.ts';
import { baseImage } from './distribution.ts';
import { docker } from './dockerLane.ts';
import { buildImage } from './images.ts';

/** Debian with Python, pip, Node and npm, as the images have in which packages are installed. */
export const packageBase = 'wharf-sample/package-base:1';

const npmFolder = 'usr/local/lib/node_modules/npm';

export async function buildPackageBase(): Promise<void> {
  const launcher = `#!/bin/sh\nexec node /${npmFolder}/bin/npm-cli.js "$@"\n`;
  const files: readonly TarEntry[] = [
    ...(await nodeFiles()).filter(({ path }) => path.endsWith('/node')),
    { path: 'usr/local/bin/npm', mode: 0o755, data: Buffer.from(launcher) },
    ...(await filesOf(await ownNpm(), npmFolder)),
  ];
  const lines = [`FROM ${await baseImage()}`, 'COPY files/ /'];
  await buildImage({ tag: packageBase, lines, files: files.map((entry) => ({ ...entry, path: `files/${entry.path}` })) }, docker);
}

/** The folder of npm's real client on this machine. */
async function ownNpm(): Promise<string> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'npm');
    if (existsSync(program)) {
      const root = dirname(dirname(await realpath(program)));
      if (existsSync(join(root, 'bin', 'npm-cli.js'))) {
        return root;
      }
    }
  }
  throw new Error('There is no npm on the path.');
}

async function filesOf(folder: string, inImage: string): Promise<readonly TarEntry[]> {
  const entries: TarEntry[] = [];
  for (const { name } of (await readdir(folder, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, name);
    const facts = await stat(path);
    if (facts.isDirectory()) {
      entries.push(...(name === 'man' || name === 'docs' ? [] : await filesOf(path, `${inImage}/${name}`)));
    } else {
      entries.push({ path: `${inImage}/${name}`, mode: 0o644, file: path });
    }
  }
  return entries;
}
