import * as problems from '../../../core/problems.ts';
import type { KeeperWish, PassedOverKeeper } from '../../../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../../../shared/result.ts';
import type { KeeperRecord } from '../vaultFile.ts';
import {
  helperProgram,
  helpersToTry,
  isHelperName,
  keepInHelper,
  keyFromHelper,
  notInstalled,
  removeFromHelper,
} from './credentialHelper.ts';
import { notKept, type KeeperEnvironment, type Kept, type KeptKey } from './keeper.ts';
import { keepInKeyFile, keyFromKeyFile } from './keyFile.ts';
import { keepInKeyring, keyFromKeyring, removeFromKeyring } from './osKeyring.ts';
import { keepByPassphrase, keyFromPassphrase } from './passphrase.ts';
import { readKeptFile } from './keptFile.ts';

/** Paths by which a user chooses a keeper where nobody can be asked. Only paths: they are remembered, and values never are. */
export const keeperVariables = { keyFile: 'WHARF_VAULT_KEY_FILE', passphraseFile: 'WHARF_VAULT_PASSPHRASE_FILE' } as const;

const keyringName = 'the OS keyring';

/** A new key in the care of somebody, and who could not be used before. */
export interface ChosenKeeper {
  readonly kept: KeptKey;
  readonly passedOver: readonly PassedOverKeeper[];
}

/** Who keeps the key, in words. */
export function keptBy(record: KeeperRecord): string {
  switch (record.keeper) {
    case 'helper':
      return helperProgram(record.helper);
    case 'keyring':
      return keyringName;
    case 'passphrase':
      return 'a passphrase';
    case 'keyFile':
      return `the key file ${record.path}`;
  }
}

/** Whether the key can be had without a person who types. */
export function needsNobody(record: KeeperRecord, env: KeeperEnvironment): boolean {
  return record.keeper !== 'passphrase' || isSet(env[keeperVariables.passphraseFile]);
}

/** Has a new key kept as the user wishes. What the user named and cannot be used is a failure, never replaced by something else. */
export async function chooseKeeper(wish: KeeperWish, env: KeeperEnvironment): Promise<Result<ChosenKeeper>> {
  switch (wish.kind) {
    case 'automatic':
      return chooseFirst(env);
    case 'helper':
      return named(
        helperProgram(wish.name),
        isHelperName(wish.name) ? await keepInHelper(wish.name, env) : notKept('that is no name of a helper'),
      );
    case 'keyring':
      return named(keyringName, await keepInKeyring(env));
    case 'passphrase':
      return named('this passphrase', await keepByPassphrase(wish.passphrase));
    case 'keyFile':
      return named('the key file', await keepInKeyFile(wish.path));
  }
}

function named(keeper: string, kept: Kept<KeptKey>): Result<ChosenKeeper> {
  return kept.ok ? ok({ kept: kept.value, passedOver: [] }) : fail(problems.vaultKeeperUnusable(keeper, kept.reason));
}

/** The order of DESIGN §5. A file that a variable names is a choice of the user, so it goes before what is merely there. */
async function chooseFirst(env: KeeperEnvironment): Promise<Result<ChosenKeeper>> {
  const [keyFile, passphraseFile] = [env[keeperVariables.keyFile], env[keeperVariables.passphraseFile]];
  if (isSet(keyFile)) {
    return named(`the file that ${keeperVariables.keyFile} names`, await keepInKeyFile(keyFile));
  }
  if (isSet(passphraseFile)) {
    const passphrase = await passphraseIn(passphraseFile);
    return named(
      `the file that ${keeperVariables.passphraseFile} names`,
      passphrase.ok ? await keepByPassphrase(passphrase.value) : passphrase,
    );
  }
  const passedOver: PassedOverKeeper[] = [];
  for (const { helper, isConfigured } of await helpersToTry(env)) {
    const kept = await keepInHelper(helper, env);
    if (kept.ok) {
      return ok({ kept: kept.value, passedOver });
    }
    // Of those that Docker offers few are installed.
    if (isConfigured || kept.reason !== notInstalled) {
      passedOver.push({ keeper: helperProgram(helper), reason: kept.reason });
    }
  }
  const kept = await keepInKeyring(env);
  if (kept.ok) {
    return ok({ kept: kept.value, passedOver });
  }
  passedOver.push({ keeper: keyringName, reason: kept.reason });
  return fail(problems.vaultNoKeeper(passedOver.map(({ keeper, reason }) => `${keeper}: ${reason}`).join('\n')));
}

/**
 * The key of a record, from its own keeper and from no other: a vault never becomes weaker by itself. A passphrase is the
 * one that is given, else that of the file which a variable names.
 */
export async function keyOf(record: KeeperRecord, env: KeeperEnvironment, passphrase?: string): Promise<Result<Buffer>> {
  const kept = await keyFrom(record, env, passphrase);
  if (kept === 'asksSomebody') {
    return fail(problems.vaultLocked(keptBy(record)));
  }
  return kept.ok ? ok(kept.value) : fail(problems.vaultKeeper(keptBy(record), kept.reason));
}

async function keyFrom(record: KeeperRecord, env: KeeperEnvironment, given?: string): Promise<Kept<Buffer> | 'asksSomebody'> {
  switch (record.keeper) {
    case 'helper':
      return isHelperName(record.helper) ? keyFromHelper(record.helper, record.account, env) : notKept('that is no name of a helper');
    case 'keyring':
      return keyFromKeyring(record.account, env);
    case 'keyFile': {
      const own = await keyFromKeyFile(record.path, record.salt);
      const moved = env[keeperVariables.keyFile];
      return own.ok || !isSet(moved) ? own : keyFromKeyFile(moved, record.salt);
    }
    case 'passphrase': {
      const file = env[keeperVariables.passphraseFile];
      if (given === undefined && !isSet(file)) {
        return 'asksSomebody';
      }
      const passphrase = given === undefined ? await passphraseIn(file ?? '') : ({ ok: true, value: given } as const);
      return passphrase.ok ? keyFromPassphrase(passphrase.value, record) : passphrase;
    }
  }
}

/** A new key in the place of the old one's keeper. A passphrase or a key file stays, as only its user can change it. */
export async function renewKey(record: KeeperRecord, old: Buffer, env: KeeperEnvironment): Promise<Result<ChosenKeeper>> {
  switch (record.keeper) {
    case 'helper':
      return chooseKeeper({ kind: 'helper', name: record.helper }, env);
    case 'keyring':
      return chooseKeeper({ kind: 'keyring' }, env);
    case 'passphrase':
    case 'keyFile':
      return ok({ kept: { record, key: Buffer.from(old) }, passedOver: [] });
  }
}

/** Takes a key back from its keeper. False when it may still be there. */
export async function forgetKey(record: KeeperRecord, env: KeeperEnvironment): Promise<boolean> {
  switch (record.keeper) {
    case 'helper':
      return isHelperName(record.helper) && removeFromHelper(record.helper, record.account, env);
    case 'keyring':
      return removeFromKeyring(record.account, env);
    case 'passphrase':
    case 'keyFile':
      return true;
  }
}

async function passphraseIn(path: string): Promise<Kept<string>> {
  const file = await readKeptFile(path);
  return file.ok ? { ok: true, value: file.value.toString('utf8') } : file;
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
