import type { Result } from '../../shared/result.ts';

/** Keeps what a login gave. Keys are any text. */
export interface TokenStore {
  get(key: string): Promise<Result<string | null>>;
  set(key: string, value: string): Promise<Result<null>>;
  remove(key: string): Promise<Result<boolean>>;
  keys(): Promise<Result<readonly string[]>>;
}
