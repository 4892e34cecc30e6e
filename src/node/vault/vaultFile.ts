import * as problems from '../../core/problems.ts';
import type { PassedOverKeeper } from '../../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Sealed } from './seal.ts';

/** Of the format; it is in what every entry is sealed with. */
export const vaultVersion = 1;

/** Where the key is that wraps the vault's own, and what it takes to get it. Nothing in it is secret. */
export type KeeperRecord =
  /** A docker-credential-helper: `docker-credential-NAME`. */
  | { readonly keeper: 'helper'; readonly helper: string; readonly account: string }
  | { readonly keeper: 'keyring'; readonly account: string }
  /** scrypt (RFC 7914); `salt` is base64. */
  | { readonly keeper: 'passphrase'; readonly salt: string; readonly n: number; readonly r: number; readonly p: number }
  | { readonly keeper: 'keyFile'; readonly path: string; readonly salt: string };

/** One secret, encrypted. */
export interface VaultEntry extends Sealed {
  /** Random, new with every value. */
  readonly version: string;
  /** ISO 8601. */
  readonly changedAt: string;
}

export interface VaultFile {
  readonly id: string;
  readonly key: KeeperRecord;
  /** The vault's own key, encrypted with the keeper's. */
  readonly wrapped: Sealed;
  /** Keepers of keys that are not used any more and may still have them. */
  readonly retired: readonly KeeperRecord[];
  /** Keepers that go before this one and could not be used when it was chosen. */
  readonly passedOver: readonly PassedOverKeeper[];
  readonly entries: ReadonlyMap<string, VaultEntry>;
  /** Entries of another form, as they stand in the file: written back so, until somebody removes or replaces them. */
  readonly damaged: ReadonlyMap<string, unknown>;
}

export function vaultText({ id, key, wrapped, retired, passedOver, entries, damaged }: VaultFile): string {
  const secrets = Object.fromEntries([...entries, ...damaged].sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ wharfVault: vaultVersion, id, key, wrapped, retired, passedOver, secrets }, null, 2)}\n`;
}

/** Reads the text of a vault's file. What is not understood beside its entries is not read at all: it would be lost by the next write. */
export function parseVault(text: string, path: string): Result<VaultFile> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail(problems.vaultDamaged(path, 'it is no JSON'));
  }
  const file = record(value);
  const version = file?.['wharfVault'];
  if (file === undefined || typeof version !== 'number') {
    return fail(problems.vaultDamaged(path, 'it is no vault'));
  }
  if (version > vaultVersion) {
    return fail(problems.vaultNewer(path, version, vaultVersion));
  }
  const { id, key, wrapped, retired, passedOver, secrets } = file;
  const entries = record(secrets);
  if (
    version !== vaultVersion ||
    typeof id !== 'string' ||
    !isKeeperRecord(key) ||
    !isSealed(wrapped) ||
    !Array.isArray(retired) ||
    !retired.every(isKeeperRecord) ||
    !Array.isArray(passedOver) ||
    !passedOver.every(isPassedOver) ||
    entries === undefined
  ) {
    return fail(problems.vaultDamaged(path, 'a part is missing or of another form'));
  }
  const [sound, damaged] = [new Map<string, VaultEntry>(), new Map<string, unknown>()];
  for (const [name, entry] of Object.entries(entries)) {
    if (isEntry(entry)) {
      sound.set(name, entry);
    } else {
      damaged.set(name, entry);
    }
  }
  return ok({ id, key, wrapped, retired, passedOver, entries: sound, damaged });
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function hasTexts(value: unknown, ...keys: readonly string[]): boolean {
  const object = record(value);
  return object !== undefined && keys.every((key) => typeof object[key] === 'string');
}

function isSealed(value: unknown): value is Sealed {
  return hasTexts(value, 'nonce', 'data');
}

function isEntry(value: unknown): value is VaultEntry {
  return isSealed(value) && hasTexts(value, 'version', 'changedAt');
}

function isPassedOver(value: unknown): value is PassedOverKeeper {
  return hasTexts(value, 'keeper', 'reason');
}

function isKeeperRecord(value: unknown): value is KeeperRecord {
  switch (record(value)?.['keeper']) {
    case 'helper':
      return hasTexts(value, 'helper', 'account');
    case 'keyring':
      return hasTexts(value, 'account');
    case 'keyFile':
      return hasTexts(value, 'path', 'salt');
    case 'passphrase':
      return hasTexts(value, 'salt') && ['n', 'r', 'p'].every((key) => Number.isSafeInteger(record(value)?.[key]));
    default:
      return false;
  }
}
