import { existsSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { ownBundles } from '../../src/cli/doctor/ownBundles.ts';
import { root } from './sharedData.ts';

interface Program {
  readonly entry: string;
  readonly out: string;
  readonly options: BuildOptions;
}

let built: Promise<string> | undefined;

/** The folder with the bundles: WHARF_DIST where they are built already, else a temporary one that is filled once. */
export function builtPrograms(): Promise<string> {
  built ??= process.env['WHARF_DIST'] === undefined ? bundle() : Promise.resolve(process.env['WHARF_DIST']);
  return built;
}

async function bundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-dist-'));
  // Not after a test: the first test that asks is not the last that needs them.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { programs } = (await import('../../esbuild.mjs')) as { readonly programs: Readonly<Record<string, Program>> };
  await Promise.all(
    Object.entries(programs)
      .filter(([name, { entry }]) => ownBundles.some((wanted) => wanted === name) && existsSync(join(root, entry)))
      .map(([, { entry, out, options }]) =>
        build({
          ...options,
          entryPoints: [join(root, entry)],
          outfile: join(folder, out),
          bundle: true,
          logLevel: 'warning',
          absWorkingDir: root,
        }),
      ),
  );
  return folder;
}
