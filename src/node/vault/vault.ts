import { randomBytes } from 'node:crypto';

import type { SecretValue } from '../../core/ports.ts';
import * as problems from '../../core/problems.ts';
import type { KeeperWish, SecretSummary, VaultFacts, VaultStatus } from '../../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { HeldKey } from './heldKey.ts';
import type { KeeperEnvironment } from './keepers/keeper.ts';
import { chooseKeeper, forgetKey, keptBy, keyOf, needsNobody, renewKey, type ChosenKeeper } from './keepers/keepers.ts';
import { keyBytes, seal, unseal } from './seal.ts';
import { vaultVersion, type KeeperRecord, type VaultEntry, type VaultFile } from './vaultFile.ts';
import { VaultStore, type ReadVault } from './vaultStore.ts';

/**
 * The user's secrets: a file whose every entry is encrypted, with a key that somebody else keeps. This holds the key, once it
 * got it, and no value. Names and times are readable without it.
 */
export class Vault {
  private readonly store: VaultStore;
  private readonly env: () => KeeperEnvironment;
  private readonly held = new HeldKey();
  /** The user said so: nobody is asked for the key until `unlock`. */
  private isLocked = false;
  private last: Promise<unknown> = Promise.resolve();

  /** `env` gives the variables that keepers need, as they are now. */
  constructor(dataFolder: string, env: () => KeeperEnvironment) {
    this.store = new VaultStore(dataFolder);
    this.env = env;
  }

  /** How long the key that the user gave has to be kept for, in ms: whoever holds it should not end before. */
  get heldForMs(): number {
    const { isHeld, until } = this.held;
    return isHeld && until !== null ? until - Date.now() : 0;
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
    const facts: VaultFacts = {
      keeper: file.key.keeper,
      keptBy: keptBy(file.key),
      file: this.store.path,
      passedOver: file.passedOver,
    };
    if (this.held.ownKey(file.wrapped) === undefined) {
      const isAlone = needsNobody(file.key, this.env());
      return ok({ kind: 'locked', opensItself: isAlone && !this.isLocked, needsPassphrase: !isAlone, ...facts });
    }
    const { until } = this.held;
    return ok({ kind: 'open', until: until === null ? null : new Date(until).toISOString(), ...facts });
  }

  /** Makes the vault; `forMs` as for `unlock`. */
  init(wish: KeeperWish, forMs: number | null): Promise<Result<VaultStatus>> {
    return this.inTurn(async () => {
      const read = await this.store.read();
      if (!read.ok) {
        return read;
      }
      if (read.value.file !== undefined) {
        return fail(problems.vaultExists(this.store.path));
      }
      const made = await this.make(read.value, wish);
      if (!made.ok) {
        return made;
      }
      this.isLocked = false;
      this.held.holdFor(forMs);
      return this.status();
    });
  }

  /** Gets the key and holds it for `forMs`; null is until the process ends. */
  unlock(passphrase: string, forMs: number | null): Promise<Result<VaultStatus>> {
    return this.inTurn(async () => {
      const read = await this.store.read();
      if (!read.ok) {
        return read;
      }
      const { file } = read.value;
      if (file === undefined) {
        return fail(problems.vaultMissing());
      }
      const asks = file.key.keeper === 'passphrase' && (passphrase !== '' || !needsNobody(file.key, this.env()));
      const wasLocked = this.isLocked;
      this.isLocked = false;
      const opened = await this.open(file, asks ? passphrase : undefined);
      if (!opened.ok) {
        this.isLocked = wasLocked;
        return opened;
      }
      this.held.holdFor(forMs);
      return this.status();
    });
  }

  lock(): Promise<Result<VaultStatus>> {
    return this.inTurn(() => {
      this.held.forget();
      this.isLocked = true;
      return this.status();
    });
  }

  /** Overwrites the key in memory. */
  close(): void {
    this.held.forget();
  }

  async list(): Promise<Result<readonly SecretSummary[]>> {
    const read = await this.store.read();
    return read.ok ? ok([...(read.value.file?.entries ?? [])].map(([name, { changedAt }]) => ({ name, changedAt }))) : read;
  }

  /** Null where the vault has no such secret. */
  get(name: string): Promise<Result<SecretValue | null>> {
    return this.inTurn(async () => {
      const read = await this.store.read();
      if (!read.ok) {
        return read;
      }
      const { file } = read.value;
      const entry = file?.entries.get(name);
      if (file === undefined || entry === undefined) {
        return ok(null);
      }
      const key = await this.keyFor(file);
      if (!key.ok) {
        return key;
      }
      const content = unseal(key.value, aboutEntry(name, entry), entry);
      if (content === undefined) {
        return fail(this.damaged(name));
      }
      const value = content.toString('utf8');
      content.fill(0);
      return ok({ value, version: entry.version });
    });
  }

  /** Keeps a value. Where there is no vault yet it is made. */
  set(name: string, value: string): Promise<Result<{ readonly replaced: boolean }>> {
    return this.inTurn(async () => {
      const made = await this.makeWhereMissing();
      if (!made.ok) {
        return made;
      }
      return this.store.change(async (file) => {
        if (file === undefined) {
          return fail(problems.vaultMissing());
        }
        const key = await this.keyFor(file);
        if (!key.ok) {
          return key;
        }
        const entry = sealedEntry(key.value, name, value);
        return ok({ file: { ...file, entries: new Map(file.entries).set(name, entry) }, value: { replaced: file.entries.has(name) } });
      });
    });
  }

  /** Gives the names of those that were there. Needs no key. */
  remove(names: readonly string[]): Promise<Result<readonly string[]>> {
    return this.inTurn(() =>
      this.store.change((file) => {
        const removed = [...new Set(names)].filter((name) => file?.entries.has(name));
        if (file === undefined || removed.length === 0) {
          return Promise.resolve(ok({ value: removed }));
        }
        const entries = new Map([...file.entries].filter(([name]) => !removed.includes(name)));
        return Promise.resolve(ok({ file: { ...file, entries }, value: removed }));
      }),
    );
  }

  /** A new key, and everything encrypted anew, in one write: whatever ends it in the middle leaves the vault as it was. Gives how many secrets it has. */
  rotate(wish?: KeeperWish): Promise<Result<number>> {
    return this.inTurn(async () => {
      let fresh: FreshVault | undefined;
      const rotated = await this.store.change(async (file) => {
        await this.drop(fresh);
        fresh = undefined;
        if (file === undefined) {
          return fail(problems.vaultMissing());
        }
        const next = await this.resealed(file, wish);
        if (!next.ok) {
          return next;
        }
        fresh = next.value;
        return ok({ file: fresh.file, value: fresh.file.entries.size });
      });
      if (!rotated.ok) {
        await this.drop(fresh);
        return rotated;
      }
      this.takeKeys(fresh);
      await this.forgetRetired();
      return rotated;
    });
  }

  private async resealed(file: VaultFile, wish: KeeperWish | undefined): Promise<Result<FreshVault>> {
    const old = await this.keyFor(file);
    const wrapping = this.held.wrappingKey;
    if (!old.ok || wrapping === undefined) {
      return old.ok ? fail(problems.vaultLocked(keptBy(file.key))) : old;
    }
    const chosen = await (wish === undefined ? renewKey(file.key, wrapping, this.env()) : chooseKeeper(wish, this.env()));
    if (!chosen.ok) {
      return chosen;
    }
    const fresh = freshVault(file.id, chosen.value);
    const entries = new Map<string, VaultEntry>();
    for (const [name, entry] of file.entries) {
      const content = unseal(old.value, aboutEntry(name, entry), entry);
      if (content === undefined) {
        await this.drop(fresh);
        return fail(this.damaged(name));
      }
      entries.set(name, { ...entry, ...seal(fresh.own, aboutEntry(name, entry), content) });
      content.fill(0);
    }
    const retired = isSameKeeper(fresh.file.key, file.key) ? file.retired : [...file.retired, file.key];
    // A keeper that was chosen by hand passes over nobody.
    const passedOver = wish === undefined ? file.passedOver : [];
    return ok({ ...fresh, file: { ...fresh.file, entries, retired, passedOver } });
  }

  /** The old keys leave their keepers after the file is written: until then they may be needed. */
  private async forgetRetired(): Promise<void> {
    await this.store.change(async (file) => {
      const kept: KeeperRecord[] = [];
      for (const record of file?.retired ?? []) {
        if (!(await forgetKey(record, this.env()))) {
          kept.push(record);
        }
      }
      return ok({
        ...(file === undefined || file.retired.length === kept.length ? {} : { file: { ...file, retired: kept } }),
        value: null,
      });
    });
  }

  private async makeWhereMissing(): Promise<Result<null>> {
    const read = await this.store.read();
    return read.ok && read.value.file === undefined ? this.make(read.value, { kind: 'automatic' }) : read.ok ? ok(null) : read;
  }

  private async make(read: ReadVault, wish: KeeperWish): Promise<Result<null>> {
    const chosen = await chooseKeeper(wish, this.env());
    if (!chosen.ok) {
      return chosen;
    }
    const fresh = freshVault(randomBytes(16).toString('hex'), chosen.value);
    const written = await this.store.write(read, fresh.file);
    if (!written.ok) {
      await this.drop(fresh);
      // Another program made one at the same moment: that is the vault, for whoever only wants one.
      return written.problem.code === 'WHARF_FILE_CHANGED' && wish.kind === 'automatic' ? ok(null) : written;
    }
    this.takeKeys(fresh);
    return written;
  }

  private takeKeys(fresh: FreshVault | undefined): void {
    if (fresh !== undefined) {
      this.held.take(fresh.own, fresh.wrapping, fresh.file.wrapped);
    }
  }

  /** The keys of a vault that was not written. A key that the user made, or that still serves, stays where it is. */
  private async drop(fresh: FreshVault | undefined): Promise<void> {
    if (fresh !== undefined) {
      fresh.own.fill(0);
      fresh.wrapping.fill(0);
      await forgetKey(fresh.file.key, this.env());
    }
  }

  private keyFor(file: VaultFile): Promise<Result<Buffer>> {
    return this.open(file, undefined);
  }

  /** The vault's own key: held, or from its keeper. */
  private async open(file: VaultFile, passphrase: string | undefined): Promise<Result<Buffer>> {
    const held = passphrase === undefined ? this.held.ownKey(file.wrapped) : undefined;
    if (held !== undefined) {
      return ok(held);
    }
    // Another program may have given the vault a new key for the same passphrase.
    const wrapping = passphrase === undefined ? this.held.wrappingKey : undefined;
    const known = wrapping === undefined ? undefined : this.unwrap(file, wrapping);
    if (known !== undefined) {
      return ok(known);
    }
    if (this.isLocked && passphrase === undefined) {
      return fail(problems.vaultLocked(keptBy(file.key)));
    }
    const key = await keyOf(file.key, this.env(), passphrase);
    if (!key.ok) {
      return key;
    }
    const own = this.unwrap(file, key.value);
    if (own === undefined) {
      return fail(
        passphrase === undefined ? problems.vaultKeeper(keptBy(file.key), 'its key does not open this vault') : problems.vaultPassphrase(),
      );
    }
    return ok(own);
  }

  /** Holds both keys when it fits. */
  private unwrap(file: VaultFile, wrapping: Buffer): Buffer | undefined {
    const own = unseal(wrapping, aboutKey(file.id, file.key), file.wrapped);
    if (own !== undefined) {
      this.held.take(own, wrapping, file.wrapped);
    }
    return own;
  }

  private damaged(name: string): ReturnType<typeof problems.vaultDamaged> {
    return problems.vaultDamaged(this.store.path, `the entry "${name}" was changed by something else than Wharf`);
  }

  /** One after the other: what one does with the key must not be overtaken by another. */
  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const next = this.last.then(action);
    this.last = next.catch(() => undefined);
    return next;
  }
}

/** A vault without entries and with a new key, as it would be written. */
interface FreshVault {
  readonly file: VaultFile;
  readonly own: Buffer;
  readonly wrapping: Buffer;
}

function freshVault(id: string, { kept, passedOver }: ChosenKeeper): FreshVault {
  const own = randomBytes(keyBytes);
  const wrapped = seal(kept.key, aboutKey(id, kept.record), own);
  const file: VaultFile = { id, key: kept.record, wrapped, retired: [], passedOver, entries: new Map() };
  return { file, own, wrapping: kept.key };
}

function sealedEntry(key: Buffer, name: string, value: string): VaultEntry {
  const facts = { version: randomBytes(12).toString('base64url'), changedAt: new Date().toISOString() };
  const content = Buffer.from(value, 'utf8');
  const entry = { ...facts, ...seal(key, aboutEntry(name, facts), content) };
  content.fill(0);
  return entry;
}

function aboutEntry(name: string, { version, changedAt }: Pick<VaultEntry, 'version' | 'changedAt'>): readonly unknown[] {
  return [vaultVersion, 'entry', name, version, changedAt];
}

function aboutKey(id: string, record: KeeperRecord): readonly unknown[] {
  return [vaultVersion, 'key', id, record];
}

function isSameKeeper(a: KeeperRecord, b: KeeperRecord): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
