import type { Result } from '../../shared/result.ts';

/** Where logins at remote servers are kept: beside the secrets, and as well guarded. Keys and values are any text. */
export interface TokenStore {
  /** The value of a key; null when there is none. */
  get(key: string): Promise<Result<string | null>>;
  /** Keeps a value in place of the one before. After it resolved with success the value survives a crash. */
  set(key: string, value: string): Promise<Result<null>>;
  /** Forgets a value. False when there was none. */
  remove(key: string): Promise<Result<boolean>>;
  /** Every key, in no order. */
  keys(): Promise<Result<readonly string[]>>;
}
