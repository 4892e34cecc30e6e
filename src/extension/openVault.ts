import { join } from 'node:path';

import * as vscode from 'vscode';

import type { KeeperWish, VaultStatus } from '../shared/controlProtocol.ts';
import { ok, type Result } from '../shared/result.ts';
import type { Services } from './commands/command.ts';

const hourMs = 3_600_000;

/** What a person types here goes to the daemon and nowhere else: no setting, no log, no state of VS Code has it. */
const hidden = { password: true, ignoreFocusOut: true } as const;

/** Sees to it that the vault is there and open, asking what only a person can say. False when they gave up. */
export async function openVault(services: Services): Promise<Result<boolean>> {
  const status = await services.gateway.request('vault/status', {});
  if (!status.ok) {
    return status;
  }
  switch (status.value.kind) {
    case 'open':
      return ok(true);
    case 'none':
      return makeVault(services);
    case 'locked':
      return status.value.opensItself ? ok(true) : unlock(services, status.value);
  }
}

/** Unlocks a vault that is locked, also one that would open by itself. */
export async function unlock({ gateway }: Services, status: VaultStatus): Promise<Result<boolean>> {
  if (status.kind !== 'locked' || status.keeper !== 'passphrase') {
    const opened = await gateway.request('vault/unlock', { passphrase: '', forMs: null });
    return opened.ok ? ok(true) : opened;
  }
  const title = vscode.l10n.t('Unlock Vault');
  let prompt = vscode.l10n.t('The passphrase of your vault. It goes to the gateway and is written nowhere.');
  for (;;) {
    const passphrase = await vscode.window.showInputBox({ ...hidden, title, prompt });
    if (passphrase === undefined || passphrase === '') {
      return ok(false);
    }
    const forMs = await askForHold(title);
    if (forMs === undefined) {
      return ok(false);
    }
    const opened = await gateway.request('vault/unlock', { passphrase, forMs });
    if (opened.ok || opened.problem.code !== 'WHARF_VAULT_PASSPHRASE') {
      return opened.ok ? ok(true) : opened;
    }
    prompt = `${opened.problem.message} ${opened.problem.next}`;
  }
}

/** How long the gateway keeps the key, in ms; null is until it ends, undefined when nothing was chosen. */
async function askForHold(title: string): Promise<number | null | undefined> {
  const items = [
    { label: vscode.l10n.t('8 hours'), detail: vscode.l10n.t('A working day'), forMs: 8 * hourMs },
    {
      label: vscode.l10n.t('1 hour'),
      detail: vscode.l10n.t('Then servers that want a secret do not start until you unlock it again'),
      forMs: hourMs,
    },
    { label: vscode.l10n.t('Until the gateway ends'), detail: vscode.l10n.t('It ends when nothing has used it for a while'), forMs: null },
  ];
  const placeHolder = vscode.l10n.t('For how long may the gateway keep it in memory?');
  return (await vscode.window.showQuickPick(items, { title, placeHolder, ignoreFocusOut: true }))?.forMs;
}

/** A keeper that needs nobody goes first; where there is none, a person chooses. */
async function makeVault(services: Services): Promise<Result<boolean>> {
  const made = await services.gateway.request('vault/init', { keeper: { kind: 'automatic' }, forMs: null });
  if (made.ok || made.problem.code !== 'WHARF_VAULT_NO_KEEPER') {
    return made.ok ? ok(true) : made;
  }
  const wish = await askForKeeper(services);
  if (!wish.ok || wish.value === undefined) {
    return wish.ok ? ok(false) : wish;
  }
  const init = await services.gateway.request('vault/init', wish.value);
  return init.ok ? ok(true) : init;
}

interface VaultWish {
  readonly keeper: KeeperWish;
  readonly forMs: number | null;
}

async function askForKeeper({ home }: Services): Promise<Result<VaultWish | undefined>> {
  const title = vscode.l10n.t('Make a Vault for Secrets');
  const byPassphrase = {
    label: `$(lock) ${vscode.l10n.t('A passphrase')}`,
    detail: vscode.l10n.t('You type it once a day. If you forget it, the secrets are lost.'),
  };
  const byFile = {
    label: `$(file) ${vscode.l10n.t('A key file')}`,
    detail: vscode.l10n.t('Nobody is asked. Risk: whoever can read your files can read every secret.'),
  };
  const placeHolder = vscode.l10n.t('No keyring and no credential helper works here. What shall keep the key?');
  const picked = await vscode.window.showQuickPick([byPassphrase, byFile], { title, placeHolder, ignoreFocusOut: true });
  if (picked === undefined) {
    return ok(undefined);
  }
  if (picked === byPassphrase) {
    return ok(await askForPassphrase(title));
  }
  const locations = home.locations();
  if (!locations.ok) {
    return locations;
  }
  const path = await vscode.window.showInputBox({
    title,
    ignoreFocusOut: true,
    prompt: vscode.l10n.t('Where the key file goes, readable for you alone. Keep it out of backups and repositories.'),
    value: join(locations.value.configFolder, 'vault.key'),
    validateInput: (text) => (/^(?:\/|[A-Za-z]:[\\/])/.test(text) ? undefined : vscode.l10n.t('Write an absolute path.')),
  });
  return ok(path === undefined ? undefined : { keeper: { kind: 'keyFile', path }, forMs: null });
}

async function askForPassphrase(title: string): Promise<VaultWish | undefined> {
  const first = await vscode.window.showInputBox({
    ...hidden,
    title,
    prompt: vscode.l10n.t('A new passphrase for the vault. Nobody can find it out for you.'),
    validateInput: (text) => (text === '' ? vscode.l10n.t('Type a passphrase.') : undefined),
  });
  if (first === undefined || first === '') {
    return undefined;
  }
  const second = await vscode.window.showInputBox({
    ...hidden,
    title,
    prompt: vscode.l10n.t('The same passphrase once more.'),
    validateInput: (text) => (text === first ? undefined : vscode.l10n.t('It differs from the first.')),
  });
  const forMs = second === first ? await askForHold(title) : undefined;
  return forMs === undefined ? undefined : { keeper: { kind: 'passphrase', passphrase: first }, forMs };
}
