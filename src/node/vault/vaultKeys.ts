import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { HeldKey } from './heldKey.ts';
import type { KeeperEnvironment } from './keepers/keeper.ts';
import { forgetKey, keptBy, keyOf, needsNobody } from './keepers/keepers.ts';
import { ownKey, type FreshVault } from './sealedVault.ts';
import type { KeeperRecord, VaultFile } from './vaultFile.ts';

/** Gets the key of a vault from its keeper, and holds it for as long as it may. */
export class VaultKeys {
  readonly env: () => KeeperEnvironment;
  private readonly held = new HeldKey();
  /** The user said so: nobody is asked for the key until `unlock`. */
  private isLocked = false;
  /** Whether anybody can call `unlock`. */
  private readonly canUnlock: boolean;

  constructor(env: () => KeeperEnvironment, canUnlock: boolean) {
    this.env = env;
    this.canUnlock = canUnlock;
  }

  /** When the key is forgotten, in ms since the epoch; null is when the process ends, or where none is held. */
  get until(): number | null {
    return this.held.isHeld ? this.held.until : null;
  }

  /** The key with which the vault's own is encrypted, while that is held. */
  get wrappingKey(): Buffer | undefined {
    return this.held.wrappingKey;
  }

  isOpen(file: VaultFile): boolean {
    return this.held.ownKey(file.wrapped) !== undefined;
  }

  /** Whether it can be had without a person, and whether the next who wants a secret gets it. */
  reach(file: VaultFile): { readonly isAlone: boolean; readonly opensItself: boolean } {
    const isAlone = needsNobody(file.key, this.env());
    return { isAlone, opensItself: isAlone && !this.isLocked };
  }

  /** The vault's own key: held, or from its keeper. With a passphrase, by that and nothing else. */
  async open(file: VaultFile, passphrase?: string): Promise<Result<Buffer>> {
    if (passphrase === undefined) {
      // Another program may have given the vault a new key for the same passphrase.
      const { wrappingKey } = this.held;
      const known = this.held.ownKey(file.wrapped) ?? (wrappingKey === undefined ? undefined : this.unwrap(file, wrappingKey));
      if (known !== undefined) {
        return ok(known);
      }
      if (this.isLocked) {
        return fail(problems.vaultLocked(keptBy(file.key)));
      }
    }
    const key = await keyOf(file.key, this.env(), passphrase);
    if (!key.ok) {
      const isUnreachable = key.problem.code === 'WHARF_VAULT_LOCKED' && !this.canUnlock;
      return isUnreachable ? fail(problems.vaultLocked(keptBy(file.key), false)) : key;
    }
    const own = this.unwrap(file, key.value);
    if (own !== undefined) {
      return ok(own);
    }
    const wrong = problems.vaultKeeper(keptBy(file.key), 'its key does not open this vault');
    return fail(passphrase === undefined ? wrong : problems.vaultPassphrase());
  }

  /** As `open`, also after `lock`, and says how long the key is held: null is until the process ends. */
  async unlock(file: VaultFile, passphrase: string, forMs: number | null): Promise<Result<null>> {
    const asks = file.key.keeper === 'passphrase' && (passphrase !== '' || !needsNobody(file.key, this.env()));
    const wasLocked = this.isLocked;
    this.isLocked = false;
    const opened = await this.open(file, asks ? passphrase : undefined);
    if (!opened.ok) {
      this.isLocked = wasLocked;
      return opened;
    }
    this.held.holdFor(forMs);
    return ok(null);
  }

  lock(): void {
    this.held.forget();
    this.isLocked = true;
  }

  /** Overwrites what is held. */
  forget(): void {
    this.held.forget();
  }

  /** The keys of a vault that was written. */
  take({ own, wrapping, file }: FreshVault): void {
    this.held.take(own, wrapping, file.wrapped);
  }

  holdFor(forMs: number | null): void {
    this.isLocked = false;
    this.held.holdFor(forMs);
  }

  /** The keys of a vault that was not written. A key that the user made, or that still serves, stays where it is. */
  async drop(fresh: FreshVault | undefined): Promise<void> {
    if (fresh !== undefined) {
      fresh.own.fill(0);
      fresh.wrapping.fill(0);
      await forgetKey(fresh.file.key, this.env());
    }
  }

  /** Takes keys back from their keepers, and gives the records of those that may still be there. */
  async takeBack(records: readonly KeeperRecord[]): Promise<readonly KeeperRecord[]> {
    const left: KeeperRecord[] = [];
    for (const record of records) {
      if (!(await forgetKey(record, this.env()))) {
        left.push(record);
      }
    }
    return left;
  }

  /** Holds both keys when they fit. */
  private unwrap(file: VaultFile, wrapping: Buffer): Buffer | undefined {
    const own = ownKey(file, wrapping);
    if (own !== undefined) {
      this.held.take(own, wrapping, file.wrapped);
    }
    return own;
  }
}
