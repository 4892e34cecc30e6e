import * as vscode from 'vscode';

import { isUserSecretName } from '../../node/vault/names.ts';
import { ok, type Result } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import { openVault } from '../openVault.ts';
import type { ProfileEntry } from '../profiles.ts';
import { isTrusted } from '../trust.ts';
import { rowOf } from '../views/rows.ts';
import { wantedSecrets } from '../views/serverMarks.ts';
import type { Command, Services } from './command.ts';

/**
 * Puts a value into the user's vault: of a secret that a server's row declares, or of any name. A program may pass `{ name }`,
 * and never the value. Gives the name. Needs no trust: a secret is its user's own, and what a project's profile wants is looked
 * at only where the workspace is trusted.
 */
export const setSecretCommand: Command<string | null> = {
  id: commands.setSecret,
  needsTrust: false,
  run: async (services, argument) => {
    const name = await chooseName(services, argument);
    if (!name.ok || name.value === undefined) {
      return name.ok ? ok(null) : name;
    }
    const opened = await openVault(services);
    if (!opened.ok || !opened.value) {
      return opened.ok ? ok(null) : opened;
    }
    const set = await askAndSet(services, name.value);
    if (!set.ok || !set.value) {
      return set.ok ? ok(null) : set;
    }
    const row = isTrusted() ? rowOf(argument) : undefined;
    if (row?.entry.file.allowed === true) {
      // With what it was missing the server can be asked for its tools.
      void services.profiles.ask(row.entry, true);
    }
    return ok(name.value);
  },
};

/** False when the person gave up. The value goes from the box to the daemon. */
async function askAndSet({ gateway, messages }: Services, name: string): Promise<Result<boolean>> {
  const value = await vscode.window.showInputBox({
    title: vscode.l10n.t('Set Secret'),
    // The box drops line ends without a word.
    prompt: vscode.l10n.t(
      'The value of {0}, on one line; one of several lines goes in with "wharf secret set {0} < FILE". It goes straight into your vault.',
      name,
    ),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (text === '' ? vscode.l10n.t('Type or paste a value.') : undefined),
  });
  if (value === undefined || value === '') {
    return ok(false);
  }
  const set = await gateway.request('secret/set', { name, value });
  if (!set.ok) {
    return set;
  }
  messages.done(
    set.value.replaced
      ? vscode.l10n.t('Replaced the secret {0}. Servers that run with the old value are started anew when they are wanted next.', name)
      : vscode.l10n.t('Stored the secret {0}. A profile names it secret://{0}.', name),
  );
  return ok(true);
}

interface NameItem extends vscode.QuickPickItem {
  /** Undefined: any other. */
  readonly name?: string;
}

async function chooseName(services: Services, argument: unknown): Promise<Result<string | undefined>> {
  const given = typeof argument === 'object' && argument !== null && 'name' in argument ? argument.name : undefined;
  if (typeof given === 'string' && isUserSecretName(given)) {
    return ok(given);
  }
  const row = isTrusted() ? rowOf(argument) : undefined;
  const entries = row === undefined ? await trustedEntries(services) : ok([row.entry]);
  if (!entries.ok) {
    return entries;
  }
  const known = await services.gateway.request('secret/list', {});
  if (!known.ok) {
    return known;
  }
  const there = new Set(known.value.secrets.map(({ name }) => name));
  const items = itemsOf(entries.value, row?.kind === 'server' ? row.server.name : undefined, there);
  const [only] = items;
  if (row !== undefined && items.length === 1 && only?.name !== undefined) {
    return ok(only.name);
  }
  if (items.length === 0) {
    return ok(await askForName());
  }
  const other: NameItem = { label: `$(edit) ${vscode.l10n.t('Another name…')}` };
  const picked = await vscode.window.showQuickPick([...items, other], {
    title: vscode.l10n.t('Set Secret'),
    placeHolder: vscode.l10n.t('Which secret?'),
  });
  return ok(picked === undefined ? undefined : (picked.name ?? (await askForName())));
}

/** Profiles of a workspace that is not trusted are not even read. */
async function trustedEntries({ profiles }: Services): Promise<Result<readonly ProfileEntry[]>> {
  const listed = isTrusted() ? await profiles.list() : ok([]);
  return listed.ok ? ok(listed.value.filter(({ file }) => file.allowed)) : listed;
}

/** Those that are not set come first. `server` narrows them to one. */
function itemsOf(entries: readonly ProfileEntry[], server: string | undefined, there: ReadonlySet<string>): readonly NameItem[] {
  const found = new Map<string, NameItem>();
  for (const { file } of entries) {
    const servers = file.profile.ok ? file.profile.value.servers : [];
    for (const one of servers.filter(({ name }) => server === undefined || name === server)) {
      for (const { name, variable } of wantedSecrets(one)) {
        const isSet = there.has(name);
        found.set(name, {
          name,
          label: `${isSet ? '$(pass)' : '$(circle-large-outline)'} ${name}`,
          description: isSet ? vscode.l10n.t('set') : vscode.l10n.t('not set'),
          detail: vscode.l10n.t('{0} of the server {1} in {2}', variable, one.name, file.id),
        });
      }
    }
  }
  const isSet = ({ name = '' }: NameItem): number => Number(there.has(name));
  return [...found.values()].toSorted((a, b) => isSet(a) - isSet(b));
}

function askForName(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t('Set Secret'),
    prompt: vscode.l10n.t('The name of the secret, such as github.token. Its value is asked for next.'),
    ignoreFocusOut: true,
    validateInput: (text) =>
      isUserSecretName(text)
        ? undefined
        : vscode.l10n.t('Use letters, digits and . _ : - with slashes between parts; names that begin with oauth/ are for logins.'),
  });
}
