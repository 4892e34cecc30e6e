import { addressKey, addressScope } from './addresses.ts';

/** How near to this computer an address is. */
export type Zone = 'public' | 'private' | 'loopback';

const ranks: Readonly<Record<Zone, number>> = { public: 0, private: 1, loopback: 2 };
const v6Loopback = addressKey('::1');

/** Undefined for an address that is never asked, and for what is no address. */
export function zoneOf(address: string): Zone | undefined {
  const scope = addressScope(address);
  if (scope !== 'forbidden') {
    return scope;
  }
  // Forbidden to a container, whose own loopback it would not be; a login may be on this computer.
  const key = addressKey(address);
  return key !== undefined && (key === v6Loopback || /^127(?:\.\d+){3}$/.test(key)) ? 'loopback' : undefined;
}

/** A server leads to places as near as itself or farther away: one of the internet never to this network or this computer. */
export function mayLead(from: Zone, address: string): boolean {
  const to = zoneOf(address);
  return to !== undefined && ranks[to] <= ranks[from];
}
