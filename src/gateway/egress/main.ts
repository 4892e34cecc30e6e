import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

import { isInSubnet } from '../../core/network/addresses.ts';
import { isPattern, type ProxyPlan } from '../../core/network/egressPlan.ts';
import { serveNames } from './dnsServer.ts';
import { bufferBytes } from './outgoing.ts';
import { Relay } from './relay.ts';
import { Reports } from './reports.ts';

/**
 * `wharf egress PLAN`: stands between one server's container and the hosts that it may reach. It listens on the server's network
 * only, says on stdout what it did, and ends with its stdin, that is, with its gateway. Returns the exit code.
 */
export async function egressMain(argv: readonly string[]): Promise<number> {
  const plan = readPlan(argv[0] ?? '');
  if (plan === undefined) {
    process.stderr.write(
      "wharf egress is a role of Wharf's own image: the gateway starts it beside a server that may reach chosen hosts.\n",
    );
    return 2;
  }
  const address = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find((each) => each.family === 'IPv4' && isInSubnet(each.address, plan.subnet))?.address;
  if (address === undefined) {
    process.stderr.write(`This container has no address in ${plan.subnet}.\n`);
    return 1;
  }
  const reports = new Reports();
  const relay = new Relay(plan, (contact) => reports.contact(contact));
  try {
    await serveNames({ hosts: plan.hosts, address, onName: (name, isAllowed) => reports.name(name, isAllowed) });
    for (const port of new Set(plan.hosts.map((entry) => entry.port))) {
      await listen(relay, address, port);
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  reports.say({ kind: 'ready', address, names: plan.hosts.filter((entry) => !isPattern(entry)).length });
  process.stdin.resume();
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => resolve());
    }
    process.stdin.once('end', resolve).once('close', resolve).once('error', resolve);
  });
  return 0;
}

/** The gateway's own words; anything else comes from a person. */
function readPlan(text: string): ProxyPlan | undefined {
  try {
    return JSON.parse(text) as ProxyPlan;
  } catch {
    return undefined;
  }
}

function listen(relay: Relay, host: string, port: number): Promise<void> {
  const options = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true, highWaterMark: bufferBytes };
  const server = createServer(options, (client) => void relay.take(client, port));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 128 }, resolve);
  });
}
