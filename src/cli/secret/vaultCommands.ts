import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import { parseTimeout } from '../../core/profile/units.ts';
import { describeProblem } from '../../shared/problem.ts';
import { ok } from '../../shared/result.ts';
import { formatOption, type Format } from '../options.ts';
import { complain, exitCodes, note, print, printJson } from '../output.ts';
import type { RunAction } from '../runAction.ts';
import { addKeeperOptions, keeperWish, printStatus, wishWords, type KeeperOptions } from './keeperOptions.ts';
import { readPassphrase } from './readValue.ts';
import { dryRunOption, requestOpen, usualHoldMs, withDaemon, type DryRun } from './vaultControl.ts';

/** Commands about the vault as a whole. */
export function addVaultCommands(secret: Command, run: RunAction): void {
  addKeeperOptions(secret.command('init').description('make the vault, and choose who keeps its key'))
    .option('--for <time>', 'how long the daemon holds a passphrase, at most 24h (default: 8h)')
    .option(...dryRunOption)
    .action(run(init));
  addKeeperOptions(
    secret.command('rotate').description('give the vault a new key and encrypt everything anew; with an option, another keeper'),
  )
    .option('--for <time>', 'with --passphrase: how long the daemon holds it, at most 24h (default: 8h)')
    .option(...dryRunOption)
    .action(run(rotate));
  secret
    .command('unlock')
    .description('have the daemon hold the key; a passphrase is asked for, or the first line of stdin')
    .option('--for <time>', 'how long, such as 30m, at most 24h (default: 8h)')
    .action(run(unlock));
  secret.command('lock').description('have the daemon forget the key, until it is unlocked').action(run(lock));
  secret
    .command('status')
    .description('show where the vault is, who keeps its key, and whether it is open')
    .addOption(formatOption())
    .action(run(status));
}

async function init(options: KeeperOptions & DryRun & { readonly for?: string }): Promise<number> {
  const forMs = holdOf(options.for);
  if (forMs === undefined) {
    return complain(badHold(options.for));
  }
  const wish = await keeperWish(options, options.dryRun === true);
  if (!wish.ok) {
    return complain(wish.problem);
  }
  return withDaemon(async (control) => {
    if (options.dryRun === true) {
      const now = await control.request('vault/status', {});
      if (!now.ok || now.value.kind !== 'none') {
        return complain(now.ok ? problems.vaultExists(now.value.file) : now.problem);
      }
      print(`The vault ${now.value.file} would be made; its key would be kept by ${wishWords(wish.value)}.`);
      return exitCodes.ok;
    }
    const hold = wish.value.kind === 'passphrase' ? forMs : null;
    const made = await control.request('vault/init', { keeper: wish.value, forMs: hold });
    if (!made.ok) {
      return complain(made.problem);
    }
    printStatus(made.value);
    return exitCodes.ok;
  });
}

async function rotate(options: KeeperOptions & DryRun & { readonly for?: string }): Promise<number> {
  const forMs = holdOf(options.for);
  if (forMs === undefined) {
    return complain(badHold(options.for));
  }
  if (options.for !== undefined && options.passphrase === undefined) {
    const why = '--for goes with --passphrase; "wharf secret unlock --for TIME" has a passphrase that stays held for longer.';
    return complain(problems.badArgument(why, 'wharf secret rotate'));
  }
  const wish = await keeperWish(options, options.dryRun === true);
  if (!wish.ok) {
    return complain(wish.problem);
  }
  const keeper = wish.value.kind === 'automatic' ? {} : { keeper: wish.value };
  return withDaemon(async (control) => {
    if (options.dryRun === true) {
      const now = await control.request('vault/status', {});
      if (!now.ok || now.value.kind === 'none') {
        return complain(now.ok ? problems.vaultMissing() : now.problem);
      }
      const next = wish.value.kind === 'automatic' ? now.value.keptBy : wishWords(wish.value);
      print(`Everything in ${now.value.file} would be encrypted anew; its key would be kept by ${next}.`);
      return exitCodes.ok;
    }
    const rotated = await requestOpen(control, 'vault/rotate', keeper);
    if (!rotated.ok) {
      return complain(rotated.problem);
    }
    print(`The vault has a new key, and what is in it was encrypted anew: ${rotated.value.secrets}.`);
    if (wish.value.kind === 'passphrase') {
      const opened = await control.request('vault/unlock', { passphrase: wish.value.passphrase, forMs });
      if (!opened.ok) {
        return complain(opened.problem);
      }
      printStatus(opened.value);
    }
    return exitCodes.ok;
  });
}

function unlock(options: { readonly for?: string }): Promise<number> {
  const forMs = holdOf(options.for);
  if (forMs === undefined) {
    return Promise.resolve(complain(badHold(options.for)));
  }
  return withDaemon(async (control) => {
    const now = await control.request('vault/status', {});
    if (!now.ok || now.value.kind === 'none') {
      return complain(now.ok ? problems.vaultMissing() : now.problem);
    }
    // Where it is open already, the passphrase shows that whoever wants it held for longer knows it.
    const asks = now.value.kind === 'locked' ? now.value.needsPassphrase : now.value.keeper === 'passphrase';
    const passphrase = asks ? await readPassphrase({ isNew: false }) : ({ ok: true, value: '' } as const);
    if (!passphrase.ok) {
      return complain(passphrase.problem);
    }
    const hold = asks || options.for !== undefined ? forMs : null;
    const opened = await control.request('vault/unlock', { passphrase: passphrase.value, forMs: hold });
    if (!opened.ok) {
      return complain(opened.problem);
    }
    printStatus(opened.value);
    return exitCodes.ok;
  });
}

function lock(): Promise<number> {
  return withDaemon(async (control) => {
    const locked = await control.request('vault/lock', {});
    if (!locked.ok) {
      return complain(locked.problem);
    }
    printStatus(locked.value);
    return exitCodes.ok;
  });
}

function status(options: { readonly format: Format }): Promise<number> {
  return withDaemon(async (control) => {
    const now = await control.request('vault/status', {});
    if (!now.ok) {
      return complain(now.problem);
    }
    if (options.format === 'json') {
      printJson(now.value);
    } else {
      printStatus(now.value);
      const probed = now.value.kind === 'none' ? await control.request('vault/probe', {}) : ok({});
      if (!probed.ok) {
        note(`wharf: Not before you say what keeps its key. ${describeProblem(probed.problem)}`);
      }
    }
    return exitCodes.ok;
  });
}

function holdOf(text: string | undefined): number | undefined {
  return text === undefined ? usualHoldMs : parseTimeout(text);
}

function badHold(text: string | undefined): ReturnType<typeof problems.badArgument> {
  return problems.badArgument(`--for takes a time such as 30m or 8h, and at most 24h, not "${text}".`);
}
