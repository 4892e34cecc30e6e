import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach } from 'node:test';

import { build } from 'esbuild';

import { root } from '../../support/sharedData.ts';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as its users get it, in a folder of its own, with a home beside it. */
export interface Program {
  readonly home: string;
  readonly project: string;
  /** Where the bundles are. */
  readonly dist: string;
  run(args: readonly string[], options?: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> }): Promise<Outcome>;
  remove(): void;
}

/** Bundles `wharf` and its command line. Nothing here needs the gateway. */
export async function bundledProgram(): Promise<Program> {
  const base = mkdtempSync(join(tmpdir(), 'wharf-cli-'));
  const [home, project, dist] = ['home', 'project', 'dist'].map((name) => join(base, name)) as [string, string, string];
  mkdirSync(home);
  mkdirSync(project);
  const entries = { wharf: join(root, 'src', 'cli', 'wharf.ts'), cli: join(root, 'src', 'cli', 'main.ts') };
  await build({
    entryPoints: entries,
    outdir: dist,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    // jsonc-parser's main file loads its parts at run time; ssh2 and its like do without their native parts.
    mainFields: ['module', 'main'],
    external: ['*.node', 'cpu-features', '@napi-rs/keyring'],
    logLevel: 'error',
  });
  return {
    home,
    project,
    dist,
    run: (args, { cwd = project, env = {} } = {}) =>
      run(join(dist, 'wharf.cjs'), args, cwd, { PATH: process.env['PATH'] ?? '', HOME: home, ...env }),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** The program for the tests of one file, each of which finds its home and its project empty. */
export function programOfFile(): () => Program {
  let program: Program | undefined;
  before(async () => {
    program = await bundledProgram();
  });
  after(() => program?.remove());
  beforeEach(() => {
    for (const folder of program === undefined ? [] : [program.home, program.project]) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    }
  });
  return () => {
    if (program === undefined) {
      throw new Error('The program is there when the tests run.');
    }
    return program;
  };
}

async function run(script: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const child = spawn(process.execPath, [script, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
