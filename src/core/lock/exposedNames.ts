import type { ProfileLock } from './lock.ts';

/** By server and tool: the name that a client calls it by since it was first accepted. */
export type KeptNames = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The names of a lock. `nameTools` takes only those that it could have given itself: a file may not call a tool anything else. */
export function keptNames(lock: ProfileLock | null): KeptNames {
  return new Map(
    [...(lock?.servers ?? [])].map(([server, { tools }]) => [
      server,
      new Map([...tools].flatMap(([tool, { exposed }]) => (exposed === null ? [] : [[tool, exposed] as const]))),
    ]),
  );
}
