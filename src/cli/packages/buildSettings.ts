import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { defaultBases } from '../../core/packages/installScript.ts';
import type { PackageKind } from '../../core/packages/packageReference.ts';
import { isRegistryAddress } from '../../core/packages/registryHosts.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** What a person may say of how a package is built; `--base`, `--registry`, `--allow-scripts` and `--yes` of a command. */
export interface BuildOptions {
  readonly base?: string;
  readonly registry?: string;
  readonly allowScripts?: boolean;
  /** Nobody is asked whether the image that packages are installed in may be downloaded. */
  readonly yes?: boolean;
  /** Everything is found out, and no image is made. */
  readonly dryRun?: boolean;
}

/** Variables that name a registry, as the programs read them that users know. */
const registryVariables: Readonly<Record<PackageKind, readonly string[]>> = {
  npx: ['npm_config_registry', 'NPM_CONFIG_REGISTRY'],
  uvx: ['UV_DEFAULT_INDEX', 'UV_INDEX_URL', 'PIP_INDEX_URL'],
};
const baseVariables: Readonly<Record<PackageKind, string>> = { npx: 'WHARF_NPX_BASE', uvx: 'WHARF_UVX_BASE' };

/** The image that packages are installed in, and run on; `recorded` is what a profile says. */
export function baseOf(kind: PackageKind, options: BuildOptions, recorded?: string): string {
  return options.base ?? (process.env[baseVariables[kind]] || (recorded ?? defaultBases[kind]));
}

/** Null is the one that npm or pip has without a word. */
export async function registryOf(kind: PackageKind, options: BuildOptions): Promise<Result<string | null>> {
  const variable = registryVariables[kind].find((name) => (process.env[name] ?? '') !== '');
  const registry = options.registry ?? (variable === undefined ? await registryOfNpmrc(kind) : process.env[variable]) ?? null;
  return registry === null || isRegistryAddress(registry)
    ? ok(registry)
    : fail(
        problems.badArgument(
          'A registry is an address such as https://npm.example.com/, without a user and a password.',
          'wharf image build',
        ),
      );
}

async function registryOfNpmrc(kind: PackageKind): Promise<string | undefined> {
  const text = kind === 'npx' ? await readFile(join(homedir(), '.npmrc'), 'utf8').catch(() => '') : '';
  return /^\s*registry\s*=\s*"?([^\s"]+)"?\s*$/m.exec(text)?.[1];
}
