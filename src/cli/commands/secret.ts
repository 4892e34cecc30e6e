import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import { parseTimeout } from '../../core/profile/units.ts';
import { hardenProcess } from '../../node/hardenProcess.ts';
import { keeperEnvironment } from '../../node/locations.ts';
import { isUserSecretName } from '../../node/vault/names.ts';
import { complain, exitCodes, note, print, printJson, printTable } from '../output.ts';
import { formatOption, type Format } from '../options.ts';
import type { RunAction } from '../runAction.ts';
import { importSecrets } from '../secret/importSecrets.ts';
import { addKeeperOptions, keeperWish, localTime, printStatus, wishWords, type KeeperOptions } from '../secret/keeperOptions.ts';
import { readPassphrase, readValue } from '../secret/readValue.ts';
import { requestOpen, usualHoldMs, withDaemon } from '../secret/vaultControl.ts';

interface DryRun {
  readonly dryRun?: true;
}

/** What lists call the place that the values are in. */
const provider = 'wharf';
const dryRunOption = ['--dry-run', 'say what would change, and change nothing'] as const;

export function addSecretCommands(program: Command, run: RunAction): void {
  const secret = program.command('secret').description('the values that servers get and that no file of a project holds');
  secret.hook('preAction', hardenProcess);
  secret
    .command('set')
    .description('keep a value in the vault: from stdin, or asked for')
    .argument('<name[=value]>', 'such as github.token; a value behind = stays in the history of the shell')
    .option(...dryRunOption)
    .action(run(set));
  secret
    .command('ls')
    .description('list the names; no value is ever shown')
    .addOption(formatOption())
    .option('--json', 'the same as --format json')
    .option('--hidden', 'also what Wharf keeps for itself, such as tokens of logins')
    .action(run(list));
  secret
    .command('rm')
    .description('remove secrets')
    .argument('[names...]')
    .option('--all', 'all of them, but for logins')
    .option(...dryRunOption)
    .action(run(remove));
  secret.command('export-names').description('print the names, one per line: what somebody else has to set').action(run(exportNames));
  secret
    .command('import')
    .description('take over a file of NAME=value lines')
    .argument('<file>', 'such as .env')
    .option(...dryRunOption)
    .action(run((file: string, options: DryRun) => importSecrets(file, options.dryRun === true)));
  addVaultCommands(secret, run);
}

function addVaultCommands(secret: Command, run: RunAction): void {
  addKeeperOptions(secret.command('init').description('make the vault, and choose who keeps its key'))
    .option('--for <time>', 'how long the daemon holds a passphrase, at most 24h (default: 8h)')
    .option(...dryRunOption)
    .action(run(init));
  addKeeperOptions(
    secret.command('rotate').description('give the vault a new key and encrypt everything anew; with an option, another keeper'),
  )
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

async function set(argument: string, options: DryRun): Promise<number> {
  const equals = argument.indexOf('=');
  const name = equals === -1 ? argument : argument.slice(0, equals);
  if (!isUserSecretName(name)) {
    return complain(problems.secretName(name));
  }
  if (equals !== -1) {
    note(
      `wharf: The value was part of the command: the shell's history keeps it. "wharf secret set ${name}" asks for it, or takes it from stdin.`,
    );
  }
  return withDaemon(async (control) => {
    const known = await control.request('secret/list', {});
    if (!known.ok) {
      return complain(known.problem);
    }
    if (options.dryRun === true) {
      const isThere = known.value.secrets.some((one) => one.name === name);
      print(`${name} would be ${isThere ? 'replaced' : 'stored'}.`);
      return exitCodes.ok;
    }
    const value = equals === -1 ? await readValue(name) : ({ ok: true, value: argument.slice(equals + 1) } as const);
    if (!value.ok) {
      return complain(value.problem);
    }
    const before = await control.request('vault/status', {});
    const stored = await requestOpen(control, 'secret/set', { name, value: value.value });
    if (!stored.ok) {
      return complain(stored.problem);
    }
    print(`${stored.value.replaced ? 'Replaced' : 'Stored'} ${name}. A profile names it secret://${name}.`);
    const after = await control.request('vault/status', {});
    if (before.ok && before.value.kind === 'none' && after.ok) {
      printStatus(after.value);
    }
    return exitCodes.ok;
  });
}

function list(options: { readonly format: Format; readonly json?: true; readonly hidden?: true }): Promise<number> {
  return withDaemon(async (control) => {
    const listed = await control.request('secret/list', { hidden: options.hidden === true });
    if (!listed.ok) {
      return complain(listed.problem);
    }
    const { secrets } = listed.value;
    if (options.json === true || options.format === 'json') {
      printJson(secrets.map(({ name }) => ({ name, provider })));
    } else if (secrets.length === 0) {
      print('There are no secrets yet. "wharf secret set NAME" stores one.');
    } else {
      printTable([['NAME', 'PROVIDER', 'CHANGED'], ...secrets.map(({ name, changedAt }) => [name, provider, localTime(changedAt)])]);
    }
    return exitCodes.ok;
  });
}

function remove(names: readonly string[], options: DryRun & { readonly all?: true }): Promise<number> {
  if ((options.all === true) === names.length > 0) {
    return Promise.resolve(complain(problems.badArgument('Name the secrets to remove, or give --all.')));
  }
  return withDaemon(async (control) => {
    const listed = await control.request('secret/list', {});
    if (!listed.ok) {
      return complain(listed.problem);
    }
    const known = listed.value.secrets.map(({ name }) => name);
    const missing = names.filter((name) => !known.includes(name));
    const wanted = options.all === true ? known : names.filter((name) => known.includes(name));
    if (options.dryRun === true) {
      wanted.forEach((name) => print(`${name} would be removed.`));
    } else if (wanted.length > 0) {
      const removed = await control.request('secret/remove', { names: wanted });
      if (!removed.ok) {
        return complain(removed.problem);
      }
      removed.value.removed.forEach((name) => print(`Removed ${name}.`));
    }
    return missing.length > 0 ? complain(problems.secretUnknown(missing)) : exitCodes.ok;
  });
}

function exportNames(): Promise<number> {
  return withDaemon(async (control) => {
    const listed = await control.request('secret/list', {});
    if (!listed.ok) {
      return complain(listed.problem);
    }
    listed.value.secrets.forEach(({ name }) => print(name));
    return exitCodes.ok;
  });
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

async function rotate(options: KeeperOptions & DryRun): Promise<number> {
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
    if (wish.value.kind === 'passphrase') {
      await control.request('vault/unlock', { passphrase: wish.value.passphrase, forMs: usualHoldMs });
    }
    print(`The vault has a new key, and what is in it was encrypted anew: ${rotated.value.secrets}.`);
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
    // A vault that somebody locked does not open itself, but still with a passphrase that lies in a file.
    const hasFile = (keeperEnvironment()['WHARF_VAULT_PASSPHRASE_FILE'] ?? '') !== '';
    const asks = now.value.keeper === 'passphrase' && !hasFile;
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
