import type { KeeperRecord } from '../vaultFile.ts';

/** Variables for what a keeper runs or reads. */
export type KeeperEnvironment = Readonly<Record<string, string | undefined>>;

/** A key that a keeper has from now on, and how to get it again. */
export interface KeptKey {
  readonly record: KeeperRecord;
  /** 256 bits. */
  readonly key: Buffer;
}

/** Whether a keeper could do what it was asked for; `reason` is half a sentence and never holds a key. */
export type Kept<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

export function kept<T>(value: T): Kept<T> {
  return { ok: true, value };
}

export function notKept(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason: reason.replace(/\s+/g, ' ').trim().slice(0, 300).replace(/\.$/, '') };
}
