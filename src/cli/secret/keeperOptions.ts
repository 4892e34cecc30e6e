import { resolve } from 'node:path';

import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import type { KeeperWish, VaultStatus } from '../../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { print } from '../output.ts';
import { readPassphrase } from './readValue.ts';

export interface KeeperOptions {
  readonly passphrase?: true;
  readonly keyFile?: string;
  readonly keyring?: true;
  readonly helper?: string;
}

/** The options by which a person says who shall keep the key. */
export function addKeeperOptions(command: Command): Command {
  return command
    .option('--passphrase', 'encrypt the key with a passphrase: typed, or the first line of stdin')
    .option('--key-file <file>', 'encrypt it with the key in this file, which is made, for you alone, where there is none')
    .option('--keyring', 'keep it in the keyring of the system')
    .option('--helper <name>', 'keep it with docker-credential-<name>');
}

/** What the options ask for; a passphrase is read unless this is a dry run. */
export async function keeperWish(options: KeeperOptions, isDryRun: boolean): Promise<Result<KeeperWish>> {
  const { passphrase, keyFile, keyring, helper } = options;
  if ([passphrase, keyFile, keyring, helper].filter((given) => given !== undefined).length > 1) {
    return fail(problems.badArgument('Only one of --passphrase, --key-file, --keyring and --helper can keep the key.'));
  }
  if (keyFile !== undefined) {
    return ok({ kind: 'keyFile', path: resolve(keyFile) });
  }
  if (helper !== undefined) {
    return ok({ kind: 'helper', name: helper });
  }
  if (passphrase === undefined) {
    return ok(keyring === undefined ? { kind: 'automatic' } : { kind: 'keyring' });
  }
  const typed = isDryRun ? ok('') : await readPassphrase({ isNew: true });
  return typed.ok ? ok({ kind: 'passphrase', passphrase: typed.value }) : typed;
}

/** Who would keep the key, in words. */
export function wishWords(wish: KeeperWish): string {
  switch (wish.kind) {
    case 'automatic':
      return "the first of Docker's credential helpers and the OS keyring that works here";
    case 'helper':
      return `docker-credential-${wish.name}`;
    case 'keyring':
      return 'the OS keyring';
    case 'passphrase':
      return 'a passphrase';
    case 'keyFile':
      return `the key file ${wish.path}`;
  }
}

/** The state of the vault, for a person. */
export function printStatus(status: VaultStatus): void {
  if (status.kind === 'none') {
    print(`There is no vault yet. "wharf secret set NAME" makes it at ${status.file}.`);
    return;
  }
  const { until } = status.kind === 'open' ? status : { until: null };
  const state =
    status.kind === 'open'
      ? `is open${until === null ? '' : ` until ${localTime(until)}`}`
      : status.opensItself
        ? 'is closed, and opens by itself when a secret is wanted'
        : 'is locked: "wharf secret unlock" opens it';
  print(`The vault ${status.file} ${state}.`);
  print(`Its key is kept by ${status.keptBy}.`);
  status.passedOver.forEach(({ keeper, reason }) => print(`Not by ${keeper}: ${reason}.`));
}

/** An ISO time as the clock on the wall says it: `2026-01-31 18:05`. */
export function localTime(iso: string): string {
  return new Date(iso).toLocaleString('sv-SE').slice(0, 16);
}
