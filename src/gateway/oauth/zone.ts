import { BlockList, isIP } from 'node:net';

/** How near to this computer an address is. */
export type Zone = 'public' | 'private' | 'loopback';

const ranks: Readonly<Record<Zone, number>> = { public: 0, private: 1, loopback: 2 };

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (bits === undefined) {
      list.addAddress(address, family);
    } else {
      list.addSubnet(address, Number(bits), family);
    }
  }
  return list;
}

const loopback = listOf(['127.0.0.0/8', '::1']);
/**
 * Where no login ever leads: unspecified, link-local, multicast and reserved addresses, the clouds' metadata services, and
 * the tunnels that carry an IPv4 address inside (IANA special-purpose address registries).
 */
const never = listOf(
  [
    '0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 224.0.0.0/4 240.0.0.0/4 100.100.100.200 168.63.129.16',
    ':: fe80::/10 fec0::/10 ff00::/8 fd00:ec2::254 2001::/32 2002::/16 64:ff9b::/96 64:ff9b:1::/48',
  ].flatMap((line) => line.split(' ')),
);
const nearby = listOf(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', 'fc00::/7']);

/** Undefined for an address that is never asked, and for what is no address. */
export function zoneOf(address: string): Zone | undefined {
  const plain = withoutMapping(address);
  const family = isIP(plain);
  if (family === 0) {
    return undefined;
  }
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  if (never.check(plain, kind)) {
    return undefined;
  }
  return loopback.check(plain, kind) ? 'loopback' : nearby.check(plain, kind) ? 'private' : 'public';
}

/** A server leads to places as near as itself or farther away: one of the internet never to this network or this computer. */
export function mayLead(from: Zone, address: string): boolean {
  const to = zoneOf(address);
  return to !== undefined && ranks[to] <= ranks[from];
}

/** `::ffff:10.0.0.1` in any spelling is 10.0.0.1. */
function withoutMapping(address: string): string {
  if (isIP(address) !== 6 || address.includes('%')) {
    return address;
  }
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain) ?? [];
  if (high === undefined || low === undefined) {
    return plain;
  }
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}
