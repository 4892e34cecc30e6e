import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { Vault } from '../../../src/node/vault/vault.ts';
import type { Result } from '../../../src/shared/result.ts';
import { temporaryFolder } from '../node/folders.ts';

export type Variables = Readonly<Record<string, string>>;

/** A folder for a vault, whose key is in a file beside it. */
export interface VaultPlace {
  readonly data: string;
  readonly file: string;
  readonly keyFile: string;
  readonly env: Variables;
}

export function vaultPlace(t: TestContext): VaultPlace {
  const folder = temporaryFolder(t);
  const [data, keyFile] = [join(folder, 'data'), join(folder, 'key')];
  mkdirSync(data, { mode: 0o700 });
  return { data, file: join(data, 'vault.json'), keyFile, env: { WHARF_VAULT_KEY_FILE: keyFile } };
}

/** As another process would have it: with no key yet. */
export function openVault({ data, env }: VaultPlace, more: Variables = env): Vault {
  return new Vault(data, () => ({ PATH: '', ...more }));
}

/** No scanner of sources shall take it for one. */
export function madeUpSecret(): string {
  return ['canary', randomBytes(12).toString('hex')].join('-');
}

export function value<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.problem.code} ${result.problem.message} ${result.problem.detail ?? ''}`);
  return result.value;
}

export function codeOf(result: Result<unknown>): string {
  assert.ok(!result.ok, 'it worked');
  return result.problem.code;
}

export async function valueOf(vault: Vault, name: string): Promise<string | undefined> {
  return value(await vault.get(name))?.value;
}

type Json = Record<string, unknown>;

/** Changes the file as somebody else would. */
export function tamper(file: string, change: (vault: Json & { readonly secrets: Record<string, Json> }) => void): void {
  const vault = JSON.parse(readFileSync(file, 'utf8')) as Json & { readonly secrets: Record<string, Json> };
  change(vault);
  writeFileSync(file, JSON.stringify(vault));
}

/** A folder with a program that keeps what it is given as Docker's credential helpers do. `broken` makes it fail. */
export function standInHelper(
  t: TestContext,
  name: string,
): { readonly bin: string; readonly store: string; setBroken(words: string): void } {
  const folder = temporaryFolder(t);
  const [bin, store, broken] = [join(folder, 'bin'), join(folder, 'store'), join(folder, 'broken')];
  mkdirSync(bin);
  mkdirSync(store);
  const script = `#!/bin/sh
if [ -f '${broken}' ]; then /bin/cat '${broken}'; exit 1; fi
case "$1" in
  store) input=$(/bin/cat); url=\${input#*ServerURL\\":\\"}; url=\${url%%\\"*}; printf %s "$input" > '${store}'/"\${url##*/}";;
  get) read -r url; [ -f '${store}'/"\${url##*/}" ] || { echo 'credentials not found in native keychain'; exit 1; }; /bin/cat '${store}'/"\${url##*/}";;
  erase) read -r url; /bin/rm '${store}'/"\${url##*/}";;
esac
`;
  const path = join(bin, `docker-credential-${name}`);
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return { bin, store, setBroken: (words) => writeFileSync(broken, words) };
}
