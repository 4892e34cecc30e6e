import { setTimeout as pause } from 'node:timers/promises';

/** Polls `probe` until it gives something other than undefined, false or null. Errors of the last try are the cause. */
export async function until<T>(
  probe: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  options: { readonly timeoutMs?: number; readonly everyMs?: number; readonly what?: string } = {},
): Promise<T> {
  const end = Date.now() + (options.timeoutMs ?? 10_000);
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false && value !== null) {
        return value;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`Gave up waiting for ${options.what ?? 'a condition'}.`, { cause: last });
    }
    await pause(options.everyMs ?? 25);
  }
}
