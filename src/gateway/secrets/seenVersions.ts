import type { Result } from '../../shared/result.ts';

/** Who keeps a value may want a person's finger for each look at it: for so long the last look counts. */
const freshMs = 5 * 60_000;
/** More than any user has. */
const mostSeen = 500;

/** Which versions of secrets were seen last, and no value of any. */
export class SeenVersions {
  private readonly seen = new Map<string, { readonly at: number; readonly version: Promise<Result<string>> }>();

  /** Times are in the clock of `performance.now`. */
  put(reference: string, version: Promise<Result<string>>, now = performance.now()): void {
    this.seen.delete(reference);
    this.seen.set(reference, { at: now, version });
    const [oldest] = this.seen.keys();
    if (this.seen.size > mostSeen && oldest !== undefined) {
      this.seen.delete(oldest);
    }
  }

  /** The version that was seen lately, or why there was none; else what `look` gives, which many who ask at once share. */
  recall(reference: string, look: () => Promise<Result<string>>, now = performance.now()): Promise<Result<string>> {
    const last = this.seen.get(reference);
    if (last !== undefined && now - last.at < freshMs) {
      return last.version;
    }
    const version = look();
    this.put(reference, version, now);
    return version;
  }
}
