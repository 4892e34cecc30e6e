import * as vscode from 'vscode';

import { ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import type { Command } from './command.ts';

/** Has the gateway forget the vault's key. Servers that run keep what they got. */
export const lockVaultCommand: Command<boolean> = {
  id: commands.lockVault,
  needsTrust: false,
  run: async ({ gateway, messages }) => {
    const status = await gateway.request('vault/status', {});
    if (!status.ok) {
      return status;
    }
    if (status.value.kind === 'none') {
      messages.done(vscode.l10n.t('There is no vault yet: it is made with the first secret.'));
      return ok(false);
    }
    const locked = await gateway.request('vault/lock', {});
    if (!locked.ok) {
      return locked;
    }
    messages.done(vscode.l10n.t('The vault is locked. Servers that run keep the secrets that they got until they stop.'));
    return ok(true);
  },
};
