import type { Fetching } from '../../node/catalogs/sources.ts';
import { note } from '../output.ts';

const longestMs = 600_000;
const quietMs = 1500;

/** Fetches with Ctrl-C as the end of it, and with a line on stderr for whoever waits long. */
export async function patiently<T>(what: string, fetch: (fetching: Fetching) => Promise<T>): Promise<T> {
  const cancel = new AbortController();
  const interrupt = (): void => cancel.abort();
  process.once('SIGINT', interrupt);
  let last = '';
  const tell = setInterval(() => {
    note(`wharf: Fetching ${what}${last === '' ? '' : `: ${last}`} …`);
  }, quietMs);
  try {
    return await fetch({
      signal: AbortSignal.any([cancel.signal, AbortSignal.timeout(longestMs)]),
      onProgress: (words) => {
        last = words;
      },
    });
  } finally {
    clearInterval(tell);
    process.removeListener('SIGINT', interrupt);
  }
}
