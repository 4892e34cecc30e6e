import { addressKey } from './addresses.ts';
import type { AllowedHost } from './allowedHost.ts';

/** What one egress proxy does. It goes to it as JSON. */
export interface ProxyPlan {
  /** The network of the server and the proxy, such as `172.18.0.0/16`: it listens there and nowhere else. */
  readonly subnet: string;
  readonly hosts: readonly AllowedHost[];
  /** Hosts that may have private addresses. */
  readonly allowPrivate: readonly AllowedHost[];
  /** Addresses that it never connects to, such as those of the engine's computer, but for `allowPrivate`. */
  readonly ownAddresses: readonly string[];
}

/** Ports on which clients say which host they mean: TLS in its first message, HTTP in its `Host` line. */
export const webPorts: readonly number[] = [80, 443, 8080, 8443];

export function isPattern({ host }: AllowedHost): boolean {
  return host === '*' || host.startsWith('*.');
}

/** Whether an entry stands for this name; `*.example.com` not for `example.com` itself. A name is not an address. */
export function covers(entry: AllowedHost, name: string): boolean {
  const { host } = entry;
  if (isPattern(entry)) {
    return addressKey(name) === undefined && (host === '*' || (name.endsWith(host.slice(1)) && name.length > host.length - 1));
  }
  return host === name;
}
