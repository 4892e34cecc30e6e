import type { ControlClient } from '../../node/controlClient.ts';
import type { ControlMethods } from '../../shared/controlProtocol.ts';
import { ok, type Result } from '../../shared/result.ts';
import { commandLocations, openControl } from '../context.ts';
import { complain } from '../output.ts';
import { readPassphrase } from './readValue.ts';

export interface DryRun {
  readonly dryRun?: true;
}

export const dryRunOption = ['--dry-run', 'say what would change, and change nothing'] as const;

/** How long the daemon holds the key when nobody says otherwise: a working day. */
export const usualHoldMs = 8 * 3_600_000;

/** Runs `action` with the daemon, which is started where there is none. */
export async function withDaemon(action: (control: ControlClient) => Promise<number>): Promise<number> {
  const control = await openControl(commandLocations());
  if (!control.ok) {
    return complain(control.problem);
  }
  try {
    return await action(control.value);
  } finally {
    control.value.close();
  }
}

/** Finds out whether there is a vault, or can be one: nobody shall type a secret, or log in, where nothing keeps it. True when there is none yet. */
export async function needsVault(control: ControlClient): Promise<Result<boolean>> {
  const status = await control.request('vault/status', {});
  if (!status.ok || status.value.kind !== 'none') {
    return ok(false);
  }
  const probed = await control.request('vault/probe', {});
  return probed.ok ? ok(true) : probed;
}

/** A request that may need the vault's key: a person at a terminal is asked for the passphrase, once. */
export async function requestOpen<Name extends keyof ControlMethods>(
  control: ControlClient,
  method: Name,
  params: ControlMethods[Name]['params'],
): Promise<Result<ControlMethods[Name]['result']>> {
  const first = await control.request(method, params);
  if (first.ok || first.problem.code !== 'WHARF_VAULT_LOCKED' || !process.stdin.isTTY) {
    return first;
  }
  const status = await control.request('vault/status', {});
  if (!status.ok || status.value.kind !== 'locked' || !status.value.needsPassphrase) {
    return first;
  }
  const passphrase = await readPassphrase({ isNew: false });
  if (!passphrase.ok) {
    return passphrase;
  }
  const unlocked = await control.request('vault/unlock', { passphrase: passphrase.value, forMs: usualHoldMs });
  return unlocked.ok ? control.request(method, params) : unlocked;
}
