import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { addressKey } from './addresses.ts';
import { allowedHostText, isLoopbackName, type AllowedHost } from './allowedHost.ts';
import { isPattern, webPorts } from './egressPlan.ts';

/** Protocols that do not say it before the server speaks, or never. */
const namelessPorts: readonly number[] = [21, 22, 23, 25, 110, 143, 587, 1433, 1521, 3306, 5432];
/** Each costs about 40 MB. */
const mostProxies = 8;

/** Why no proxy can hold a server to this host, as a sentence's end; undefined where one can. */
export function whyNotHeld(entry: AllowedHost): string | undefined {
  if (addressKey(entry.host) !== undefined) {
    return 'is an address, and a server can be held only to hosts that have a name';
  }
  if (isLoopbackName(entry.host)) {
    return 'is the container itself, which needs no leave for that: name the host as others reach it';
  }
  return isPattern(entry) && namelessPorts.includes(entry.port)
    ? 'is a pattern for a port on which no name tells which host is meant: name each host in full'
    : undefined;
}

/**
 * Divides hosts among proxies: one address has each port once, so two hosts whose protocol does not say which is meant cannot
 * share a proxy. The first one also answers DNS, and has all patterns. In `learn` it takes every name on the ports of the web.
 */
export function divideHosts(hosts: readonly AllowedHost[], learn: boolean): Result<readonly (readonly AllowedHost[])[]> {
  const impossible = hosts.find((entry) => whyNotHeld(entry) !== undefined);
  if (impossible !== undefined) {
    const text = allowedHostText(impossible);
    return fail(isPattern(impossible) ? problems.egressPattern(text) : problems.egressAddress(text));
  }
  const all = learn ? [...hosts, ...webPorts.map((port) => ({ host: '*', port }))] : hosts;
  const groups: AllowedHost[][] = [all.filter(isPattern)];
  const exact = all.filter((entry) => !isPattern(entry));
  for (const name of new Set(exact.map(({ host }) => host))) {
    const entries = exact.filter(({ host }) => host === name);
    const group = groups.find(
      (taken) => !entries.some(({ port }) => !webPorts.includes(port) && taken.some((other) => other.port === port)),
    );
    if (group === undefined) {
      groups.push(entries);
    } else {
      group.push(...entries);
    }
  }
  return groups.length > mostProxies ? fail(problems.egressTooMany(groups.length, mostProxies)) : ok(groups);
}
