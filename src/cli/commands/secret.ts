import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import { hardenProcess } from '../../node/hardenProcess.ts';
import { isUserSecretName } from '../../node/vault/names.ts';
import type { SecretSummary } from '../../shared/controlProtocol.ts';
import { ask } from '../ask.ts';
import { complain, exitCodes, note, print, printTable } from '../output.ts';
import { printValue } from '../printValue.ts';
import { listFormatOption, type ListFormat } from '../options.ts';
import type { RunAction } from '../runAction.ts';
import { importFromHelper } from '../secret/importFromHelper.ts';
import { importSecrets } from '../secret/importSecrets.ts';
import { localTime, printStatus } from '../secret/keeperOptions.ts';
import { readValue } from '../secret/readValue.ts';
import { addVaultCommands } from '../secret/vaultCommands.ts';
import { dryRunOption, needsVault, requestOpen, withDaemon, type DryRun } from '../secret/vaultControl.ts';

/** What lists call the place that the values are in. */
const provider = 'wharf';

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
    .addOption(listFormatOption())
    .option('--json', 'the same as --format json')
    .option('--hidden', 'also what Wharf keeps for itself, such as tokens of logins')
    .action(run(list));
  secret
    .command('rm')
    .description('remove secrets')
    .argument('[names...]')
    .option('--all', 'all of them, but for logins')
    .option('--yes', 'do not ask before all are removed; needed where there is no terminal')
    .option(...dryRunOption)
    .action(run(remove));
  secret.command('export-names').description('print the names, one per line: what somebody else has to set').action(run(exportNames));
  secret
    .command('import')
    .description('take over a file of NAME=value lines, or what a docker-credential-helper keeps')
    .argument('<source>', 'a file such as .env; with --helper the address that it knows')
    .option('--helper <name>', 'take it from this helper, such as secretservice, pass or osxkeychain')
    .option('--as <name>', 'with --helper: the name of the secret')
    .option(...dryRunOption)
    .action(run(importFrom));
  addVaultCommands(secret, run);
}

interface ImportOptions extends DryRun {
  readonly helper?: string;
  readonly as?: string;
}

function importFrom(source: string, { helper, as: name, dryRun }: ImportOptions): Promise<number> {
  const isDryRun = dryRun === true;
  if (helper === undefined && name !== undefined) {
    const why = '--as goes with --helper: in a file each line names its own secret.';
    return Promise.resolve(complain(problems.badArgument(why, 'wharf secret import')));
  }
  return helper === undefined ? importSecrets(source, isDryRun) : importFromHelper({ helper, server: source, name, isDryRun });
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
    const isFirst = await needsVault(control);
    if (!isFirst.ok) {
      return complain(isFirst.problem);
    }
    const value = equals === -1 ? await readValue(name) : ({ ok: true, value: argument.slice(equals + 1) } as const);
    if (!value.ok) {
      return complain(value.problem);
    }
    const stored = await requestOpen(control, 'secret/set', { name, value: value.value });
    if (!stored.ok) {
      return complain(stored.problem);
    }
    print(`${stored.value.replaced ? 'Replaced' : 'Stored'} ${name}. A profile names it secret://${name}.`);
    const after = await control.request('vault/status', {});
    if (isFirst.value && after.ok) {
      printStatus(after.value);
    }
    return exitCodes.ok;
  });
}

function list(options: { readonly format: ListFormat; readonly json?: true; readonly hidden?: true }): Promise<number> {
  return withDaemon(async (control) => {
    const listed = await control.request('secret/list', { hidden: options.hidden === true });
    if (!listed.ok) {
      return complain(listed.problem);
    }
    const { secrets } = listed.value;
    const format = options.json === true ? 'json' : options.format;
    if (format !== 'human') {
      printValue(
        secrets.map(({ name }) => ({ name, provider })),
        format,
      );
    } else if (secrets.length === 0) {
      print('There are no secrets yet. "wharf secret set NAME" stores one.');
    } else {
      printTable([['NAME', 'PROVIDER', 'CHANGED'], ...secrets.map(row)]);
    }
    return exitCodes.ok;
  });
}

function row({ name, changedAt }: SecretSummary): readonly string[] {
  return [name, provider, changedAt === null ? `damaged: "wharf secret rm ${name}" removes it` : localTime(changedAt)];
}

function remove(names: readonly string[], options: DryRun & { readonly all?: true; readonly yes?: true }): Promise<number> {
  if ((options.all === true) === names.length > 0) {
    return Promise.resolve(complain(problems.badArgument('Name the secrets to remove, or give --all.', 'wharf secret rm')));
  }
  return withDaemon(async (control) => {
    const listed = await control.request('secret/list', { hidden: options.all !== true });
    if (!listed.ok) {
      return complain(listed.problem);
    }
    const known = listed.value.secrets.map(({ name }) => name);
    const missing = names.filter((name) => !known.includes(name));
    const wanted = options.all === true ? known : names.filter((name) => known.includes(name));
    if (options.dryRun === true) {
      wanted.forEach((name) => print(`${name} would be removed.`));
    } else if (wanted.length > 0) {
      if (options.all === true && options.yes !== true) {
        if (!process.stdin.isTTY) {
          return complain(problems.secretRemovalConsent());
        }
        if (!(await ask(`All secrets are removed, and no backup has them: ${wanted.join(', ')}. Go on?`))) {
          print('Nothing was removed.');
          return exitCodes.problems;
        }
      }
      const removed = await control.request('secret/remove', { names: wanted });
      if (!removed.ok) {
        return complain(removed.problem);
      }
      removed.value.removed.forEach((name) => print(`Removed ${name}.`));
    }
    const [first, ...others] = missing;
    return first === undefined ? exitCodes.ok : complain(problems.secretUnknown(first, others));
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
