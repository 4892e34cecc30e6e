import { isIPv6, type Socket } from 'node:net';

/** The address of a client as a log names it. */
export function callerAddress({ remoteAddress = '' }: Socket): string {
  return remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** What counts as one client: an address of IPv4, or the network of 64 bits that one customer gets of IPv6. */
export function callerNetwork(address: string): string {
  if (!isIPv6(address)) {
    return address;
  }
  const [front = '', back] = (address.split('%')[0] ?? '').split('::');
  const groups = front === '' ? [] : front.split(':');
  const rest = back === undefined || back === '' ? [] : back.split(':');
  const zeros = back === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...rest];
  return `${all.slice(0, 4).join(':')}::/64`;
}

export function isLoopback(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1';
}

/** Whether a gateway that listens on `host` can be reached from this computer alone. */
export function isLoopbackHost(host: string): boolean {
  return isLoopback(host.replace(/^\[(.*)\]$/, '$1')) || host.toLowerCase() === 'localhost';
}
