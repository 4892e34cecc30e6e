import { networkInterfaces } from 'node:os';

import type Docker from 'dockerode';

import type { AllowedHost } from '../core/network/allowedHost.ts';
import { divideHosts } from '../core/network/divideHosts.ts';
import { isPattern } from '../core/network/egressPlan.ts';
import type { Egress, EgressPlan } from '../core/ports.ts';
import * as problems from '../core/problems.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { ask, statusOf, workPatienceMs, type ProblemOf } from './answers.ts';
import { containerName } from './containerName.ts';
import { startProxy, type EgressProxy } from './egressProxy.ts';
import { heldNetworks } from './heldContainers.ts';
import { removeNetwork, removeNetworkWhenReachable } from './removal.ts';

/** The first Engine API with the gateway mode `isolated` (Engine 28.0). */
const isolatedSince = [1, 48] as const;
/** Docker's name for the engine's computer; Desktop knows it by itself. */
const engineHost = 'host.docker.internal';

export interface EgressSettings {
  readonly docker: Docker;
  /** Of Wharf itself. */
  readonly image: string;
  readonly apiVersion: string;
  readonly problemOf: ProblemOf;
  /** The network of the hosts; the engine's default bridge but in tests. */
  readonly outgoing?: string;
  /** `NAME:ADDRESS`, for the proxies alone. */
  readonly extraHosts?: readonly string[];
  /** Addresses of name servers for the proxies; the engine's own but in tests. */
  readonly nameServers?: readonly string[];
}

/** See `ContainerEngine.openEgress`. */
export async function openEgress(plan: EgressPlan, settings: EgressSettings): Promise<Result<Egress>> {
  const groups = divideHosts(plan.hosts, plan.learn);
  if (!groups.ok) {
    return groups;
  }
  const { docker, problemOf } = settings;
  let network: { readonly name: string; readonly subnet: string; readonly id: string };
  try {
    network = await makeNetwork(plan, settings);
  } catch (error) {
    return fail(problemOf(`make a network for "${plan.server}"`, error));
  }
  const started = await Promise.allSettled(
    groups.value.map((hosts) => startProxy(docker, proxySettings(plan, settings, network, hosts), problemOf)),
  );
  const proxies = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failure = started.find((each) => each.status === 'rejected');
  const ends = closer(docker, network.id, proxies);
  if (failure !== undefined) {
    await ends.close();
    return fail(startProblem(plan, settings, failure.reason));
  }
  return ok(egress(plan, network.name, groups.value, proxies, ends));
}

function egress(
  plan: EgressPlan,
  network: string,
  groups: readonly (readonly AllowedHost[])[],
  proxies: readonly EgressProxy[],
  ends: Closer,
): Egress {
  const names = groups.map((hosts) => [...new Set(hosts.filter((entry) => !isPattern(entry)).map(({ host }) => host))]);
  const links = proxies.flatMap(({ name }, index) => (names[index] ?? []).map((host) => `${name}:${host}`));
  const lost = proxies.map(async ({ process, complaint }): Promise<Problem> => {
    const { code } = await process.exited;
    return ends.isClosing() ? new Promise<never>(() => undefined) : problems.egressFailed(plan.server, `code ${code} ${complaint()}`);
  });
  return { network: { kind: 'egress', network, dns: proxies[0]?.address ?? '', links }, failed: Promise.race(lost), close: ends.close };
}

interface Closer {
  readonly close: () => Promise<void>;
  readonly isClosing: () => boolean;
}

function closer(docker: Docker, networkId: string, proxies: readonly EgressProxy[]): Closer {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all(proxies.map(({ process }) => process.stop()));
    const network = docker.getNetwork(networkId);
    await removeNetwork(network).catch(() => void removeNetworkWhenReachable(network));
    heldNetworks.delete(networkId);
  };
  return { close: () => (closing ??= close()), isClosing: () => closing !== undefined };
}

function startProblem({ server }: EgressPlan, { image, problemOf }: EgressSettings, reason: unknown): Problem {
  if (statusOf(reason) === 404 && /image/i.test(String(reason))) {
    return problems.ownImageMissing(image, `let the server "${server}" reach its hosts`);
  }
  const detail = reason instanceof Error ? reason.message : String(reason);
  return statusOf(reason) === undefined ? problems.egressFailed(server, detail) : problemOf(`start the proxy of "${server}"`, reason);
}

/**
 * Without a way out, and without an address of the engine's computer in it: with `internal` alone, the server could reach what
 * listens there. Engines before 28 have no name for that, but leave the bridge without an address when told to.
 */
async function makeNetwork(
  { server, labels }: EgressPlan,
  { docker, apiVersion }: EgressSettings,
): Promise<{ name: string; subnet: string; id: string }> {
  const name = containerName({ server, labels });
  const isIsolatedKnown = isAtLeast(apiVersion, isolatedSince);
  const made = await ask(workPatienceMs, (abortSignal) =>
    docker.createNetwork({
      Name: name,
      Driver: 'bridge',
      Internal: true,
      EnableIPv6: false,
      Labels: { ...labels },
      Options: isIsolatedKnown
        ? { 'com.docker.network.bridge.gateway_mode_ipv4': 'isolated' }
        : { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
      abortSignal,
    }),
  ).catch((error: unknown) => {
    void removeNetworkWhenReachable(docker.getNetwork(name));
    throw error;
  });
  heldNetworks.add(made.id);
  try {
    const facts = await ask<Docker.NetworkInspectInfo>(workPatienceMs, () => made.inspect());
    const subnet = facts.IPAM?.Config?.find((each) => each.Subnet?.includes('.') === true)?.Subnet ?? '';
    return { name, subnet, id: made.id };
  } catch (error) {
    void removeNetworkWhenReachable(made).finally(() => heldNetworks.delete(made.id));
    throw error;
  }
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [foundMajor = 0, foundMinor = 0] = version.split('.').map(Number);
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}

function proxySettings(
  plan: EgressPlan,
  { image, outgoing = 'bridge', extraHosts = [], nameServers = [] }: EgressSettings,
  network: { readonly name: string; readonly subnet: string },
  hosts: readonly AllowedHost[],
): Parameters<typeof startProxy>[1] {
  const wantsEngineHost = hosts.some(({ host }) => host === engineHost);
  return {
    image,
    server: plan.server,
    labels: plan.labels,
    network: network.name,
    outgoing,
    extraHosts: [...extraHosts, ...(wantsEngineHost ? [`${engineHost}:host-gateway`] : [])],
    nameServers,
    plan: { subnet: network.subnet, hosts, allowPrivate: plan.allowPrivate, ownAddresses: ownAddresses() },
    onContact: (contact) => plan.onContact(contact),
  };
}

/** Where the engine is on this computer, what listens here is reached at these too, however public they look. */
function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
}
