import { randomBytes } from 'node:crypto';

import type { SecretValue } from '../../core/ports.ts';
import * as problems from '../../core/problems.ts';
import type { KeeperWish, SecretSummary, VaultFacts, VaultStatus } from '../../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { KeeperEnvironment } from './keepers/keeper.ts';
import { chooseKeeper, forgetKey, keptBy, renewKey } from './keepers/keepers.ts';
import { isHiddenName } from './names.ts';
import { freshVault, openValue, resealEntries, sealValue, type FreshVault } from './sealedVault.ts';
import type { VaultFile } from './vaultFile.ts';
import { VaultKeys } from './vaultKeys.ts';
import { VaultStore, type ReadVault } from './vaultStore.ts';

/**
 * The user's secrets: a file whose every entry is encrypted, with a key that somebody else keeps. This holds the key, once it
 * got it, and no value. Names and times are readable without it.
 */
export class Vault {
  private readonly store: VaultStore;
  private readonly keys: VaultKeys;
  private last: Promise<unknown> = Promise.resolve();

  /** `env` gives the variables that keepers need, as they are now. `canUnlock` is whether anybody can call `unlock`. */
  constructor(dataFolder: string, env: () => KeeperEnvironment, canUnlock = true) {
    this.store = new VaultStore(dataFolder);
    this.keys = new VaultKeys(env, canUnlock);
  }

  /** Path of its file, be it there or not. */
  get file(): string {
    return this.store.path;
  }

  /** How long the key that the user gave has to be kept for, in ms: whoever holds it should not end before. */
  get heldForMs(): number {
    const { until } = this.keys;
    return until === null ? 0 : until - Date.now();
  }

  async status(): Promise<Result<VaultStatus>> {
    const read = await this.store.read();
    if (!read.ok) {
      return read;
    }
    const { file } = read.value;
    if (file === undefined) {
      return ok({ kind: 'none', file: this.store.path });
    }
    const { key, passedOver } = file;
    const facts: VaultFacts = { keeper: key.keeper, keptBy: keptBy(key), file: this.store.path, passedOver };
    if (this.keys.isOpen(file)) {
      const { until } = this.keys;
      return ok({ kind: 'open', until: until === null ? null : new Date(until).toISOString(), ...facts });
    }
    const { isAlone, opensItself } = this.keys.reach(file);
    return ok({ kind: 'locked', opensItself, needsPassphrase: !isAlone, ...facts });
  }

  /** Whether somebody here keeps the key of a vault without a person. Nothing is left of it, but for a key file that a variable names. */
  probe(): Promise<Result<null>> {
    return this.inTurn(async () => {
      const chosen = await chooseKeeper({ kind: 'automatic' }, this.keys.env());
      if (!chosen.ok) {
        return chosen;
      }
      const { key, record } = chosen.value.kept;
      key.fill(0);
      await forgetKey(record, this.keys.env());
      return ok(null);
    });
  }

  /** Makes the vault; `forMs` as for `unlock`. */
  init(wish: KeeperWish, forMs: number | null): Promise<Result<VaultStatus>> {
    return this.inTurn(async () => {
      const read = await this.store.read();
      if (!read.ok || read.value.file !== undefined) {
        return read.ok ? fail(problems.vaultExists(this.store.path)) : read;
      }
      const made = await this.make(read.value, wish);
      if (!made.ok) {
        return made;
      }
      this.keys.holdFor(forMs);
      return this.status();
    });
  }

  /** Gets the key and holds it for `forMs`; null is until the process ends. */
  unlock(passphrase: string, forMs: number | null): Promise<Result<VaultStatus>> {
    return this.inTurn(async () => {
      const read = await this.store.read();
      if (!read.ok || read.value.file === undefined) {
        return read.ok ? fail(problems.vaultMissing()) : read;
      }
      const opened = await this.keys.unlock(read.value.file, passphrase, forMs);
      return opened.ok ? this.status() : opened;
    });
  }

  /** Forgets the key, and gets it from nobody until `unlock`. */
  lock(): Promise<Result<VaultStatus>> {
    return this.inTurn(() => {
      this.keys.lock();
      return this.status();
    });
  }

  /** Overwrites the key in memory. */
  close(): void {
    this.keys.forget();
  }

  async list(): Promise<Result<readonly SecretSummary[]>> {
    const read = await this.store.read();
    if (!read.ok) {
      return read;
    }
    const { entries, damaged } = read.value.file ?? { entries: [], damaged: new Map<string, unknown>() };
    const all: SecretSummary[] = [
      ...Array.from(entries, ([name, { changedAt }]) => ({ name, changedAt })),
      ...Array.from(damaged.keys(), (name) => ({ name, changedAt: null })),
    ];
    return ok(all.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  }

  /** Null where the vault has no such secret. */
  get(name: string): Promise<Result<SecretValue | null>> {
    return this.inTurn(() =>
      this.store.change<SecretValue | null>(async (file) => {
        const entry = file?.entries.get(name);
        if (file === undefined || entry === undefined) {
          return file?.damaged.has(name) === true ? fail(this.damaged(name)) : ok({ value: null });
        }
        const own = await this.keyOf(file);
        if (!own.ok) {
          return own;
        }
        const value = openValue(own.value, name, entry);
        return value === undefined ? fail(this.damaged(name)) : ok({ value: { value, version: entry.version } });
      }),
    );
  }

  /** Keeps a value. Where there is no vault yet it is made. */
  set(name: string, value: string): Promise<Result<{ readonly replaced: boolean }>> {
    return this.inTurn(async () => {
      const made = await this.makeWhereMissing();
      if (!made.ok) {
        return made;
      }
      return this.store.change(async (file) => {
        const own = file === undefined ? fail(problems.vaultMissing()) : await this.keyOf(file);
        if (file === undefined || !own.ok) {
          return own.ok ? fail(problems.vaultMissing()) : own;
        }
        const rest = without(file, [name]);
        const entries = new Map(rest.entries).set(name, sealValue(own.value, name, value));
        return ok({ file: { ...rest, entries }, value: { replaced: has(file, name) } });
      });
    });
  }

  /** Gives the names of those that were there. Needs no key. */
  remove(names: readonly string[]): Promise<Result<readonly string[]>> {
    return this.inTurn(() =>
      this.store.change((file) => {
        const removed = [...new Set(names)].filter((name) => file !== undefined && has(file, name));
        const isChange = file !== undefined && removed.length > 0;
        return Promise.resolve(ok({ ...(isChange ? { file: without(file, removed) } : {}), value: removed }));
      }),
    );
  }

  /** A new key, and everything encrypted anew, in one write: whatever ends it in the middle leaves the vault as it was. Gives how many secrets it has. */
  rotate(wish?: KeeperWish): Promise<Result<number>> {
    return this.inTurn(async () => {
      let fresh: FreshVault | undefined;
      const rotated = await this.store.change<FreshVault>(async (file) => {
        await this.keys.drop(fresh);
        fresh = undefined;
        const next = file === undefined ? fail(problems.vaultMissing()) : await this.rotated(file, wish);
        fresh = next.ok ? next.value : undefined;
        return next.ok ? ok({ file: next.value.file, value: next.value }) : next;
      });
      if (!rotated.ok) {
        await this.keys.drop(fresh);
        return rotated;
      }
      this.keys.take(rotated.value);
      await this.takeBackRetired();
      return ok(rotated.value.file.entries.size);
    });
  }

  private async rotated(file: VaultFile, wish: KeeperWish | undefined): Promise<Result<FreshVault>> {
    const held = await this.keyOf(file);
    const wrapping = this.keys.wrappingKey;
    if (!held.ok || wrapping === undefined) {
      return held.ok ? fail(problems.vaultLocked(keptBy(file.key))) : held;
    }
    // Its time may end while a keeper is asked.
    const old = Buffer.from(held.value);
    try {
      const env = this.keys.env();
      const chosen = await (wish === undefined ? renewKey(file.key, wrapping, env) : chooseKeeper(wish, env));
      if (!chosen.ok) {
        return chosen;
      }
      const fresh = freshVault(file.id, chosen.value);
      const resealed = resealEntries(file, old, fresh.own);
      if (!resealed.ok) {
        await this.keys.drop(fresh);
        return fail(this.damaged(resealed.damaged));
      }
      const isSameKeeper = JSON.stringify(fresh.file.key) === JSON.stringify(file.key);
      const retired = isSameKeeper ? file.retired : [...file.retired, file.key];
      // A keeper that was chosen by hand passes over nobody.
      const passedOver = wish === undefined ? file.passedOver : [];
      return ok({ ...fresh, file: { ...fresh.file, entries: resealed.entries, retired, passedOver } });
    } finally {
      old.fill(0);
    }
  }

  /** The old keys leave their keepers after the file is written: until then they may be needed. */
  private async takeBackRetired(): Promise<void> {
    await this.store.change(async (file) => {
      const retired = await this.keys.takeBack(file?.retired ?? []);
      const isNew = file !== undefined && retired.length < file.retired.length;
      return ok({ ...(isNew ? { file: { ...file, retired } } : {}), value: null });
    });
  }

  private async makeWhereMissing(): Promise<Result<null>> {
    const read = await this.store.read();
    return read.ok && read.value.file === undefined ? this.make(read.value, { kind: 'automatic' }) : read.ok ? ok(null) : read;
  }

  private async make(read: ReadVault, wish: KeeperWish): Promise<Result<null>> {
    const chosen = await chooseKeeper(wish, this.keys.env());
    if (!chosen.ok) {
      return chosen;
    }
    const fresh = freshVault(randomBytes(16).toString('hex'), chosen.value);
    const written = await this.store.write(read, fresh.file);
    if (!written.ok) {
      await this.keys.drop(fresh);
      // Another program made one at the same moment: that is the vault, for whoever only wants one.
      return written.problem.code === 'WHARF_FILE_CHANGED' && wish.kind === 'automatic' ? ok(null) : written;
    }
    this.keys.take(fresh);
    return written;
  }

  /** The vault's own key. Where another program rotated it meanwhile, its old keeper no longer has it: then it is WHARF_FILE_CHANGED. */
  private async keyOf(file: VaultFile): Promise<Result<Buffer>> {
    const own = await this.keys.open(file);
    if (own.ok || own.problem.code !== 'WHARF_VAULT_KEEPER') {
      return own;
    }
    const now = await this.store.read();
    const isOther = now.ok && now.value.file !== undefined && now.value.file.wrapped.data !== file.wrapped.data;
    return isOther ? fail(problems.fileChanged(this.store.path)) : own;
  }

  private damaged(name: string): ReturnType<typeof problems.vaultDamaged> {
    const why = `the entry "${name}" was changed by something else than Wharf`;
    return problems.vaultDamaged(this.store.path, why, { name, isLogin: isHiddenName(name) });
  }

  /** One after the other: what one does with the key must not be overtaken by another. */
  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const next = this.last.then(action);
    this.last = next.catch(() => undefined);
    return next;
  }
}

function has({ entries, damaged }: VaultFile, name: string): boolean {
  return entries.has(name) || damaged.has(name);
}

function without(file: VaultFile, names: readonly string[]): VaultFile {
  const left = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> => new Map([...map].filter(([name]) => !names.includes(name)));
  return { ...file, entries: left(file.entries), damaged: left(file.damaged) };
}
