import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Only what is admitted is connected to, whatever else the name stands for, so that nobody can change it in between. */
export function guardedLookup(admits: (address: string) => boolean, refusal: () => Error): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { all: true }, (error, found) => {
      const [first, ...others] = error === null ? found.filter(({ address }) => admits(address)) : [];
      if (first === undefined) {
        callback(error ?? refusal(), '', 0);
      } else if (options.all === true) {
        callback(null, [first, ...others]);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
