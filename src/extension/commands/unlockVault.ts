import * as vscode from 'vscode';

import { ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import { openVault, unlock } from '../openVault.ts';
import { isTrusted } from '../trust.ts';
import { rowOf } from '../views/rows.ts';
import type { Command } from './command.ts';

/** Lets the gateway get the vault's key. Needs no trust: the vault is the user's, and nothing of a workspace is read. */
export const unlockVaultCommand: Command<boolean> = {
  id: commands.unlockVault,
  needsTrust: false,
  run: async (services, argument) => {
    const status = await services.gateway.request('vault/status', {});
    if (!status.ok) {
      return status;
    }
    if (status.value.kind === 'open') {
      services.messages.done(vscode.l10n.t('The vault is open.'));
      return ok(true);
    }
    const opened = status.value.kind === 'none' ? await openVault(services) : await unlock(services, status.value);
    if (!opened.ok || !opened.value) {
      return opened;
    }
    services.messages.done(vscode.l10n.t('The vault is open: servers get the secrets that they declare.'));
    const row = isTrusted() ? rowOf(argument) : undefined;
    if (row?.entry.file.allowed === true) {
      void services.profiles.ask(row.entry, true);
    }
    return ok(true);
  },
};
