import type { LearnedHostSummary } from '../../shared/controlProtocol.ts';
import { parseAllowedHost, type AllowedHost } from './allowedHost.ts';
import { whyNotHeld } from './divideHosts.ts';
import { isPattern } from './egressPlan.ts';

/**
 * The learned hosts that `network: declared` could allow by name, in order. Names come from the server: a pattern, which it may
 * ask for like any name, would open more than it reached, and what no proxy can hold it to would make the profile unusable.
 */
export function pinnableHosts(learned: readonly Pick<LearnedHostSummary, 'host' | 'port'>[]): readonly AllowedHost[] {
  return learned
    .flatMap(({ host, port }) => (port === null ? [] : [{ host, port }]))
    .filter((host) => !isPattern(host) && whyNotHeld(host) === undefined && parseAllowedHost(`${host.host}:${host.port}`) !== undefined)
    .toSorted((a, b) => (a.host === b.host ? a.port - b.port : a.host < b.host ? -1 : 1));
}
