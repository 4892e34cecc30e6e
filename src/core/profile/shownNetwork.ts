import { hostsInValues, mayBeHeld } from '../network/hostsInValues.ts';
import type { ImageServer, NetworkWish } from './profile.ts';

/**
 * What a server's network comes to as far as its profile alone tells: hosts that its own variables name count as declared, and
 * hold also a network of which its entry says nothing. Its secrets may name more.
 */
export function shownNetwork({ env, network }: Pick<ImageServer, 'env' | 'network'>): NetworkWish {
  const named = hostsInValues(env);
  if (network.kind === 'open') {
    return network.isChosen || !mayBeHeld(named) ? network : { kind: 'declared', hosts: named, isOwn: true };
  }
  if (network.kind === 'none') {
    return network;
  }
  const more = named.filter(({ host, port }) => !network.hosts.some((one) => one.host === host && one.port === port));
  return { ...network, hosts: [...network.hosts, ...more] };
}
