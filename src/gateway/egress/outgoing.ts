import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';

import { addressKey, addressScope } from '../../core/network/addresses.ts';
import type { AllowedHost } from '../../core/network/allowedHost.ts';
import type { ContactOutcome } from '../../core/network/contact.ts';
import type { ProxyPlan } from '../../core/network/egressPlan.ts';

/** How long one address may take to answer. */
const connectPatienceMs = 10_000;
const mostAddresses = 4;
/** Waiting in each direction of each connection: all of them together fit into the proxy's 64 MB. */
export const bufferBytes = 16 * 1024;

export type Outgoing =
  { readonly kind: 'connected'; readonly socket: Socket } | { readonly kind: 'failed'; readonly outcome: ContactOutcome };

/**
 * Connects to a host. The name is resolved here, each address is judged, and exactly the judged address is connected to: a name
 * that changes its address between two look-ups (DNS rebinding) gains nothing.
 */
export async function connectTo(to: AllowedHost, plan: ProxyPlan): Promise<Outgoing> {
  const found = await lookup(to.host, { all: true, order: 'ipv4first' }).catch(() => []);
  const addresses = found.map(({ address }) => address).filter((address) => mayConnect(address, to, plan));
  if (addresses.length === 0) {
    return { kind: 'failed', outcome: found.length === 0 ? 'unreachable' : 'privateAddress' };
  }
  for (const address of addresses.slice(0, mostAddresses)) {
    const socket = await dial(address, to.port);
    if (socket !== undefined) {
      return { kind: 'connected', socket };
    }
  }
  return { kind: 'failed', outcome: 'unreachable' };
}

/** Exported for tests. */
export function mayConnect(address: string, { host, port }: AllowedHost, { allowPrivate, ownAddresses }: ProxyPlan): boolean {
  const isGranted = allowPrivate.some((granted) => granted.host === host && granted.port === port);
  switch (addressScope(address)) {
    case 'public':
      return isGranted || !ownAddresses.some((own) => addressKey(own) === addressKey(address));
    case 'private':
      return isGranted;
    case 'forbidden':
      return false;
  }
}

function dial(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const options = { host, port, noDelay: true, allowHalfOpen: true, highWaterMark: bufferBytes };
    const socket = connect(options);
    const giveUp = (): void => {
      socket.destroy();
      resolve(undefined);
    };
    socket.setTimeout(connectPatienceMs, giveUp);
    socket.once('error', giveUp);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', giveUp);
      resolve(socket);
    });
  });
}
