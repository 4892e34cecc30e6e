/**
 * What lies behind an address: the internet, a private network that a user may grant host by host, or something that no
 * server in a container has any business with, whoever names it.
 */
export type AddressScope = 'public' | 'private' | 'forbidden';

type Range = readonly [prefix: string, bits: number, scope: AddressScope];

/** IANA IPv4 Special-Purpose Address Registry, multicast, and the metadata services of clouds. The first match counts. */
const v4Ranges: readonly Range[] = [
  // Alibaba Cloud's and Azure's metadata and platform services, at addresses that look like any other.
  ['100.100.100.200', 32, 'forbidden'],
  ['168.63.129.16', 32, 'forbidden'],
  ['0.0.0.0', 8, 'forbidden'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'forbidden'],
  ['169.254.0.0', 16, 'forbidden'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'forbidden'],
  ['192.0.2.0', 24, 'forbidden'],
  ['192.88.99.0', 24, 'forbidden'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'forbidden'],
  ['198.51.100.0', 24, 'forbidden'],
  ['203.0.113.0', 24, 'forbidden'],
  ['224.0.0.0', 3, 'forbidden'],
];

/** IANA IPv6 Special-Purpose Address Registry. What is in no range is public only within 2000::/3. */
const v6Ranges: readonly Range[] = [
  // Amazon's metadata service.
  ['fd00:ec2::', 32, 'forbidden'],
  ['fc00::', 7, 'private'],
  // Teredo, ORCHID and others, of which none is an ordinary host.
  ['2001::', 23, 'forbidden'],
  ['2001:db8::', 32, 'forbidden'],
  // 6to4 carries any IPv4 address inside.
  ['2002::', 16, 'forbidden'],
  ['3fff::', 20, 'forbidden'],
  ['2000::', 3, 'public'],
];

/** Both carry an IPv4 address in their last 32 bits. NAT64's well-known prefix may carry public ones only (RFC 6052 §3.1). */
const mappedPrefix = bytesOf('::ffff:0:0');
const nat64Prefix = bytesOf('64:ff9b::');

/** Anything that is no address in its usual form is forbidden. */
export function addressScope(text: string): AddressScope {
  const bytes = addressBytes(text);
  if (bytes === undefined) {
    return 'forbidden';
  }
  if (bytes.length === 4) {
    return v4Scope(bytes);
  }
  if (isWithin(bytes, mappedPrefix, 96)) {
    return v4Scope(bytes.slice(12));
  }
  if (isWithin(bytes, nat64Prefix, 96)) {
    return v4Scope(bytes.slice(12)) === 'public' ? 'public' : 'forbidden';
  }
  return firstMatch(bytes, v6Ranges) ?? 'forbidden';
}

/** One form for each address, so that two can be compared. Undefined for anything but an address. */
export function addressKey(text: string): string | undefined {
  const bytes = addressBytes(text);
  const mapped = bytes?.length === 16 && isWithin(bytes, mappedPrefix, 96) ? bytes.slice(12) : bytes;
  return mapped?.join('.');
}

/** Whether `address` lies in a network such as `172.18.0.0/16`. */
export function isInSubnet(address: string, subnet: string): boolean {
  const [network = '', bits = ''] = subnet.split('/');
  const [bytes, prefix] = [addressBytes(address), addressBytes(network)];
  return bytes !== undefined && bytes.length === prefix?.length && /^\d+$/.test(bits) && isWithin(bytes, prefix, Number(bits));
}

function v4Scope(bytes: readonly number[]): AddressScope {
  return firstMatch(bytes, v4Ranges) ?? 'public';
}

function firstMatch(bytes: readonly number[], ranges: readonly Range[]): AddressScope | undefined {
  return ranges.find(([prefix, bits]) => isWithin(bytes, bytesOf(prefix), bits))?.[2];
}

function isWithin(bytes: readonly number[], prefix: readonly number[], bits: number): boolean {
  return prefix.every((byte, index) => {
    const left = Math.max(0, Math.min(8, bits - index * 8));
    const mask = (0xff << (8 - left)) & 0xff;
    return (byte & mask) === ((bytes[index] ?? 0) & mask);
  });
}

function bytesOf(text: string): readonly number[] {
  return addressBytes(text) ?? [];
}

/** 4 or 16 bytes. IPv4 in four decimal parts without leading zeros; IPv6 by RFC 4291 §2.2, with or without a zone. */
function addressBytes(text: string): readonly number[] | undefined {
  return text.includes(':') ? v6Bytes(text.replace(/%.*$/s, '')) : v4Bytes(text);
}

function v4Bytes(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
    ? parts.map(Number)
    : undefined;
}

function v6Bytes(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) {
    return undefined;
  }
  const [head, tail] = halves.map(groupBytes);
  if (head === undefined || (halves.length === 2 && tail === undefined)) {
    return undefined;
  }
  const missing = 16 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 2 : missing !== 0) {
    return undefined;
  }
  return [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
}

function groupBytes(text: string): readonly number[] | undefined {
  if (text === '') {
    return [];
  }
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      const v4 = index === groups.length - 1 ? v4Bytes(group) : undefined;
      if (v4 === undefined) {
        return undefined;
      }
      bytes.push(...v4);
    }
  }
  return bytes;
}
