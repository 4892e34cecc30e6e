import type { TokenStore } from '../../core/secrets/tokenStore.ts';
import { ok, type Result } from '../../shared/result.ts';

/** Keeps logins as long as this process lives, and writes them nowhere. */
export class MemoryTokenStore implements TokenStore {
  private readonly values = new Map<string, string>();

  get(key: string): Promise<Result<string | null>> {
    return Promise.resolve(ok(this.values.get(key) ?? null));
  }

  set(key: string, value: string): Promise<Result<null>> {
    this.values.set(key, value);
    return Promise.resolve(ok(null));
  }

  remove(key: string): Promise<Result<boolean>> {
    return Promise.resolve(ok(this.values.delete(key)));
  }

  keys(): Promise<Result<readonly string[]>> {
    return Promise.resolve(ok([...this.values.keys()]));
  }
}
