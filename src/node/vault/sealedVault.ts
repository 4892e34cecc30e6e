import { randomBytes } from 'node:crypto';

import type { ChosenKeeper } from './keepers/keepers.ts';
import { keyBytes, seal, unseal, type Sealed } from './seal.ts';
import { vaultVersion, type KeeperRecord, type VaultEntry, type VaultFile } from './vaultFile.ts';

/** A vault with a new key, as it would be written. */
export interface FreshVault {
  readonly file: VaultFile;
  /** The vault's own key, and its keeper's, with which that is encrypted in the file. */
  readonly own: Buffer;
  readonly wrapping: Buffer;
}

export function freshVault(id: string, { kept, passedOver }: ChosenKeeper): FreshVault {
  const own = randomBytes(keyBytes);
  const wrapped = seal(kept.key, aboutKey(id, kept.record), own);
  const file: VaultFile = { id, key: kept.record, wrapped, retired: [], passedOver, entries: new Map(), damaged: new Map() };
  return { file, own, wrapping: kept.key };
}

/** The vault's own key; undefined when the keeper's is another one. */
export function ownKey({ id, key, wrapped }: VaultFile, wrapping: Buffer): Buffer | undefined {
  return unseal(wrapping, aboutKey(id, key), wrapped);
}

export function sealValue(own: Buffer, name: string, value: string): VaultEntry {
  const facts = { version: randomBytes(12).toString('base64url'), changedAt: new Date().toISOString() };
  const content = Buffer.from(value, 'utf8');
  const entry = { ...facts, ...seal(own, aboutEntry(name, facts), content) };
  content.fill(0);
  return entry;
}

/** Undefined when the entry is not what was sealed under this name. */
export function openValue(own: Buffer, name: string, entry: VaultEntry): string | undefined {
  const content = unseal(own, aboutEntry(name, entry), entry);
  const value = content?.toString('utf8');
  content?.fill(0);
  return value;
}

/** All entries under another key; a failure names one that is not what was sealed. */
export function resealEntries({ entries, damaged }: VaultFile, from: Buffer, to: Buffer): Resealed {
  const resealed = new Map<string, VaultEntry>();
  for (const [name, entry] of entries) {
    const next = resealEntry(from, to, name, entry);
    if (next === undefined) {
      return { ok: false, damaged: name };
    }
    resealed.set(name, next);
  }
  const [bad] = damaged.keys();
  return bad === undefined ? { ok: true, entries: resealed } : { ok: false, damaged: bad };
}

type Resealed = { readonly ok: true; readonly entries: ReadonlyMap<string, VaultEntry> } | { readonly ok: false; readonly damaged: string };

/** The same entry under another key; undefined as for `openValue`. */
function resealEntry(from: Buffer, to: Buffer, name: string, entry: VaultEntry): VaultEntry | undefined {
  const content = unseal(from, aboutEntry(name, entry), entry);
  if (content === undefined) {
    return undefined;
  }
  const sealed: Sealed = seal(to, aboutEntry(name, entry), content);
  content.fill(0);
  return { ...entry, ...sealed };
}

function aboutEntry(name: string, { version, changedAt }: Pick<VaultEntry, 'version' | 'changedAt'>): readonly unknown[] {
  return [vaultVersion, 'entry', name, version, changedAt];
}

function aboutKey(id: string, record: KeeperRecord): readonly unknown[] {
  return [vaultVersion, 'key', id, record];
}
